"""Pages of referrals."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.staff.permissions import Permission


@require_GET
@requires(Permission.VIEW_REFERRALS)
def referrals(request):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.RECEIVE_REFERRALS)
def referral_new(request):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.RECEIVE_REFERRALS)
def referral_import(request):
    return HttpResponse("")  # PLACEHOLDER


@require_GET
@requires(Permission.VIEW_REFERRALS)
def referral(request, pk):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.RECEIVE_REFERRALS)
def referral_edit(request, pk):
    return HttpResponse("")  # PLACEHOLDER

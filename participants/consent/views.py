"""Pages of consent."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.staff.permissions import Permission


@require_http_methods(["GET", "POST"])
@requires(Permission.MAKE_OFFERS)
def offer_new(request, pk):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.MAKE_OFFERS)
def offer_decision(request, pk):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.MAKE_OFFERS)
def agreement_new(request, pk):
    return HttpResponse("")  # PLACEHOLDER

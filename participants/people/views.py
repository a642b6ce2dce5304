"""Pages of people."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.staff.permissions import Permission


@require_GET
@requires(Permission.VIEW_PARTICIPANTS)
def participants(request):
    return HttpResponse("")  # PLACEHOLDER


@require_GET
@requires(Permission.VIEW_PARTICIPANTS)
def participant(request, reference):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_PARTICIPANTS)
def participant_edit(request, reference):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_PARTICIPANTS)
def participant_court(request, reference):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.SEARCH)
def search(request):
    return HttpResponse("")  # PLACEHOLDER

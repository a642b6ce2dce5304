"""Pages of enrollment."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.staff.permissions import Permission


@require_http_methods(["GET", "POST"])
@requires(Permission.PLACE)
def placement_new(request, pk):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_PARTICIPANTS)
def caseworker_change(request, reference):
    return HttpResponse("")  # PLACEHOLDER

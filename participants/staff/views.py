"""Pages of staff."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.staff.permissions import Permission


@require_GET
@requires(Permission.MANAGE_STAFF)
def staff(request):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_STAFF)
def staff_new(request):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_STAFF)
def staff_end(request, pk):
    return HttpResponse("")  # PLACEHOLDER

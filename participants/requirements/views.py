"""Pages of requirements."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.staff.permissions import Permission


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_CREDITS)
def credit_new(request, pk):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.ADJUST_REQUIREMENTS)
def requirement_adjust(request, pk):
    return HttpResponse("")  # PLACEHOLDER

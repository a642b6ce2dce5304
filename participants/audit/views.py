"""Pages of audit."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.staff.permissions import Permission


@require_GET
@requires(Permission.VIEW_AUDIT)
def audit(request):
    return HttpResponse("")  # PLACEHOLDER

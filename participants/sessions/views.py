"""Pages of sessions."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.staff.permissions import Permission


@require_GET
@requires(Permission.VIEW_SESSIONS)
def sessions(request):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.SCHEDULE_SESSIONS)
def session_new(request):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.LOG_SESSIONS)
def session_log(request):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.VIEW_SESSIONS)
def session(request, pk):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.SCHEDULE_SESSIONS)
def session_book(request, pk):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.SCHEDULE_SESSIONS)
def session_cancel(request, pk):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.SCHEDULE_SESSIONS)
def sites(request):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.WRITE_NOTES)
def note_new(request, reference):
    return HttpResponse("")  # PLACEHOLDER

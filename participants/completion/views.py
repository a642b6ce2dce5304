"""Pages of completion."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.staff.permissions import Permission


@require_http_methods(["GET", "POST"])
@requires(Permission.PROPOSE_EXITS)
def completion_propose(request, reference):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.PROPOSE_EXITS)
def withdraw(request, reference):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.PROPOSE_EXITS)
def termination_propose(request, reference):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.PROPOSE_EXITS)
def neutral_propose(request, reference):
    return HttpResponse("")  # PLACEHOLDER


@require_GET
@requires(Permission.APPROVE_EXITS)
def approvals(request):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.APPROVE_EXITS)
def approval(request, pk):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.PROPOSE_EXITS)
def exit_statement(request, pk):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.RECOMMEND)
def recommend(request, reference):
    return HttpResponse("")  # PLACEHOLDER


@require_GET
@requires(Permission.VIEW_CASES_SENT)
def cases(request):
    return HttpResponse("")  # PLACEHOLDER


@require_http_methods(["GET", "POST"])
@requires(Permission.VIEW_CASES_SENT)
def case_disposition(request, pk):
    return HttpResponse("")  # PLACEHOLDER

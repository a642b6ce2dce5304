"""The audit trail of the track, for the privacy officer."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from participants.access.gate import requires
from participants.audit.queries import events, with_names
from participants.staff.permissions import Permission
from participants.web.paging import page_of


@require_GET
@requires(Permission.VIEW_AUDIT)
def audit(request):
    refused_only = request.GET.get("outcome") == "refused"
    queryset = events().filter(outcome="refused") if refused_only else events()
    page = page_of(queryset, request)
    return render(
        request,
        "audit/audit.html",
        {"rows": with_names(page.rows), "next_url": page.next_url, "refused_only": refused_only},
    )

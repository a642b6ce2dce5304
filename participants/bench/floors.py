"""What pages are measured against, and the server without one of its protections. Served for a measurement only.

`BENCH_WITHOUT` names the protection that is left out: "audit" writes no event, "sealing" decrypts nothing.
"""

import datetime
import os

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import Context, Template
from django.urls import include, path

from participants.audit.models import AuditQuerySet, Event
from participants.people.file import Row
from participants.staff.models import User, permissions_of
from participants.staff.queries import live_grants
from participants.tracks import scope
from participants.vault.fields import SealedDateField, SealedField
from participants.web import clock

ROWS = 50
NAME = "Ada Ferry"
DAY = datetime.date(2026, 4, 1)
STATIC = Template(
    "<!doctype html><title>Rows</title><table>{% for row in rows %}<tr>"
    + "".join(f"<td>{{{{ row.c{number} }}}}</td>" for number in range(11))
    + "".join(f'<td>{{{{ row.d{number}|date:"M j, Y" }}}}</td>' for number in range(3))
    + "</tr>{% endfor %}</table>"
)


def constant_rows(request: HttpRequest) -> HttpResponse:
    """The caseload's template with rows that are made here: sign-in and rendering, no scope, no record, no audit."""
    grant = live_grants(request.user, now=clock.now())[0]
    request.track, request.tracks_open = grant.track, 1
    request.permissions = permissions_of([grant])
    request.may = request.permissions.__contains__
    # Not `in_track`: the floor asks the database for no scope. Addresses and rows want to know the track.
    token = scope._scope.set(scope.Scope(track=grant.track, by=None))
    try:
        rows = [_row(number, request.user) for number in range(ROWS)]
        context = {"rows": rows, "next_url": None, "mine": True, "status": "active"}
        return render(request, "people/list.html", context)
    finally:
        scope._scope.reset(token)


def _row(number: int, worker: User) -> Row:
    return Row(
        url=f"/demand-more/education/participants/{number:04}-AAAA/",
        called=NAME,
        reference=f"{number:04}-AAAA",
        caseworker=worker.name,
        placed="Apr 1, 2026",
        requirements=["Class hours: 6 of 8 hours", "Community-service hours: 0 of 10 hours", "Fee: $0 of $150"],
        ended="",
        status="Active",
        next_session="Class, Apr 8, 10:00 AM",
        court="Apr 1, 2026, must appear",
    )


def static_page(request: HttpRequest) -> HttpResponse:
    """A page of 50 rows and 14 cells, signed in, through the same template engine."""
    user = request.user.name
    rows = [
        {**{f"c{cell}": f"{user} {number}" for cell in range(11)}, **{f"d{cell}": DAY for cell in range(3)}}
        for number in range(ROWS)
    ]
    return HttpResponse(STATIC.render(Context({"rows": rows})))


def names(request: HttpRequest) -> JsonResponse:
    """What the client must know of the settings that are served."""
    return JsonResponse({"session": settings.SESSION_COOKIE_NAME, "csrf": settings.CSRF_COOKIE_NAME})


names.login_required = False

urlpatterns = [
    path("bench/rows/", constant_rows),
    path("bench/static/", static_page),
    path("bench/names/", names),
    path("", include("diversion.urls")),
]
handler404 = "participants.web.views.not_found"


def opened_without_a_key(field: SealedField, instance, sealed):
    """A value of the kind that a field holds, put on record as read."""
    scope.active_scope().read.add(instance.audit_subject)
    return DAY if isinstance(field, SealedDateField) else NAME


def leave_out(protection: str) -> None:
    """Take one protection out of this process."""
    if protection == "audit":
        Event.save = lambda self, **options: None
        AuditQuerySet.bulk_create = lambda self, rows, **options: list(rows)
    elif protection == "sealing":
        SealedField.open = opened_without_a_key


leave_out(os.environ.get("BENCH_WITHOUT", ""))

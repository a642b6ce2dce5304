"""Who opened a file or a case, and what its fields held before: for who answers for the track's files."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from participants.access.gate import requires
from participants.audit.actions import shown
from participants.audit.changes import label_of
from participants.audit.models import FieldChange
from participants.audit.queries import changes_of, events_about_any
from participants.audit.trail import lines_of, short, when
from participants.people.models import Participant
from participants.people.queries import participant_or_404
from participants.people.restrictions import readable
from participants.referrals.models import Referral
from participants.referrals.queries import referral_or_404
from participants.staff.permissions import Permission
from participants.web.paging import page_of
from participants.web.urls import track_url


@require_GET
@requires(Permission.VIEW_HISTORY)
def participant_history(request, reference: str):
    """Of a participant's file, with the files that are part of it."""
    person = participant_or_404(reference)
    shown(person)
    files = [person.pk, *Participant.objects.filter(merged_into=person).order_by().values_list("pk", flat=True)]
    cases = readable(Referral.objects.filter(enrollment__participant__in=files), referral="pk")
    cases = list(cases.order_by().values_list("pk", flat=True))
    place = {
        "of": "file",
        "called": person.reference,
        "back_url": track_url("participant", reference=person.reference),
        "back_label": f"File {person.reference}",
    }
    if request.may(Permission.VIEW_REFERRALS):
        return history(request, place, events=[*files, *cases], changes=changes_of([*files, *cases]))
    return history(request, place, events=files, changes=changes_of([*files, *cases], without_case=True))


@require_GET
@requires(Permission.VIEW_HISTORY)
@requires(Permission.VIEW_REFERRALS)
def referral_history(request, pk):
    """Of a case."""
    row = referral_or_404(pk)
    shown(row)
    place = {
        "of": "case",
        "called": short(row.pk),
        "back_url": track_url("referral", pk=row.pk),
        "back_label": f"Case {short(row.pk)}",
    }
    return history(request, place, events=[row.pk], changes=changes_of([row.pk]))


def history(request, place: dict, *, events: list[UUID], changes: QuerySet[FieldChange]) -> HttpResponse:
    """Who opened and changed it; at `?show=values` what its fields held, which opens them and is a reading."""
    values = request.GET.get("show") == "values"
    if values:
        page = page_of(changes, request)
        rows = [(change, label_of(change), when(change.changed_at)) for change in page.rows]
    else:
        page = page_of(events_about_any(events), request, order="-at")
        rows = lines_of(page.rows)
    return render(request, "audit/history.html", {**place, "values": values, "rows": rows, "next_url": page.next_url})

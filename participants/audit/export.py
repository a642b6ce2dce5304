"""The trail as a CSV file: bounded, made whole before it leaves the scope, on record."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from participants.audit.actions import record
from participants.audit.models import Event, EventSubject
from participants.audit.rules import group_of, label_of
from participants.audit.trail import Told, line_of, names_of, told_by_subject
from participants.errors import ProgramError
from participants.reports.formats import harmless
from participants.staff.models import User
from participants.tracks.scope import Subject

# What a person can look through, and what fits into memory with all its records.
MOST_ROWS = 10_000
HEADINGS = ("at", "who", "account", "what", "action", "kind", "fields", "records", "outcome", "from", "page")


@transaction.atomic
def export_trail(*, rows: QuerySet[Event], filters: list[str], sought: Iterable[Subject] = (), by: User) -> str:
    """The events of a queryset as CSV, newest first. Raises ProgramError for too many rows.

    `filters` are the names of the filters that were set; what they were set to is not put on record, but for the
    records that were `sought`. Five statements besides the event.
    """
    ordered = rows.order_by("-at", "-id")
    found = list(ordered[: MOST_ROWS + 1])
    if len(found) > MOST_ROWS:
        raise ProgramError(f"These are more than {MOST_ROWS:,} events. Choose fewer days, or one person.", field="from")
    record("audit.exported", by=by, subjects=sought, detail={"filters": filters, "count": len(found)})
    subjects = defaultdict(list)
    # Asked for by the condition, not by ten thousand ids.
    about = EventSubject.objects.filter(event_id__in=rows.order_by().values("pk")).order_by("event_id", "kind", "id")
    for event_id, kind, pk in about.values_list("event_id", "kind", "subject_id"):
        subjects[event_id].append((kind, pk))
    told = told_by_subject(set(chain.from_iterable(subjects.values())))
    names = names_of({row.actor_id for row in found})
    accounts = dict(User.objects.filter(pk__in=sorted(names)).order_by().values_list("pk", "email"))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    for row in found:
        writer.writerow(map(harmless, _cells(row, names, accounts, [told[one] for one in subjects[row.pk]])))
    return text.getvalue()


def _cells(row: Event, names: dict[UUID, str], accounts: dict[UUID, str], records: list[Told]) -> list[str]:
    line = line_of(row, names, records=tuple(records), more=0)
    return [
        timezone.localtime(row.at).isoformat(timespec="milliseconds"),
        line.who,
        accounts.get(row.actor_id, ""),
        line.what,
        row.action,
        label_of(group_of(row.action)),
        ", ".join(line.fields),
        "; ".join(f"{one.words} {one.reference}".strip() for one in records),
        row.outcome,
        row.source,
        row.path,
    ]

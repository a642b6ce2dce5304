"""Operations: the counts of a police operation as this track's staff record them, and what came of it here.

An operation belongs to one track. A night that led to both tracks is recorded once in each, and neither row
knows of the other; its counts are whatever the staff of that track write down.
"""

import datetime
from collections.abc import Collection, Mapping
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from participants.audit.actions import record
from participants.audit.queries import events_about
from participants.errors import Problem, ProgramError, ValuesRefused, check_same
from participants.operations.models import Operation
from participants.referrals import rules
from participants.referrals.queries import Changes
from participants.staff.models import User
from participants.tracks.models import new_id

COUNTS = ("calls", "came", "arrested", "referred")
FIELDS = ("agency", "name", "held_on", "place_kind", *COUNTS)
MOST = 100_000  # of one count; more is a slip of the pen


class AlreadyRecorded(ProgramError):
    """The operation is here already; `operation` is the one to open."""

    def __init__(self, operation: Operation):
        super().__init__("An operation of this agency, name and date is here already.", field="name")
        self.operation = operation


class OperationChanged(ProgramError):
    """Someone else has saved since the form was opened; `operation` is how it stands now."""

    def __init__(self, operation: Operation, changes: Changes):
        labels = [str(Operation._meta.get_field(name).verbose_name) for name in changes.fields]
        super().__init__(
            f"{' and '.join(changes.by) or 'Someone else'} changed this operation after you opened it: "
            f"{', '.join(labels) or 'its contents'}. Nothing of yours was saved yet: compare, then save again."
        )
        self.operation = operation
        self.changes = changes


def count_problems(counts: Mapping[str, int | None]) -> list[Problem]:
    """What cannot be true of the counts; a count of None is not known and is not judged.

    Whoever was arrested at the operation had come there, whether called or not, so there are never more arrests
    than people who came. Nothing else holds always: people come who did not call, one person calls twice, and
    a person may be sent to the program who was cited later and not arrested on the spot.
    """
    found = [
        Problem(field, f"A count is a whole number from 0 to {MOST}.")
        for field, value in counts.items()
        if value is not None and not 0 <= value <= MOST
    ]
    came, arrested = counts.get("came"), counts.get("arrested")
    if not found and came is not None and arrested is not None and arrested > came:
        found.append(Problem("arrested", "More people were arrested than came. Who was arrested there had come there."))
    return found


def check_operation(row: Operation, *, today: datetime.date) -> None:
    """Put texts into their stored form. Raises ValuesRefused with one problem per field at most."""
    found: dict[str, Problem] = {}
    for field in ("agency", "name"):
        setattr(row, field, getattr(row, field).strip())
        if sentence := rules.text_problem(getattr(row, field)):
            found[field] = Problem(field, sentence)
    if row.held_on and row.held_on > today:
        found["held_on"] = Problem("held_on", "The date is in the future.")
    elif row.held_on and row.held_on < rules.EARLIEST:
        found["held_on"] = Problem("held_on", "The date is before 1900.")
    for problem in count_problems({name: getattr(row, name) for name in COUNTS}):
        found.setdefault(problem.field, problem)
    try:
        row.clean_fields(exclude={"track", *found})
    except ValidationError as error:
        for field, sentences in error.message_dict.items():
            found[field] = Problem(field, sentences[0])
    if problems := [found[field] for field in FIELDS if field in found]:
        raise ValuesRefused(problems)


@transaction.atomic
def add_operation(*, row_id: UUID | None = None, today: datetime.date, by: User, **fields) -> Operation:
    """Record an operation. Raises ValuesRefused or AlreadyRecorded; the same `row_id` again finds what it made."""
    if row_id and (written := Operation.objects.filter(pk=row_id).first()):
        typed = {name: value.strip() if isinstance(value, str) else value for name, value in fields.items()}
        check_same(written, typed, "The operation saved then stands on the list of operations.")
        return written
    row = Operation(pk=row_id or new_id(), **fields)
    check_operation(row, today=today)
    _save(row, force_insert=True)
    record("operation.added", by=by, subjects=[row], fields=fields)
    return row


@transaction.atomic
def change_operation(*, operation: Operation, version: int, today: datetime.date, by: User, **fields) -> Operation:
    """Change an operation. `version` is the one that the form was filled in on.

    Raises OperationChanged, ValuesRefused or AlreadyRecorded; nothing is overwritten then.
    """
    row = Operation.objects.select_for_update().get(pk=operation.pk)
    if row.version != version:
        raise OperationChanged(row, _changes_since(row, version))
    before = {field: getattr(row, field) for field in fields}
    for field, value in fields.items():
        setattr(row, field, value)
    check_operation(row, today=today)
    changed = [field for field in fields if getattr(row, field) != before[field]]
    if not changed:
        return row
    row.version += 1
    _save(row, update_fields=[*changed, "version"])
    record("operation.changed", by=by, subjects=[row], fields=changed, detail={"version": row.version})
    return row


def _save(row: Operation, **how) -> None:
    """Save an operation that is here once only. Raises AlreadyRecorded."""
    same = Operation.objects.filter(agency=row.agency, name=row.name, held_on=row.held_on).exclude(pk=row.pk)
    if (existing := same.first()) is not None:
        raise AlreadyRecorded(existing)
    try:
        with transaction.atomic():
            row.save(**how)
    except IntegrityError as error:  # somebody was faster by a moment
        if (existing := same.first()) is None:
            raise
        raise AlreadyRecorded(existing) from error


def _changes_since(row: Operation, version: int) -> Changes:
    """What the audit trail says was changed after `version`. Two statements."""
    fields, actors = set(), set()
    for event in events_about(row.pk).filter(action="operation.changed"):
        if event.detail.get("version", 0) > version:
            fields.update(event.detail.get("fields", ()))
            actors.add(event.actor_id)
    names: Collection[str] = User.objects.filter(pk__in=actors).order_by("name").values_list("name", flat=True)
    return Changes(fields=sorted(fields), by=list(names))

"""Batches: what came in one file. Taken back while nothing was done with it, closed when its minors are handed off."""

import datetime
from collections.abc import Iterator
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from participants.access.models import KeptForm
from participants.audit.actions import record
from participants.audit.changes import forget_changes
from participants.errors import ProgramError
from participants.files.intake import CHUNK
from participants.files.models import Batch
from participants.handoffs.queries import unfinished_handoffs
from participants.operations.models import Operation
from participants.people.models import SearchToken
from participants.referrals.models import Referral
from participants.referrals.rules import Status
from participants.staff.models import User


def worked_on(batch: Batch) -> set[UUID]:
    """The referrals of a batch with which anything was done since it came: changed, moved on, or pointed to by any
    other record, whatever its kind."""
    rows = Referral.objects.filter(batch=batch).order_by()
    as_received = Q(
        version=0,
        status__in=(Status.RECEIVED, Status.STOPPED),
        assigned_to__isnull=True,
        court_told_on__isnull=True,
        merged_into__isnull=True,
    )
    found = set(rows.exclude(as_received).values_list("pk", flat=True))
    for relation in Referral._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and relation.one_to_many | relation.one_to_one:
            pointing = relation.related_model.objects.filter(**{f"{relation.field.name}__batch": batch})
            found |= set(pointing.order_by().values_list(relation.field.attname, flat=True))
    return found


@transaction.atomic
def undo_batch(*, batch: Batch, answered: bool = False, by: User) -> int:
    """Take a batch back: its referrals, their search tokens, the operations that only it has brought. Returns how
    many referrals there were.

    Raises ProgramError when anything was done with one of them, and while a minor among them is not answered for: the
    duty to report (s. 39.201, Florida Statutes) does not go with the file. `answered` says that somebody has.
    """
    row = _locked(batch)
    if row.closed_on:
        raise ProgramError("This file is closed. It cannot be taken back any more.")
    ids = list(Referral.objects.select_for_update().filter(batch=row).order_by("id").values_list("pk", flat=True))
    if touched := len(worked_on(row)):
        some = "One referral of this file was" if touched == 1 else f"{touched} referrals of this file were"
        raise ProgramError(f"{some} worked on since. It cannot be taken back any more.")
    minors = unfinished_handoffs(row).count()
    if minors and not answered:
        raise ProgramError("Somebody in this file is under 18. Say first that this is answered for.", field="answered")
    operations = list(Operation.objects.select_for_update().filter(batch=row))
    for some in _parts(ids):
        SearchToken.objects.filter(kind=SearchToken.Kind.REFERRAL, subject_id__in=some).delete()
        forget_changes(some)
        Referral.objects.filter(pk__in=some).delete()
    KeptForm.objects.all().delete()  # one of these people may be in it, and nobody can ask
    gone = [row.audit_subject, *(operation.audit_subject for operation in operations if _leave(operation))]
    row.delete()
    subjects = [*gone, *((Referral._meta.model_name, pk) for pk in ids)]
    detail = {"referrals": len(ids)} | ({"under_18": minors} if minors else {})
    record("batch.undone", by=by, subjects=subjects, detail=detail)
    return len(ids)


def _leave(operation: Operation) -> bool:
    """Delete an operation that only an undone file has named; else it is the next file's, or stands by itself."""
    other = Referral.objects.filter(operation=operation).order_by("id").only("batch_id").first()
    if other is None and operation.version == 0:
        Operation.objects.filter(pk=operation.pk).delete()
        return True
    # Whoever has counted its people has made it their own.
    next_file = other.batch_id if other is not None and operation.version == 0 else None
    Operation.objects.filter(pk=operation.pk).update(batch=next_file)
    return False


@transaction.atomic
def close_batch(*, batch: Batch, today: datetime.date, by: User) -> Batch:
    """Close a batch: nothing of its file is left to do. Raises ProgramError while a minor is not handed off."""
    row = _locked(batch)
    if row.closed_on:
        return row
    if left := unfinished_handoffs(row).count():
        who = "One person of this file is under 18" if left == 1 else f"{left} people of this file are under 18"
        raise ProgramError(f"{who} and not handed off yet. Hand off first, then close.")
    row.closed_on, row.closed_by = today, by
    row.save(update_fields=["closed_on", "closed_by"])
    record("batch.closed", by=by, subjects=[row])
    return row


def _locked(batch: Batch) -> Batch:
    """The batch as it stands now. Raises ProgramError when it was taken back meanwhile."""
    row = Batch.objects.select_for_update().filter(pk=batch.pk).first()
    if row is None:
        raise ProgramError("This file was taken back meanwhile.")
    return row


def _parts(ids: list[UUID]) -> Iterator[list[UUID]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]

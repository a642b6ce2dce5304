"""Writers of files that wait: checked, sealed, the uploader's own, gone after an hour or when they are received."""

import datetime
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import transaction

from participants.audit.actions import record
from participants.errors import ProgramError
from participants.files.cells import read_date
from participants.files.headings import FIELD_OF, plain_heading
from participants.files.intake import Outcome, receive_rows, tell
from participants.files.models import Batch, ColumnMapping, WaitingFile
from participants.files.preview import Preview, preview_of
from participants.files.queries import mapping_of
from participants.staff.models import User
from participants.tracks.models import Program
from participants.tracks.scope import active_track

KEPT_FOR = datetime.timedelta(hours=1)
# What a person may leave waiting; an older file gives way.
MOST_WAITING = 3
# What one request receives: nobody else can write meanwhile on a database of one writer.
MOST_RECEIVED = 5_000
# A sender that heads its columns in more ways than this is not one sender.
MOST_HEADINGS = 400


def too_long(rows: int) -> str | None:
    """Why a page does not take a file of so many rows; None when it does. The command takes longer ones."""
    if rows <= MOST_RECEIVED:
        return None
    return (
        f"A page takes up to {MOST_RECEIVED:,} rows, and this file has {rows:,}. Send it in parts, or ask the people "
        "who run this program to import it."
    )


@transaction.atomic
def keep_file(
    *, file_name: str, content: bytes, sender: str, today: datetime.date, now: datetime.datetime, by: User
) -> WaitingFile:
    """Check a file and keep it for its uploader, for an hour. On record with the stored cases that it meets.

    Raises ProgramError, and keeps nothing, for a file that cannot be read as a whole.
    """
    waiting = WaitingFile(
        owner=by,
        file_name=file_name[:200],
        content=content,
        sender=sender,
        columns=mapping_of(active_track().program, sender),
        expires_at=now + KEPT_FOR,
    )
    preview = preview_of(waiting, today=today)
    if preview.unreadable:
        raise ProgramError(preview.unreadable, field="file")
    if problem := too_long(preview.sheet.count):
        raise ProgramError(problem, field="file")
    waiting.save(force_insert=True)
    older = WaitingFile.objects.filter(owner=by).order_by("-expires_at", "-id").values_list("pk", flat=True)
    WaitingFile.objects.filter(pk__in=list(older[MOST_WAITING:])).delete()
    _on_record(preview, by=by)
    return waiting


def _on_record(preview: Preview, *, by: User) -> None:
    if not preview.sheet.missing:
        tell(preview.judgement, preview.outcome, by=by)


@transaction.atomic
def name_columns(*, waiting: WaitingFile, columns: Mapping[str, str], today: datetime.date, by: User) -> WaitingFile:
    """Say which column of a waiting file is which, and remember it for its sender. `columns` is plain heading to
    field, "" for a column that is left aside. Raises ProgramError when the first row holds no headings."""
    row = _locked(waiting)
    row.columns = {**row.columns, **columns}
    preview = preview_of(row, today=today)
    # A case in the place of the headings would be remembered as if it were one.
    if any(read_date(heading) for heading in preview.sheet.headings):
        raise ProgramError("The first row seems to hold a case. Put a row of headings above it and send it again.")
    if preview.sheet.missing:
        raise ProgramError(preview.sheet.refused[0].problem)
    if preview.unreadable:
        raise ProgramError(preview.unreadable)
    row.save(update_fields=["columns"])
    remember_columns(program=active_track().program, sender=row.sender, columns=columns, by=by)
    _on_record(preview, by=by)
    return row


def _locked(waiting: WaitingFile) -> WaitingFile:
    """The waiting file as it stands now. Raises ProgramError when it was received or discarded meanwhile."""
    row = WaitingFile.objects.select_for_update().filter(pk=waiting.pk).first()
    if row is None:
        raise ProgramError("The file is not kept any more. Send it again.")
    return row


@transaction.atomic
def remember_columns(*, program: Program, sender: str, columns: Mapping[str, str], by: User) -> ColumnMapping | None:
    """Remember how a sender heads its columns, for the next file.

    Only headings that mean nothing to everybody: a mapping serves both tracks and the drop, and who mistakes one must
    not bend what a well-headed file says.
    """
    own = {heading: name for heading, name in columns.items() if name and heading not in FIELD_OF}
    key = plain_heading(sender)[:150]
    mapping = ColumnMapping.objects.select_for_update().filter(program=program, sender=key).first()
    kept = {heading: name for heading, name in mapping.columns.items() if heading not in columns} if mapping else {}
    if not own and mapping is None:
        return None
    mapping = mapping or ColumnMapping(program=program, sender=key)
    mapping.columns = own if len(kept) + len(own) > MOST_HEADINGS else kept | own
    mapping.save()
    record("columns.remembered", by=by, detail={"columns": len(mapping.columns)})
    return mapping


@transaction.atomic
def take_rows(
    *, waiting: WaitingFile, listed: Collection[int], taken: Collection[int], today: datetime.date, by: User
) -> WaitingFile:
    """Of the rows that were `listed` because their charge decides nothing, put those `taken` into this track and
    leave the others undecided."""
    row = _locked(waiting)
    row.taken = sorted({*row.taken} - {*listed} | ({*taken} & {*listed}))
    row.save(update_fields=["taken"])
    _on_record(preview_of(row, today=today), by=by)
    return row


@transaction.atomic
def receive_waiting(*, pk: UUID, today: datetime.date, now: datetime.datetime, by: User) -> Outcome:
    """Receive the good rows of a waiting file as one batch, which takes the file's id, and delete the file.

    Received before (another tab, a second click), it answers with the batch that was made then.
    Raises ProgramError when the file is gone.
    """
    waiting = WaitingFile.objects.select_for_update().filter(pk=pk, owner=by).first()
    if waiting is None or waiting.expires_at <= now:
        batch = Batch.objects.filter(pk=pk, received_by=by).first()
        if batch is None:
            raise ProgramError("The file is not kept any more. Send it again.")
        return Outcome(rows=batch.rows, new=batch.new, same=batch.same, batch=batch)
    preview = preview_of(waiting, today=today, judged=False)
    if preview.sheet.missing:
        raise ProgramError("Say first which column is which.")
    outcome = receive_rows(
        preview.rows,
        preview.sheet,
        sender=waiting.sender,
        today=today,
        commit=True,
        compare=False,  # the preview has told what looks alike; whose case it is, is decided on the case's page
        row_id=waiting.pk,
        received_by=by,
        set_aside=preview.set_aside,
        by=by,
    )
    waiting.delete()
    return outcome


@transaction.atomic
def discard_waiting(*, pk: UUID, by: User) -> None:
    """Delete a waiting file of one's own. Nothing of it stays; gone already is as good."""
    for waiting in WaitingFile.objects.filter(pk=pk, owner=by):
        record("waiting_file.discarded", by=by, subjects=[waiting])
        waiting.delete()


@transaction.atomic
def delete_expired(*, now: datetime.datetime) -> int:
    """Delete the files of the track that have waited for their hour. Returns how many."""
    due = WaitingFile.objects.filter(expires_at__lte=now).order_by().defer("content", "file_name")
    rows = list(due)
    if rows:
        record("waiting_file.expired", subjects=rows)
        WaitingFile.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)

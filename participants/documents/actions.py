"""The writers of papers: added, handed out, removed. Each is on record with the case and the kind of paper."""

import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from participants.audit.actions import record
from participants.documents import rules
from participants.documents.models import Document
from participants.documents.paper import read_paper
from participants.documents.queries import held_by
from participants.enrollment.models import Enrollment
from participants.errors import ProgramError, saved_before
from participants.referrals.models import Referral
from participants.referrals.rules import text_problem
from participants.staff.models import User


@transaction.atomic
def add_document(
    *,
    row_id: UUID,
    referral: Referral,
    kind: str,
    title: str = "",
    file: bytes,
    now: datetime.datetime,
    by: User,
) -> Document:
    """Keep a paper of a case. What is stored is what the file's content turns out to be, see `paper.read_paper`.

    The same `row_id` with the same content is the same form sent twice. Raises ProgramError; nothing is kept then.
    """
    case = Referral.objects.select_for_update().get(pk=referral.pk)
    rules.check_case(case.status)
    paper = read_paper(file)
    row = Document(
        pk=row_id,
        referral=case,
        kind=kind,
        title=title.strip(),
        content=paper.content,
        content_type=paper.content_type,
        size=len(paper.content),
        added_at=now,
        added_by=by,
    )
    _check_words(row)
    if made := Document.objects.filter(pk=row_id).first():
        if _same(made, row):
            return made
        raise saved_before("The paper saved then is in the list of papers.")
    held = held_by(case.pk)
    rules.check_room(held.papers, held.size, row.size)
    row.save(force_insert=True)
    record("document.added", by=by, subjects=_about(row), detail=_which(row))
    return row


@transaction.atomic
def hand_out(*, document: Document, by: User) -> bytes:
    """The content of a paper for a download, on record with who took it: once it has left, nobody can call it back."""
    content = document.content
    record("document.downloaded", by=by, subjects=_about(document), detail=_which(document))
    return content


@transaction.atomic
def remove_document(*, document: Document, by: User) -> None:
    """Delete a paper that was added wrongly. What stays is on record: that there was one, of which kind, and who."""
    rows = Document.objects.filter(pk=document.pk)
    if rows.delete()[0]:
        record("document.removed", by=by, subjects=_about(document), detail=_which(document))


def _check_words(row: Document) -> None:
    if sentence := text_problem(row.title):
        raise ProgramError(sentence, field="title")
    for field in ("kind", "title"):
        try:
            row._meta.get_field(field).clean(getattr(row, field), row)
        except ValidationError as error:
            raise ProgramError(error.messages[0], field=field) from error


def _same(made: Document, row: Document) -> bool:
    return all(
        getattr(made, field) == getattr(row, field)
        for field in ("referral_id", "kind", "title", "content_type", "size", "content")
    )


def _which(row: Document) -> dict:
    return {"document": str(row.pk), "kind": row.kind}


def _about(row: Document) -> list:
    return [row, *Enrollment.objects.filter(referral=row.referral_id)]

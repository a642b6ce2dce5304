"""Writers of participants and of the search index, and the search itself, which is a reading on record."""

import datetime
from collections.abc import Callable, Iterable
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from participants.audit.actions import record
from participants.audit.changes import keep_changes
from participants.enrollment.queries import Findings, find
from participants.errors import ProgramError
from participants.people.models import Participant, SearchToken, new_reference
from participants.people.queries import Changes, changes_since, ways_of
from participants.referrals.models import Referral
from participants.referrals.rules import text_problem
from participants.staff.models import User
from participants.tracks.bulk import insert_values
from participants.tracks.scope import active_track_id
from participants.vault.tokens import Known, index_tokens, many_index_tokens, name_words

# What the edit page may change; the reference, once given, stays.
EDITABLE = (
    "name",
    "preferred_name",
    "phone",
    "safe_contact",
    "language",
    "gender",
    "race",
)


@transaction.atomic
def create_participant(*, referral: Referral, by: User, draw: Callable[[], str] = new_reference) -> Participant:
    """The person of a referral as a participant, under a reference that nobody in the track has."""
    reference = next(
        reference for reference in iter(draw, None) if not Participant.objects.filter(reference=reference).exists()
    )
    participant = Participant.objects.create(
        reference=reference,
        name=referral.name,
        date_of_birth=referral.date_of_birth,
        phone=referral.phone,
        language=referral.language,
        gender=referral.gender,
        race=referral.race,
    )
    index_record(
        kind=SearchToken.Kind.PARTICIPANT,
        subject_id=participant.pk,
        names=[participant.name],
        numbers=[referral.case_number],
        born=participant.date_of_birth,
        phone=participant.phone,
    )
    record("participant.created", by=by, subjects=[participant, referral])
    return participant


class ChangedMeanwhile(ProgramError):
    """Someone else has saved since the form was opened; `participant` is how the file stands now."""

    def __init__(self, participant: Participant, changes: Changes):
        labels = [str(Participant._meta.get_field(name).verbose_name) for name in changes.fields]
        super().__init__(
            f"{' and '.join(changes.by) or 'Someone else'} changed this file after you opened it: "
            f"{', '.join(labels) or 'its contents'}. Nothing of yours was saved yet: compare, then save again."
        )
        self.participant = participant
        self.changes = changes


@transaction.atomic
def change_participant(*, participant: Participant, version: int, by: User, **fields) -> Participant:
    """Change what is known of a person. `version` is the one that the form was filled in on.

    Raises ChangedMeanwhile when someone else has saved in between, and ProgramError for a name that is none.
    """
    if unknown := fields.keys() - set(EDITABLE):
        raise TypeError(f"Not changed here: {', '.join(sorted(unknown))}.")
    current = Participant.objects.select_for_update().get(pk=participant.pk)
    if current.version != version:
        raise ChangedMeanwhile(current, changes_since(current, version))
    fields = {name: value.strip() for name, value in fields.items()}
    _check_texts(fields)
    changed = [name for name, value in fields.items() if getattr(current, name) != value]
    if not changed:
        return current
    before = {name: getattr(current, name) for name in changed}
    for name in changed:
        setattr(current, name, fields[name])
    current.version += 1
    current.save(update_fields=[*changed, "version"])
    if {"name", "preferred_name", "phone"} & set(changed):
        index_participant(current)
    detail = {"version": current.version}
    event = record("participant.changed", by=by, subjects=[current], fields=changed, detail=detail)
    keep_changes(current, before, by=by, at=event.at)
    return current


def _check_texts(fields: dict[str, str]) -> None:
    for name in ("name", "preferred_name", "phone"):
        if sentence := text_problem(fields.get(name, "")):
            raise ProgramError(sentence, field=name)
    if "name" in fields and not name_words(fields["name"]):
        raise ProgramError("The name needs at least one letter, or it could never be found.", field="name")
    for name, value in fields.items():
        try:
            Participant._meta.get_field(name).clean(value, None)
        except ValidationError as error:
            raise ProgramError(error.messages[0], field=name) from error


def index_participant(participant: Participant) -> None:
    """Write the search tokens of a participant anew: both names, birth date, phone, and the case number of every
    stay; and the names of files that are part of this one, under which people may still ask. What is part of another
    file leads there and has none of its own."""
    if participant.merged_into_id:
        return index_record(kind=SearchToken.Kind.PARTICIPANT, subject_id=participant.pk, names=[], numbers=[])
    referrals = Referral.objects.filter(
        Q(enrollment__participant=participant) | Q(merged_into__enrollment__participant=participant)
    )
    absorbed = Participant.objects.filter(merged_into=participant).order_by("id")
    return index_record(
        kind=SearchToken.Kind.PARTICIPANT,
        subject_id=participant.pk,
        names=[name for row in (participant, *absorbed) for name in (row.name, row.preferred_name)],
        numbers=[referral.case_number for referral in referrals],
        born=participant.date_of_birth,
        phone=participant.phone,
    )


@transaction.atomic
def index_new_records(*, kind: str, records: Iterable[tuple[UUID, Known]]) -> None:
    """Write the search tokens of many records that have none yet: id, and what is known of each."""
    ids, known = zip(*records, strict=True) if (records := list(records)) else ((), ())
    found = zip(many_index_tokens(active_track_id(), known), ids, strict=True)
    rows = sorted((token, subject_id) for tokens, subject_id in found for token in tokens)
    insert_values(SearchToken, ("token", "subject_id", "kind"), ((*row, str(kind)) for row in rows))


@transaction.atomic
def index_record(
    *,
    kind: str,
    subject_id: UUID,
    names: list[str],
    numbers: list[str],
    born: datetime.date | None = None,
    phone: str = "",
) -> None:
    """Write the search tokens of one record anew: a fixed number of statements."""
    SearchToken.objects.filter(subject_id=subject_id).delete()
    tokens = index_tokens(active_track_id(), names=names, numbers=numbers, born=born, phone=phone)
    SearchToken.objects.bulk_create(
        SearchToken(token=token, kind=kind, subject_id=subject_id) for token in sorted(tokens)
    )


@transaction.atomic
def search(*, text: str, participants: bool, referrals: bool, by: User) -> Findings:
    """Search the track, on record with what was found and in which ways was looked; what was typed is kept nowhere.

    `participants` and `referrals` say which of the two the searcher may see.
    """
    findings = find(text, participants=participants, referrals=referrals)
    record(
        "search.made",
        by=by,
        subjects=[*findings.participants, *findings.referrals],
        detail={"found": len(findings), "more": findings.more, "looked_by": ways_of(text)},
    )
    return findings

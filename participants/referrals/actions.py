"""The writers of referrals."""

import datetime
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.dateformat import format as format_date

from participants.audit.actions import record
from participants.audit.changes import keep_changes
from participants.consent.models import Offer
from participants.enrollment.models import Enrollment
from participants.errors import ProgramError, ValuesRefused
from participants.handoffs.models import Handoff
from participants.operations.models import Operation
from participants.people.actions import index_new_records, index_record
from participants.people.models import SearchToken
from participants.referrals import rules
from participants.referrals.case import (
    DERIVED,
    FIELDS,
    NewOperation,
    check,
    derive,
    known_of,
    operation_problems,
    prepare,
    stops,
)
from participants.referrals.models import Referral
from participants.referrals.queries import Changes, changes_since, same_case
from participants.referrals.rules import Status
from participants.screening.models import Review, Screening
from participants.staff.models import User

# What changes with other fields and says something of its own.
FOLLOWING = ("age_at_offense", "court_told_on")
PLACED_ALREADY = (
    "The person is placed: court and counsel are kept on the participant's page now, and the rest is settled."
)


class AlreadyReceived(ProgramError):
    """The case is here already; `referral` is the one to open."""

    def __init__(self, referral: Referral, message: str = ""):
        day = format_date(referral.received_on, "F j, Y")
        super().__init__(message or f"This case was already received on {day}. It was not stored again.")
        self.referral = referral


class ChangedMeanwhile(ProgramError):
    """Someone else has saved since the form was opened; `referral` is how it stands now."""

    def __init__(self, referral: Referral, changes: Changes):
        labels = [str(Referral._meta.get_field(name).verbose_name) for name in changes.fields]
        super().__init__(
            f"{' and '.join(changes.by) or 'Someone else'} changed this referral after you opened it: "
            f"{', '.join(labels) or 'its contents'}. Nothing of yours was saved yet: compare, then save again."
        )
        self.referral = referral
        self.changes = changes


@transaction.atomic
def receive_referral(
    *,
    row_id: UUID | None = None,
    name: str,
    date_of_birth: datetime.date | None,
    case_number: str,
    charge: str,
    offense_on: datetime.date,
    received_on: datetime.date,
    source: str,
    operation: Operation | NewOperation | None = None,
    next_court_on: datetime.date | None = None,
    must_appear: str = "unknown",
    counsel_name: str = "",
    counsel_contact: str = "",
    language: str = "en",
    gender: str = "",
    race: str = "",
    phone: str = "",
    today: datetime.date,
    by: User | None,
) -> Referral:
    """Store a case that was sent to the program. A person under 18 stops it at once.

    The same `row_id` with the same content is the same form posted twice, and answered with the row it made.
    Raises ValuesRefused, or AlreadyReceived when the case is here.
    """
    referral = prepare(
        name=name,
        date_of_birth=date_of_birth,
        phone=phone,
        case_number=case_number,
        charge=charge,
        offense_on=offense_on,
        received_on=received_on,
        source=source,
        next_court_on=next_court_on,
        must_appear=must_appear,
        counsel_name=counsel_name,
        counsel_contact=counsel_contact,
        language=language,
        gender=gender,
        race=race,
        today=today,
    )
    referral.operation = stored_operation(operation, today=today, by=by)
    if row_id is not None:
        made = Referral.objects.filter(pk=row_id).first()
        if made is not None:
            if not differences(made, {field: getattr(referral, field) for field in FIELDS}):
                return made
            raise AlreadyReceived(made, "This form was saved before. Open the referral to change it.")
        referral.pk = row_id
    _save(referral, force_insert=True)
    index_new_records(kind=SearchToken.Kind.REFERRAL, records=[(referral.pk, known_of(referral))])
    record("referral.received", by=by, subjects=[referral], fields=FIELDS)
    if referral.status == Status.STOPPED:
        record("referral.stopped", by=by, subjects=[referral])
    return referral


def stored_operation(
    operation: Operation | NewOperation | None, *, today: datetime.date, by: User | None
) -> Operation | None:
    """The row of an operation, made if it is new. Raises ValuesRefused."""
    if not isinstance(operation, NewOperation):
        return operation
    row = Operation(agency=operation.agency, name=operation.name, held_on=operation.held_on)
    problems = operation_problems(row, today=today)
    if problems:
        raise ValuesRefused(problems)
    row, added = Operation.objects.get_or_create(agency=row.agency, name=row.name, held_on=row.held_on)
    if added:
        record("operation.added", by=by, subjects=[row])
    return row


def differences(referral: Referral, values: Mapping) -> list[str]:
    """The fields in which a stored referral differs from these values."""
    return [field for field, value in values.items() if getattr(referral, field) != value]


def index_referral(referral: Referral) -> None:
    """Write the search tokens of a case anew. What is part of another case leads there and has none of its own."""
    merged = referral.merged_into_id is not None
    parts = [] if merged else [referral, *Referral.objects.filter(merged_into=referral).order_by("id")]
    index_record(
        kind=SearchToken.Kind.REFERRAL,
        subject_id=referral.pk,
        names=[part.name for part in parts],
        numbers=[part.case_number for part in parts],
        born=None if merged else referral.date_of_birth,
        phone="" if merged else referral.phone,
    )


@transaction.atomic
def change_referral(*, referral: Referral, version: int, today: datetime.date, by: User, **fields) -> Referral:
    """Change a referral until the person is placed. `version` is the one that the form was filled in on.

    Raises ChangedMeanwhile, ValuesRefused or AlreadyReceived; nothing is overwritten then.
    """
    row = _locked(referral, version)
    if row.status == Status.STOPPED:
        raise ProgramError("This referral is stopped. Only its dates can be corrected, against a document.")
    return _change(row, fields, today=today, by=by)


@transaction.atomic
def correct_dates(
    *,
    referral: Referral,
    version: int,
    date_of_birth: datetime.date,
    offense_on: datetime.date,
    checked: bool,
    today: datetime.date,
    by: User,
) -> Referral:
    """Correct the dates of a stopped referral, once they were checked against a document.

    If they show an adult, the referral stands again where it stood.
    """
    row = _locked(referral, version)
    if row.status != Status.STOPPED:
        raise ProgramError("This referral is not stopped any more. Open it to see where it stands.")
    if not checked:
        raise ProgramError("Check the dates against a document first, and say so here.", field="checked")
    return _change(row, {"date_of_birth": date_of_birth, "offense_on": offense_on}, today=today, by=by)


@transaction.atomic
def update_court_details(
    *,
    referral: Referral,
    version: int,
    next_court_on: datetime.date | None,
    must_appear: str,
    counsel_name: str,
    counsel_contact: str,
    by: User,
) -> Referral:
    """Keep court date and counsel right, at any time, after placement too. `version` is the referral's, as the form
    was filled in on it.

    Raises ChangedMeanwhile or ValuesRefused; nothing is overwritten then.
    """
    row = _at_version(Referral.objects.select_for_update().get(pk=referral.pk), version)
    _check_not_handed_off(row)
    values = {
        "next_court_on": next_court_on,
        "must_appear": must_appear,
        "counsel_name": counsel_name,
        "counsel_contact": counsel_contact,
    }
    # What else is stored was judged when it was stored, and does not stand in the way of a court date.
    return _change(row, values, today=row.received_on, judged=values.keys(), by=by)


def _locked(referral: Referral, version: int) -> Referral:
    row = Referral.objects.select_for_update().get(pk=referral.pk)
    if row.status == Status.PLACED:
        raise ProgramError(PLACED_ALREADY)
    _check_not_handed_off(row)
    if row.status == Status.MERGED:
        raise ProgramError("This case is part of another one. Change that one.")
    return _at_version(row, version)


def _check_not_handed_off(row: Referral) -> None:
    if row.status == Status.HANDED_OFF:
        raise ProgramError("This referral was handed off and is erased. Nothing more is written down about it.")


def _at_version(row: Referral, version: int) -> Referral:
    """The row, if nobody has saved it since the form was opened. Raises ChangedMeanwhile."""
    if row.version != version:
        raise ChangedMeanwhile(row, changes_since(row, version))
    return row


def _change(
    row: Referral, values: Mapping, *, today: datetime.date, judged: Collection[str] = FIELDS, by: User
) -> Referral:
    """Write what differs, with everything that follows from it."""
    if unknown := values.keys() - set(FIELDS):
        raise TypeError(f"A referral has no {', '.join(sorted(unknown))} to change.")
    if "operation" in values:
        values = {**values, "operation": stored_operation(values["operation"], today=today, by=by)}
    before = {field: getattr(row, field) for field in (*values, *FOLLOWING)}
    for field, value in values.items():
        setattr(row, field, value)
    check(row, today=today, fields=judged)
    changed = [field for field in values if getattr(row, field) != before[field]]
    if not changed:
        return row
    derive(row)
    row.version += 1
    if {"next_court_on", "must_appear"} & set(changed):
        row.court_told_on = None  # what the person was told is not what stands here now
    _save(row, update_fields=[*changed, *DERIVED, "court_told_on", "version"])
    if {"name", "case_number", "date_of_birth", "phone"} & set(changed):
        index_referral(row)
    stays = Enrollment.objects.filter(referral=row)
    detail = {"version": row.version}
    event = record("referral.changed", by=by, subjects=[row, *stays], fields=changed, detail=detail)
    keep_changes(row, before, by=by, at=event.at)
    if {"date_of_birth", "offense_on"} & set(changed):
        _stop_or_resume(row, today=today, by=by)
    if "charge" in changed:
        _look_again(row, today=today, by=by)
    return row


def _look_again(row: Referral, *, today: datetime.date, by: User) -> None:
    """A charge that was changed after the screening makes a second look due, unless one waits already."""
    screening = Screening.objects.filter(referral=row, eligible__isnull=False).first()
    if screening is None or Review.objects.filter(screening=screening, eligible_after__isnull=True).exists():
        return
    Review.objects.create(
        screening=screening,
        kind=Review.Kind.CHARGE_CHANGED,
        asked_on=today,
        asked_by=by,
        eligible_before=screening.eligible,
    )
    record("second_look.due", by=by, subjects=[row])


def _save(row: Referral, **how) -> None:
    """Save a case that is here once only. Raises AlreadyReceived."""
    existing = same_case(row)
    if existing is not None and existing.pk != row.pk:
        raise AlreadyReceived(existing)
    try:
        with transaction.atomic():
            row.save(**how)
    except IntegrityError as error:  # somebody was faster by a moment
        if (existing := same_case(row)) is None:
            raise
        raise AlreadyReceived(existing) from error


def _stop_or_resume(row: Referral, *, today: datetime.date, by: User) -> None:
    """A date that shows a minor stops the referral; one that shows an adult lets it stand where it stood."""
    minor = stops(row, today=today)
    if minor and row.status != Status.STOPPED:
        move_referral(referral=row, to=Status.STOPPED)
        record("referral.stopped", by=by, subjects=[row])
    elif not minor and row.status == Status.STOPPED:
        # A hand-off that was begun on a mistyped date is over; the row must not stay closed to everybody else.
        Handoff.objects.filter(referral=row, done_at__isnull=True).delete()
        screening = Screening.objects.filter(referral=row).first()
        offer = Offer.objects.filter(referral=row).order_by("-made_on", "-id").first()
        _set_status(
            row,
            rules.standing(eligible=screening.eligible if screening else None, offer=offer.decision if offer else None),
        )
        record("referral.resumed", by=by, subjects=[row])


@transaction.atomic
def move_referral(*, referral: Referral, to: str) -> Referral:
    """Move a referral along the state table. Raises ProgramError for a step that the table does not have,
    and when somebody else has moved it in between."""
    if not rules.may_move(referral.status, to):
        raise ProgramError(f"This referral stands at “{referral.get_status_display()}”, so this step is not possible.")
    _set_status(referral, to)
    return referral


@transaction.atomic
def move_referrals(*, referrals: Collection[Referral], to: str) -> None:
    """Move locked referrals along the state table, all of them or, with a ProgramError, none. One statement."""
    for referral in referrals:
        if not rules.may_move(referral.status, to):
            stands = referral.get_status_display()
            raise ProgramError(f"This referral stands at “{stands}”, so this step is not possible.")
    now = {referral.status for referral in referrals}
    moved = Referral.objects.filter(pk__in=[row.pk for row in referrals], status__in=now).update(status=to)
    if moved != len(referrals):
        raise ProgramError("Someone else has just moved one of these referrals on. Look at the list again.")
    for referral in referrals:
        referral.status = to


def _set_status(referral: Referral, to: str) -> None:
    moved = Referral.objects.filter(pk=referral.pk, status=referral.status).update(status=to)
    if not moved:
        raise ProgramError("Someone else has just moved this referral on. Open it to see where it stands.")
    referral.status = to


@transaction.atomic
def fold_referral(*, referral: Referral, into: Referral | None, fingerprint: bytes) -> Referral:
    """Let a referral be part of another one or, with None, stand on its own again, under this fingerprint.

    Raises ProgramError when somebody else has moved it in between.
    """
    to = Status.MERGED if into else Status.RECEIVED
    if not rules.may_move(referral.status, to):
        raise ProgramError(f"This referral stands at “{referral.get_status_display()}”, so this step is not possible.")
    moved = Referral.objects.filter(pk=referral.pk, status=referral.status, version=referral.version).update(
        status=to, merged_into=into, fingerprint=fingerprint, version=referral.version + 1
    )
    if not moved:
        raise ProgramError("Someone else has just changed this referral. Open it to see where it stands.")
    return Referral.objects.get(pk=referral.pk)

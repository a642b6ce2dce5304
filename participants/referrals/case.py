"""A case as it would be stored: put into its stored form, judged by the rules, with all that follows from it.

Typed by hand or read from a file, every referral passes here before it is written.
"""

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.core.exceptions import ValidationError

from participants.errors import Problem, ValuesRefused
from participants.operations.models import Operation
from participants.referrals import rules
from participants.referrals.models import Referral
from participants.referrals.rules import Status
from participants.tracks.scope import active_track
from participants.vault.fields import SealedField
from participants.vault.tokens import Known, fingerprints, name_words, number_key

# What is known of a case; the order in which problems are told.
FIELDS = (
    "name",
    "date_of_birth",
    "phone",
    "case_number",
    "charge",
    "offense_on",
    "received_on",
    "source",
    "operation",
    "next_court_on",
    "must_appear",
    "counsel_name",
    "counsel_contact",
    "language",
    "gender",
    "race",
)
TEXTS = ("name", "phone", "case_number", "source", "counsel_name", "counsel_contact")
DERIVED = ("fingerprint", "case_key", "person_key", "age_at_offense")


@dataclass(frozen=True)
class NewOperation:
    """An operation named by hand; an existing one with the same agency, name and date is taken."""

    agency: str
    name: str
    held_on: datetime.date


def prepare(*, today: datetime.date, operation: Operation | None = None, **values) -> Referral:
    """A referral as it would be stored, checked and with all that is derived, but not saved.

    Raises ValuesRefused with everything that has to be put right.
    """
    referral = Referral(operation=operation, **values)
    check(referral, today=today)
    derive(referral)
    if stops(referral, today=today):
        referral.status = Status.STOPPED
    return referral


def check(referral: Referral, *, today: datetime.date, fields: Collection[str] = FIELDS) -> None:
    """Put text values into their stored form. Raises ValuesRefused with one problem per field at most.

    Only `fields` are judged.
    """
    track = active_track()
    found: dict[str, Problem] = {}
    for field in TEXTS:
        setattr(referral, field, getattr(referral, field).strip())
        if sentence := rules.text_problem(getattr(referral, field)):
            found[field] = Problem(field, sentence)
    if referral.name and not name_words(referral.name):
        found.setdefault("name", Problem("name", "The name needs at least one letter, or it could never be found."))
    if referral.case_number and not number_key(referral.case_number):
        found.setdefault("case_number", Problem("case_number", "The case number needs a letter or a digit."))
    if sentence := put_charge(referral, track.program.charges, track.kind):
        found["charge"] = Problem("charge", sentence)
    for problem in rules.date_problems(
        date_of_birth=referral.date_of_birth,
        offense_on=referral.offense_on,
        received_on=referral.received_on,
        next_court_on=referral.next_court_on,
        today=today,
    ):
        found.setdefault(problem.field, problem)
    for field in FIELDS:
        if field != "operation" and field not in found and (sentence := _field_problem(referral, field)):
            found[field] = Problem(field, sentence)
    if problems := [found[field] for field in FIELDS if field in found and field in fields]:
        raise ValuesRefused(problems)


def _field_problem(referral: Referral, name: str) -> str | None:
    """What the field itself says of a value, as `clean_fields` would: length, choices, whether it may be empty."""
    field = Referral._meta.get_field(name)
    value = getattr(referral, field.attname)
    if field.blank and value in field.empty_values:
        return None
    if isinstance(field, SealedField):
        return _said_of(name, value)
    return _said_before(name, value)


def _said_of(name: str, value: object) -> str | None:
    try:
        Referral._meta.get_field(name).clean(value, None)
    except ValidationError as error:
        return error.messages[0]
    return None


# Sources, dates and codes come again and again in a file. Values of a person are never kept.
_said_before = lru_cache(maxsize=2000)(_said_of)


def put_charge(referral: Referral, charges: Mapping[str, str], kind: str) -> str | None:
    """Write the charge as the program's map has it; returns why it cannot be taken here, if so.

    The statute letter decides the track, never a person; a letter that decides nothing may be entered here.
    """
    charge = rules.find_charge(referral.charge, charges)
    if charge is None:
        return rules.unknown_charge(referral.charge, charges) if referral.charge.strip() else None
    referral.charge = charge
    return rules.NOT_HERE if charges[charge] not in ("", kind) else None


def derive(referral: Referral) -> None:
    """Fill in what follows from the values: age, and the keys by which equal cases are known."""
    born = referral.date_of_birth
    for name, spellings in known_by(referral).items():
        setattr(referral, name, spellings[0] if spellings else None)
    referral.age_at_offense = rules.age_on(born, referral.offense_on) if born else None


def content_of(referral: Referral) -> tuple[str, str, str, str]:
    """What makes two cases the same: number, name, birth date, charge."""
    born = referral.date_of_birth
    number = number_key(referral.case_number)
    return number, referral.name, born.isoformat() if born else "", referral.charge


def known_by(referral: Referral) -> dict[str, tuple[bytes, ...]]:
    """The keyed hashes by which a case is known, by field: today's, and under former keys while keys are changed."""
    number, name, birth, _ = content = content_of(referral)
    return {
        "fingerprint": fingerprints(referral.track_id, *content),
        "case_key": fingerprints(referral.track_id, "case", number),
        "person_key": fingerprints(referral.track_id, "person", name, birth) if birth else (),
    }


def former_keys(referral: Referral) -> dict[bytes, bytes]:
    """The hashes of a case under former keys, each with today's. Empty unless keys are being changed."""
    return {old: today for today, *olds in filter(None, known_by(referral).values()) for old in olds}


def known_of(referral: Referral) -> Known:
    """What a case is found and compared by."""
    return Known((referral.name,), (referral.case_number,), referral.date_of_birth, referral.phone)


def stops(referral: Referral, *, today: datetime.date) -> bool:
    """Whether the person is known to be under 18 on the offense date or today."""
    born = referral.date_of_birth
    return born is not None and rules.is_minor(born, offense_on=referral.offense_on, today=today)


def operation_problems(row: Operation, *, today: datetime.date) -> list[Problem]:
    """What is wrong with an operation, under the names `operation_agency`, `operation_name`, `operation_on`."""
    found = {}
    for field in ("agency", "name"):
        if sentence := rules.text_problem(getattr(row, field)):
            found[field] = sentence
    if row.held_on and not rules.EARLIEST <= row.held_on <= today:
        found["held_on"] = "The date of the operation is not between 1900 and today."
    try:
        row.clean_fields(exclude={"track", *found})
    except ValidationError as error:
        found |= {field: sentences[0] for field, sentences in error.message_dict.items()}
    names = {"agency": "operation_agency", "name": "operation_name", "held_on": "operation_on"}
    return [Problem(names[field], sentence) for field, sentence in found.items()]

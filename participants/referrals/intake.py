"""Referrals by the file: rows sorted to their tracks, checked like a referral typed by hand, stored together."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from uuid import UUID

from django.db import IntegrityError, transaction

from participants.audit.actions import record
from participants.errors import ProgramError
from participants.people.actions import index_new_records
from participants.people.models import SearchToken
from participants.referrals import rules
from participants.referrals.actions import stored_operation
from participants.referrals.case import NewOperation, operation_problems, prepare
from participants.referrals.models import Operation, Referral
from participants.referrals.rules import Status, ValuesRefused
from participants.referrals.sheet import Refusal, Row, Sheet, read
from participants.staff.models import User
from participants.tracks.models import RULES
from participants.tracks.scope import active_track

# How many keys one statement asks for.
CHUNK = 400
SAY_WHICH = "This charge does not decide the track: say which track in a column “track”."
TRACK_WORDS = {word.lower(): kind for kind, track in RULES.items() for word in (kind, track.name, track.short)}


@dataclass
class Outcome:
    """What became of a file. `new` rows were stored, or would be; `possible_duplicate` counts some of them."""

    rows: int = 0
    new: int = 0
    same: int = 0
    possible_duplicate: int = 0
    refused: list[Refusal] = field(default_factory=list)

    @property
    def refused_rows(self) -> int:
        return len({refusal.row for refusal in self.refused})

    def add(self, other: "Outcome") -> None:
        self.new += other.new
        self.same += other.same
        self.possible_duplicate += other.possible_duplicate
        self.refused += other.refused

    def as_json(self) -> dict:
        return asdict(self)


def sort_to_tracks(
    sheet: Sheet, charges: dict[str, str], *, only: str | None = None
) -> tuple[dict[str, list[Row]], list[Refusal]]:
    """The rows by the kind of track they belong to, and the rows that belong to none, or not to `only`.

    The charge decides; where it does not, the column `track` does.
    """
    parts, refused = defaultdict(list), []
    for row in sheet.rows:
        charge = rules.find_charge(row.values["charge"], charges)
        decided = charges.get(charge, "")
        word = row.values["track"]
        said = TRACK_WORDS.get(word.lower(), "") if word else ""
        column, problem = "track", ""
        if charge is None:
            column, problem = "charge", rules.unknown_charge(row.values["charge"], charges)
        elif word and not said:
            problem = f"“{word[:40]}” is not a track. Write {' or '.join(RULES)}."
        elif not (decided or said):
            column, problem = "charge", SAY_WHICH
        elif only and (decided or said) != only:
            column, problem = "charge", rules.NOT_HERE
        elif decided and said and decided != said:
            problem = "This is not the track that the charge belongs to."
        if problem:
            refused.append(Refusal(row.number, sheet.column(column), problem))
        else:
            parts[decided or said].append(row)
    return parts, refused


@transaction.atomic
def receive_file(content: bytes, *, today: datetime.date, commit: bool, by: User | None) -> tuple[Sheet, Outcome]:
    """Check a file for the active track, and with `commit` store its good rows. Raises ProgramError."""
    track = active_track()
    sheet = read(content, today=today)
    parts, refused = sort_to_tracks(sheet, track.program.charges, only=track.kind)
    outcome = receive_rows(parts.get(track.kind, ()), sheet, today=today, commit=commit, by=by)
    return sheet, whole(sheet, refused, [outcome])


def whole(sheet: Sheet, refused: list[Refusal], parts: Iterable[Outcome]) -> Outcome:
    """The outcome of a file: what each track made of its rows, and every refusal in the order of the rows."""
    total = Outcome(rows=sheet.count, refused=[*sheet.refused, *refused])
    for part in parts:
        total.add(part)
    total.refused.sort(key=lambda refusal: refusal.row)
    return total


@transaction.atomic
def receive_rows(rows: Iterable[Row], sheet: Sheet, *, today: datetime.date, commit: bool, by: User | None) -> Outcome:
    """Judge rows in the active track, and with `commit` store the good ones: all of them or, on a fault, none.

    On record either way, with the stored referrals that were met, because the answer tells whether a case is here.
    A fixed number of statements for each few hundred rows. Raises ProgramError when somebody stores the same
    cases at the same moment.
    """
    outcome = Outcome()
    prepared = _prepared(rows, sheet, outcome, today=today)
    known = _known({referral.fingerprint for referral, _ in prepared})
    met = set(known.values())
    fresh: list[tuple[Referral, NewOperation | None]] = []
    for referral, operation in prepared:
        if referral.fingerprint in known:
            outcome.same += 1
        else:
            known[referral.fingerprint] = referral.pk
            fresh.append((referral, operation))
    outcome.new = len(fresh)
    outcome.possible_duplicate, alike = _duplicates([referral for referral, _ in fresh])
    if commit:
        store(fresh, today=today, by=by)
    record(
        "referrals.imported" if commit else "referrals.checked",
        by=by,
        subjects=[
            *(referral for referral, _ in fresh if commit),
            *((Referral._meta.model_name, pk) for pk in met | alike),
        ],
        detail={
            "new": outcome.new,
            "same": outcome.same,
            "possible_duplicate": outcome.possible_duplicate,
            "refused": outcome.refused_rows,
        },
    )
    return outcome


def _prepared(
    rows: Iterable[Row], sheet: Sheet, outcome: Outcome, *, today: datetime.date
) -> list[tuple[Referral, NewOperation | None]]:
    prepared = []
    for row in rows:
        values = {name: value for name, value in row.values.items() if name not in ("track", "operation")}
        operation = NewOperation(*row.values["operation"]) if row.values["operation"] else None
        problems = []
        if operation:
            problems += operation_problems(
                Operation(agency=operation.agency, name=operation.name, held_on=operation.held_on), today=today
            )
        try:
            referral = prepare(**values, today=today)
        except ValuesRefused as refusal:
            problems += refusal.problems
        if problems:
            outcome.refused += [Refusal(row.number, sheet.column(p.field), p.text) for p in problems]
        else:
            prepared.append((referral, operation))
    return prepared


def store(fresh: list[tuple[Referral, NewOperation | None]], *, today: datetime.date, by: User | None) -> None:
    """Store prepared referrals with their operations, all or none. Raises ProgramError when one is here."""
    operations = {
        operation: stored_operation(operation, today=today, by=by)
        for operation in dict.fromkeys(operation for _, operation in fresh if operation)
    }
    for referral, operation in fresh:
        referral.operation = operations.get(operation)
    referrals = [referral for referral, _ in fresh]
    try:
        with transaction.atomic():
            Referral.objects.bulk_create(referrals, batch_size=CHUNK)
    except IntegrityError as error:
        raise ProgramError("Somebody has just stored some of these cases. Send the file once more.") from error
    index_new_records(
        kind=SearchToken.Kind.REFERRAL,
        records=[(referral.pk, [referral.name], [referral.case_number]) for referral in referrals],
    )
    if stopped := [referral for referral in referrals if referral.status == Status.STOPPED]:
        record("referral.stopped", by=by, subjects=stopped)


def _duplicates(fresh: list[Referral]) -> tuple[int, set[UUID]]:
    """How many rows share the case number with another person, or the person with another case number: with
    what is stored, or with a row above. And the stored referrals with which they do."""
    of_case, of_person = defaultdict(set), defaultdict(set)
    stored = set()

    def remember(pk: UUID, case: bytes, person: bytes | None) -> None:
        of_case[case].add((pk, person))
        if person is not None:
            of_person[person].add((pk, case))

    for lookup in ("case_key", "person_key"):
        for keys in _chunks({getattr(referral, lookup) for referral in fresh} - {None}):
            found = Referral.objects.filter(**{f"{lookup}__in": keys}).order_by()
            for pk, case, person in found.values_list("pk", "case_key", "person_key"):
                stored.add(pk)
                remember(pk, bytes(case), None if person is None else bytes(person))
    count, alike = 0, set()
    for referral in fresh:
        case, person = referral.case_key, referral.person_key
        others = {pk for pk, other in of_case[case] if person is None or other != person}
        if person is not None:
            others |= {pk for pk, elsewhere in of_person[person] if elsewhere != case}
        count += bool(others)
        alike |= others
        remember(referral.pk, case, person)
    return count, alike & stored


def _known(fingerprints: set[bytes]) -> dict[bytes, UUID]:
    """The stored referrals with exactly this content, by their fingerprint."""
    return {
        bytes(key): pk
        for chunk in _chunks(fingerprints)
        for key, pk in Referral.objects.filter(fingerprint__in=chunk).order_by().values_list("fingerprint", "pk")
    }


def _chunks(keys: set[bytes]) -> Iterator[list[bytes]]:
    rest = iter(sorted(keys))
    while chunk := list(islice(rest, CHUNK)):
        yield chunk

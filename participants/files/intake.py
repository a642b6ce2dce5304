"""Referrals by the file: rows sorted to their tracks, judged like a referral typed by hand, received together."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from uuid import UUID

from django.db import IntegrityError, transaction

from participants.audit.actions import record
from participants.duplicates.finding import NOT_COMPARED, possible_duplicates_of
from participants.errors import ProgramError, ValuesRefused
from participants.files.models import Batch
from participants.files.sheet import Refusal, Row, Sheet, read
from participants.operations.models import Operation
from participants.people.actions import index_new_records
from participants.people.models import SearchToken
from participants.people.restrictions import readable
from participants.referrals import rules
from participants.referrals.case import NewOperation, former_keys, known_of, operation_problems, prepare
from participants.referrals.models import Referral
from participants.referrals.rules import Status
from participants.staff.models import User
from participants.tracks.bulk import insert_records
from participants.tracks.models import RULES
from participants.tracks.scope import active_scope, active_track, active_track_id
from participants.vault.tokens import changing

# How many keys one statement asks for, how many rows one writes at most.
CHUNK = 400
# New rows of a file whose duplicates are looked for by likeness, not by equal keys alone.
MOST_COMPARED = 1000
SAY_WHICH = "This charge does not decide the track: say which track in a column “track”."
TRACK_WORDS = {word.lower(): kind for kind, track in RULES.items() for word in (kind, track.name, track.short)}
# What is not a value of the case itself.
BESIDE = {"track", "operation"}


@dataclass
class Outcome:
    """What became of a file. `new` rows were stored, or would be; `possible_duplicate` counts some of them.

    `batch` is what they were stored as; None where nothing was.
    """

    rows: int = 0
    new: int = 0
    same: int = 0
    possible_duplicate: int = 0
    refused: list[Refusal] = field(default_factory=list)
    batch: Batch | None = None

    @property
    def refused_rows(self) -> int:
        return len({refusal.row for refusal in self.refused})

    def add(self, other: "Outcome") -> None:
        self.new += other.new
        self.same += other.same
        self.possible_duplicate += other.possible_duplicate
        self.refused += other.refused

    def as_json(self) -> dict:
        return {
            "rows": self.rows,
            "new": self.new,
            "same": self.same,
            "possible_duplicate": self.possible_duplicate,
            "refused": [asdict(refusal) for refusal in self.refused],
        }


@dataclass
class Judged:
    """A row that could be received: the case as it would be stored, and the stored cases that it meets.

    `same` where the case is here already or stands in a row above; `same_as` is the stored one.
    """

    number: int
    referral: Referral
    operation: NewOperation | None
    same: bool = False
    same_as: UUID | None = None
    possible_duplicate: bool = False
    alike: frozenset[UUID] = frozenset()


@dataclass
class Judgement:
    """What the rules say of rows: those that could be received, and what is wrong with the others."""

    good: list[Judged] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    @property
    def fresh(self) -> list[Judged]:
        return [row for row in self.good if not row.same]

    @property
    def met(self) -> set[UUID]:
        """The stored referrals that the answer tells of."""
        return {row.same_as for row in self.good if row.same_as} | {pk for row in self.good for pk in row.alike}


def sort_to_tracks(
    sheet: Sheet, charges: dict[str, str], *, only: str | None = None, taken: Collection[int] = ()
) -> tuple[dict[str, list[Row]], list[Refusal]]:
    """The rows by the kind of track they belong to, and the rows that belong to none, or not to `only`.

    The charge decides; where it does not, the column `track` does, or, into `only`, the person who has
    `taken` rows by their number.
    """
    parts, refused = defaultdict(list), []
    for row in sheet.rows:
        charge = rules.find_charge(row.values["charge"], charges)
        decided = charges.get(charge, "")
        word = row.values["track"]
        said = TRACK_WORDS.get(word.lower(), "") if word else ""
        if only and not word and row.number in taken:
            said = only if charge is not None and not decided else ""
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


def sender_of(rows: Iterable[Row]) -> str:
    """Who has sent a file, if nobody says it: the source that most rows name."""
    counted = Counter(row.values["source"] for row in rows).most_common(1)
    return counted[0][0][:150] if counted else ""


@transaction.atomic
def receive_file(
    content: bytes, *, today: datetime.date, commit: bool, sender: str = "", by: User | None
) -> tuple[Sheet, Outcome]:
    """Check a file for the active track, and with `commit` receive its good rows. Raises ProgramError."""
    track = active_track()
    sheet = read(content, today=today)
    parts, refused = sort_to_tracks(sheet, track.program.charges, only=track.kind)
    outcome = receive_rows(parts.get(track.kind, []), sheet, sender=sender, today=today, commit=commit, by=by)
    return sheet, whole(sheet, refused, [outcome])


def whole(sheet: Sheet, refused: list[Refusal], parts: Iterable[Outcome]) -> Outcome:
    """The outcome of a file: what each track made of its rows, and every refusal in the order of the rows."""
    total = Outcome(rows=sheet.count, refused=[*sheet.refused, *refused])
    for part in parts:
        total.add(part)
    total.refused.sort(key=lambda refusal: refusal.row)
    return total


@transaction.atomic
def receive_rows(
    rows: Sequence[Row],
    sheet: Sheet,
    *,
    sender: str,
    today: datetime.date,
    commit: bool,
    compare: bool = True,
    row_id: UUID | None = None,
    received_by: User | None = None,
    set_aside: int = 0,
    by: User | None,
) -> Outcome:
    """Judge rows in the active track, and with `commit` store the good ones as one batch: all of them or, on a
    fault, none. Nothing new makes no batch.

    `compare` as in `judge`. `sender` "" takes the source that most rows name. `row_id` becomes the batch's id.
    `received_by` is the member of the track who received it, None where a command or a drop did. `set_aside` counts
    rows of the file that are not among `rows` and still belong to the batch's figures.

    On record either way, with the stored referrals that were met, because the answer tells whether a case is here.
    A fixed number of statements for each few hundred rows. Raises ProgramError when somebody stores the same
    cases at the same moment.
    """
    judgement = judge(rows, sheet, today=today, compare=compare)
    fresh = judgement.fresh
    outcome = Outcome(
        rows=len(rows),
        new=len(fresh),
        same=len(judgement.good) - len(fresh),
        possible_duplicate=sum(row.possible_duplicate for row in fresh),
        refused=judgement.refused,
    )
    if commit and fresh:
        outcome.batch = Batch(
            sender=sender or sender_of(rows),
            received_on=today,
            received_by=received_by,
            rows=outcome.rows + set_aside,
            new=outcome.new,
            same=outcome.same,
            refused_rows=outcome.refused_rows + set_aside,
            **({"pk": row_id} if row_id else {}),
        )
        outcome.batch.save(force_insert=True)
        store(fresh, batch=outcome.batch, by=by)
    tell(judgement, outcome, commit=commit, by=by)
    return outcome


def tell(judgement: Judgement, outcome: Outcome, *, commit: bool = False, by: User | None) -> None:
    """Put on record that a file was checked or received, with the stored referrals that it met, and with those that
    were opened to be compared with it."""
    stored = [outcome.batch, *(row.referral for row in judgement.fresh)] if outcome.batch else []
    record(
        "referrals.imported" if commit else "referrals.checked",
        by=by,
        subjects=[*stored, *((Referral._meta.model_name, pk) for pk in judgement.met), *active_scope().read],
        detail={
            "new": outcome.new,
            "same": outcome.same,
            "possible_duplicate": outcome.possible_duplicate,
            "refused": outcome.refused_rows,
        },
    )


def judge(rows: Iterable[Row], sheet: Sheet, *, today: datetime.date, compare: bool = True) -> Judgement:
    """What the rules say of rows of the active track, and which stored cases they meet. Writes nothing.

    With `compare` the likely candidates are opened and compared, for files that a person can still look through;
    without it, and in longer files, only equal case numbers and equal names with equal birth dates are found.
    """
    judgement = Judgement()
    asked: dict[NewOperation, list] = {}
    for row in rows:
        values = {name: value for name, value in row.values.items() if name not in BESIDE}
        operation = NewOperation(*row.values["operation"]) if row.values["operation"] else None
        problems = []
        if operation:
            if operation not in asked:
                asked[operation] = operation_problems(_row_of(operation), today=today)
            problems += asked[operation]
        try:
            referral = prepare(**values, today=today)
        except ValuesRefused as refusal:
            problems += refusal.problems
        if problems:
            judgement.refused += [Refusal(row.number, sheet.column(p.field), p.text) for p in problems]
        else:
            judgement.good.append(Judged(row.number, referral, operation))
    _mark_same(judgement.good)
    fresh = judgement.fresh
    _mark_alike(fresh, compare=compare and len(fresh) <= MOST_COMPARED)
    return judgement


def _row_of(operation: NewOperation, batch: Batch | None = None) -> Operation:
    return Operation(agency=operation.agency, name=operation.name, held_on=operation.held_on, batch=batch)


def _mark_same(rows: list[Judged]) -> None:
    """Mark the rows whose case is stored with exactly this content, or stands in a row above."""
    former = _former(rows)
    stored = {
        former.get(bytes(key), bytes(key)): pk
        for keys in _chunks({row.referral.fingerprint for row in rows} | former.keys())
        for key, pk in Referral.objects.filter(fingerprint__in=keys).order_by().values_list("fingerprint", "pk")
    }
    above = set()
    for row in rows:
        key = row.referral.fingerprint
        row.same_as = stored.get(key)
        row.same = row.same_as is not None or key in above
        above.add(key)


def _former(rows: list[Judged]) -> dict[bytes, bytes]:
    """Under which hashes of former keys the rows' cases may be stored, each with today's; empty unless keys are being
    changed at this moment."""
    if not changing(active_track_id()):
        return {}
    return {old: new for row in rows for old, new in former_keys(row.referral).items()}


def _mark_alike(fresh: list[Judged], *, compare: bool) -> None:
    """Mark the rows that share the case number with another person, or the person with another case number: with
    what is stored, or with a row above. Another charge of the same person's case is no duplicate."""
    of_case, of_person = defaultdict(set), defaultdict(set)

    def remember(pk: UUID, case: bytes, person: bytes | None) -> None:
        of_case[case].add((pk, person))
        if person is not None:
            of_person[person].add((pk, case))

    former = _former(fresh)
    for lookup in ("case_key", "person_key"):
        for keys in _chunks(({getattr(row.referral, lookup) for row in fresh} | former.keys()) - {None}):
            found = Referral.objects.filter(**{f"{lookup}__in": keys}).exclude(status__in=NOT_COMPARED).order_by()
            found = readable(found, referral="pk", participant="enrollment__participant_id")
            for pk, case, person in found.values_list("pk", "case_key", "person_key"):
                case, person = bytes(case), None if person is None else bytes(person)
                remember(pk, former.get(case, case), former.get(person, person))
    likes = possible_duplicates_of([row.referral for row in fresh]) if compare else {}
    ours = {row.referral.pk for row in fresh}
    for row in fresh:
        case, person = row.referral.case_key, row.referral.person_key
        others = {pk for pk, other in of_case[case] if person is None or other != person}
        if person is not None:
            others |= {pk for pk, elsewhere in of_person[person] if elsewhere != case}
        same_case = {pk for pk, other in of_case[case] if other == person is not None}
        others |= {pk for pk, _ in likes.get(row.referral.pk, ())} - same_case
        row.possible_duplicate = bool(others)
        row.alike = frozenset(others - ours)
        remember(row.referral.pk, case, person)


def store(fresh: list[Judged], *, batch: Batch, by: User | None) -> None:
    """Store judged rows with their operations, all or none. Raises ProgramError when one is here."""
    referrals = [row.referral for row in fresh]
    try:
        with transaction.atomic():
            operations = _store_operations({row.operation: None for row in fresh if row.operation}, batch, by=by)
            for row in fresh:
                row.referral.operation = operations.get(row.operation)
                row.referral.batch = batch
            insert_records(referrals)
    except IntegrityError as error:
        raise ProgramError("Somebody has just stored some of these cases. Send the file once more.") from error
    index_new_records(
        kind=SearchToken.Kind.REFERRAL,
        records=[(referral.pk, known_of(referral)) for referral in referrals],
    )
    if stopped := [referral for referral in referrals if referral.status == Status.STOPPED]:
        record("referral.stopped", by=by, subjects=stopped)


def _store_operations(wanted: Collection[NewOperation], batch: Batch, *, by: User | None) -> dict:
    """The rows of the operations that a file names; those that are not here yet are the batch's own."""
    found = {}
    for days in _chunks({operation.held_on for operation in wanted}):
        for row in Operation.objects.filter(held_on__in=days).order_by():
            found[NewOperation(row.agency, row.name, row.held_on)] = row
    fresh = {operation: _row_of(operation, batch) for operation in wanted if operation not in found}
    if fresh:
        Operation.objects.bulk_create(fresh.values(), batch_size=CHUNK)
        record("operation.added", by=by, subjects=fresh.values())
    return found | fresh


def _chunks(keys: set) -> Iterator[list]:
    rest = iter(sorted(keys))
    while chunk := list(islice(rest, CHUNK)):
        yield chunk

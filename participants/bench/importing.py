"""The import of a file against two loops that do the same row by row."""

import datetime
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection
from django.test.utils import CaptureQueriesContext

from participants.files.intake import receive_file, receive_rows, sort_to_tracks
from participants.files.sheet import Row, read
from participants.people.actions import index_record
from participants.people.models import SearchToken
from participants.referrals.actions import receive_referral
from participants.referrals.case import prepare
from participants.tracks.actions import create_program
from participants.tracks.models import Track
from participants.tracks.scope import in_track

TODAY = datetime.date(2026, 4, 1)
GOAL = 50  # times a loop of saves
# A loop of saves is timed on so many of the rows.
LOOP_PART = 5
FIRST = ("Maria", "José", "Ana", "Luis", "Carmen", "John", "Mary", "Pierre", "Daniel", "Guerline", "Kevin", "Ashley")
LAST = ("Hernández", "González", "Smith", "Jean-Baptiste", "Rodriguez", "Williams", "O'Brien", "Joseph", "Martínez")
SPOKEN = ("English", "Spanish", "ht")
HEAD = "Name,DOB,Phone,Case Number,Charge,Offense Date,Received,Source,Counsel,Must Appear,Language,Gender"


@dataclass
class Measured:
    """Seconds for a row in each round, of the import, of its preview, and of the two loops."""

    imported: list[float]
    compared: list[float]
    received_one_by_one: list[float]
    saved_one_by_one: list[float]
    statements: int = 0


LOOPS = {
    "imported": "received as a file, from its bytes to the stored cases",
    "compared": "looked at before, compared with what is stored",
    "received_one_by_one": "received one by one, as from the form, each in its own transaction",
    "saved_one_by_one": "saved one by one in one transaction, sealed and indexed, without record and duplicate check",
}


def measure_import(*, rows: int, rounds: int) -> Measured:
    """The ways in turn, in another order each round, every time with rows that are not there yet."""
    program = create_program(slug="bench", name="Bench", time_zone="America/New_York", on=TODAY)
    track = program.tracks.select_related("program").order_by("kind").first()
    rng = random.Random(1)  # noqa: S311  the same rows in every run
    ways = {"imported": as_file, "compared": looked_at, "received_one_by_one": one_by_one, "saved_one_by_one": saved}
    found = Measured([], [], [], [])
    number = 0
    for once in range(rounds + 1):
        for name in rng.sample(sorted(ways), len(ways)):
            size = rows if name in {"imported", "compared"} else max(rows // LOOP_PART, 1)
            content = file_of(size, number, charge_of(track), rng)
            number += size
            seconds = timed(ways[name], track, content) / size
            if once:  # the first round warms caches up
                getattr(found, name).append(seconds)
    content = file_of(rows, number, charge_of(track), rng)
    with CaptureQueriesContext(connection) as captured:
        as_file(track, content)
    found.statements = len(captured)
    return found


def charge_of(track: Track) -> str:
    return next(charge for charge, kind in track.program.charges.items() if kind == track.kind)


def file_of(rows: int, start: int, charge: str, rng: random.Random) -> bytes:
    """A file of people who do not exist, each with a case number of their own."""
    lines = [HEAD]
    for number in range(start, start + rows):
        born = datetime.date(1950, 1, 1) + datetime.timedelta(days=rng.randrange(18_000))
        name = f"{rng.choice(FIRST)} {rng.choice(FIRST)} {rng.choice(LAST)}"
        phone = f"(305) 555-{rng.randrange(10_000):04}"
        lines.append(
            f"{name},{born},{phone},F26-{number:07},{charge},"
            f"2026-03-0{rng.randrange(1, 9)},2026-03-1{rng.randrange(9)},Harbor Police,Ada Lawson,yes,"
            f"{rng.choice(SPOKEN)},{rng.choice('FM')}"
        )
    return "\n".join(lines).encode()


def timed(way: Callable[[Track, bytes], None], track: Track, content: bytes) -> float:
    start = time.perf_counter()
    way(track, content)
    return time.perf_counter() - start


def as_file(track: Track, content: bytes) -> None:
    """As the page receives it, when the preview has told what looks alike."""
    with in_track(track, by=None, write=True):
        sheet = read(content, today=TODAY)
        parts, _ = sort_to_tracks(sheet, track.program.charges, only=track.kind)
        rows = parts[track.kind]
        outcome = receive_rows(rows, sheet, sender="", today=TODAY, commit=True, compare=False, by=None)
    if outcome.refused or outcome.same:
        raise RuntimeError("The rows of the measurement were not all received.")


def looked_at(track: Track, content: bytes) -> None:
    with in_track(track, by=None, write=True):
        receive_file(content, today=TODAY, commit=False, by=None)


def values_of(row: Row) -> dict:
    return {name: value for name, value in row.values.items() if name not in {"track", "operation"}}


def one_by_one(track: Track, content: bytes) -> None:
    for row in read(content, today=TODAY).rows:
        with in_track(track, by=None, write=True):
            receive_referral(**values_of(row), today=TODAY, by=None)


def saved(track: Track, content: bytes) -> None:
    with in_track(track, by=None, write=True):
        for row in read(content, today=TODAY).rows:
            referral = prepare(**values_of(row), today=TODAY)
            referral.save(force_insert=True)
            index_record(
                kind=SearchToken.Kind.REFERRAL,
                subject_id=referral.pk,
                names=[referral.name],
                numbers=[referral.case_number],
                born=referral.date_of_birth,
                phone=referral.phone,
            )

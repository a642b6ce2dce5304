"""The drop: a mixed file of a prosecutor's office or the police, each part received in its own track.

The sender is told how many rows were taken and which were refused, and nothing that depends on what a track holds: a
case that is here already, or that looks like another, counts as taken like any other.
"""

import base64
import datetime
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import DatabaseError

from participants.audit.actions import record
from participants.errors import ProgramError
from participants.files.intake import receive_rows, sort_to_tracks
from participants.files.refused import refused_csv
from participants.files.sheet import Refusal, Row, Sheet
from participants.files.waiting import remember_columns
from participants.referrals.rules import is_minor
from participants.staff.models import User
from participants.tracks.models import Program, Track
from participants.tracks.scope import in_track
from participants.vault.keyring import KeyMissing

logger = logging.getLogger(__name__)

# Somebody else may store the same case at the same moment; the next try finds it there.
TRIES = 3
# What a link on the page may carry (base64 adds a third), and how many refused rows the page lists.
MOST_CSV = 1_000_000
MOST_LISTED = 200


@dataclass
class Answer:
    """What a sender learns of a file: figures, refused rows, and the rows whose birth date is a child's."""

    rows: int
    refused: list[Refusal] = field(default_factory=list)
    # Rows that could not be received for a fault of ours; sent again, they will be.
    failed: int = 0
    minors: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    link: str = ""
    linked_rows: int = 0

    @property
    def refused_rows(self) -> int:
        return len({refusal.row for refusal in self.refused})

    @property
    def taken(self) -> int:
        return self.rows - self.refused_rows - self.failed


def receive_drop(
    *, sheet: Sheet, columns: Mapping[str, str], program: Program, agency: str, today: datetime.date, by: User
) -> Answer:
    """Receive the good rows of a file, the tracks one after the other, each in a transaction of its own: what one
    track has taken stays when another cannot, and a file may simply be sent again.

    `columns` are what the sender has just said of its headings, to be remembered for the agency.
    """
    if columns:
        remember_columns(program=program, sender=agency, columns=columns, by=by)
    parts, undecided = sort_to_tracks(sheet, program.charges)
    answer = Answer(rows=sheet.count, refused=[*sheet.refused, *undecided], notes=sheet.notes)
    for track in program.tracks.select_related("program").filter(kind__in=parts).order_by("kind"):
        part = parts[track.kind]
        try:
            answer.refused += _receive_part(track, part, sheet, agency=agency, today=today, by=by)
        except (ProgramError, DatabaseError, KeyMissing):
            logger.exception("A part of a file was not received.")
            answer.failed += len(part)
    answer.refused.sort(key=lambda refusal: refusal.row)
    answer.minors = [row.number for row in sheet.rows if _is_minor(row, today)]
    answer.link, answer.linked_rows = _link(sheet, answer.refused)
    record(
        "drop.received",
        by=by,
        detail={
            "program": program.slug,
            "rows": answer.rows,
            "taken": answer.taken,
            "refused": answer.refused_rows,
            "failed": answer.failed,
        },
    )
    return answer


def _receive_part(
    track: Track, rows: Sequence[Row], sheet: Sheet, *, agency: str, today: datetime.date, by: User
) -> list[Refusal]:
    """One track's rows; returns what its rules refuse. Raises ProgramError when it cannot be received."""
    left = TRIES
    while True:
        left -= 1
        try:
            # As the system reads: what is closed to a person must not change the answer. On record under their name.
            # Nobody is told of likenesses here, so no file is opened to look for them; the track's staff do that.
            with in_track(track, by=None, write=True):
                return receive_rows(rows, sheet, sender=agency, today=today, commit=True, compare=False, by=by).refused
        except ProgramError:
            if not left:
                raise


def _is_minor(row: Row, today: datetime.date) -> bool:
    born = row.values["date_of_birth"]
    return born is not None and is_minor(born, offense_on=row.values["offense_on"], today=today)


def _link(sheet: Sheet, refused: Sequence[Refusal]) -> tuple[str, int]:
    """The refused rows as a link that holds them, so that nothing of them is kept here; and how many it holds."""
    if not refused or not sheet.header:
        return "", 0
    text, rows = refused_csv(sheet, refused, most=MOST_CSV)
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(text.encode()).decode(), rows

"""Files of referrals: rows as a sender writes them, a file that waits for its uploader, a batch that was received."""

import datetime

from participants.files.models import Batch, WaitingFile
from participants.files.queries import batch_or_404
from participants.files.waiting import keep_file, receive_waiting
from participants.staff.models import User
from participants.tracks.models import Track
from participants.tracks.scope import in_track
from tests import builders
from tests.cast import Cast

HEAD = ("Name", "DOB", "Case Number", "Charge", "Offense Date", "Received", "Source", "Track")
TODAY = datetime.date(2026, 4, 1)
NOON = builders.at(TODAY)


def row(number: int, charge: str, *, name: str = "Ann Foxglen", born: str = "1990-02-28", track: str = "") -> list[str]:
    """One case, another for each number."""
    return [name, born, f"F26-9{number:05}", charge, "2026-03-01", "2026-03-03", "Harbor Police", track]


def csv_of(*rows: list[str], head=HEAD) -> bytes:
    return "\n".join(",".join(cells) for cells in (head, *rows)).encode()


def rows_of(track: Track, *names: str) -> bytes:
    """A file with a good row for each name."""
    charge = builders.CHARGES[track.kind]
    return csv_of(*(row(number, charge, name=name) for number, name in enumerate(names, start=1)))


def make_waiting(
    cast: Cast, track: Track, content: bytes, *, by: User | None = None, now: datetime.datetime = NOON, **over
) -> WaitingFile:
    """A file that waits for its uploader, an intake clerk unless somebody else is named."""
    by = by or builders.staff(cast, track, "intake_clerk")
    values = {"file_name": "cases.csv", "sender": "Harbor Police", "today": TODAY}
    with in_track(track, by=by, write=True):
        return keep_file(**{**values, **over}, content=content, now=now, by=by)


def make_batch(cast: Cast, track: Track, content: bytes, *, by: User | None = None, **over) -> Batch:
    """What was received of a file."""
    by = by or builders.staff(cast, track, "intake_clerk")
    waiting = make_waiting(cast, track, content, by=by, **over)
    with in_track(track, by=by, write=True):
        receive_waiting(pk=waiting.pk, today=TODAY, now=NOON, by=by)
        return batch_or_404(waiting.pk)

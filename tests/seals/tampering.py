"""A sealed trail to tamper with, and someone who owns the database: no trigger and no row policy stops them."""

import datetime
import json
import uuid
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection, connections

from participants.audit.actions import record
from participants.audit.models import AuditReview, Event, EventSubject
from participants.seals.chains import Chain
from participants.seals.findings import Report
from participants.seals.models import Seal
from participants.seals.sealing import seal_chain
from participants.seals.verifying import verify_chain
from participants.tracks import walls
from participants.tracks.actions import create_program
from participants.tracks.models import Track, new_id
from participants.web import clock

HOUR = datetime.timedelta(hours=1)
SOON = datetime.timedelta(minutes=5)
TABLE = {model: model._meta.db_table for model in (AuditReview, Event, EventSubject, Seal)}
# Three seals of two events, each with two subjects.
SEALS, EACH = 3, 2


def make_track(slug: str = "harbor") -> Track:
    program = create_program(slug=slug, name=slug, time_zone="America/New_York", on=datetime.date(2026, 1, 1))
    return program.tracks.select_related("program").get(kind="education")


def make_trail(track: Track | None, *, seals: int = SEALS, each: int = EACH) -> Chain:
    """A chain of so many seals, three hours between them, the last four hours old. What there was before goes into
    the first."""
    chain = Chain(track)
    for number in range(seals):
        at = clock.now() - (4 + 3 * (seals - 1 - number)) * HOUR
        note(chain, *(f"test.{number}_{place}" for place in range(each)), at=at)
        seal_chain(chain, now=at + SOON)
    return chain


def drawn(at: datetime.datetime) -> uuid.UUID:
    """An id as it is drawn at an instant."""
    return uuid.UUID(int=(int(at.timestamp() * 1000) << 80) | (new_id().int & (1 << 80) - 1))


def note(chain: Chain, *actions: str, at: datetime.datetime | None = None) -> list[Event]:
    """Events with two subjects each, recorded now or at an instant of the past."""
    subjects = [("participant", uuid.uuid4()), ("note", uuid.uuid4())]
    with chain.opened(write=True):
        if at is None:
            return [record(action, subjects=subjects, detail={"rows": 2}) for action in actions]
        about = {"track_id": chain.id, "at": at, "detail": {"rows": 2}, "source": "10.0.0.7", "path": "GET /x"}
        events = [Event.objects.create(id=drawn(at), action=action, **about) for action in actions]
        for event in events:
            for kind, pk in subjects:
                EventSubject.objects.create(track_id=chain.id, event_id=event.pk, kind=kind, subject_id=pk)
        return events


def events_of(chain: Chain, **which) -> list[Event]:
    with chain.opened():
        return list(Event.objects.filter(**which).order_by("pk"))


def subjects_of(chain: Chain, event: Event) -> list[EventSubject]:
    with chain.opened():
        return list(EventSubject.objects.filter(event_id=event.pk).order_by("pk"))


def seals_of(chain: Chain) -> list[Seal]:
    with chain.opened():
        return list(Seal.objects.order_by("number"))


def checked(chain: Chain, *, later: datetime.timedelta = 0 * HOUR) -> Report:
    return verify_chain(chain, now=clock.now() + later)


def kinds(report: Report) -> list[str]:
    return sorted(finding.kind for finding in report.findings)


# --- the owner of the database --------------------------------------------------------------------------------


@contextmanager
def owner():
    """A cursor of the role that owns the tables, with the triggers gone and the rows of every track in sight."""
    database = connections[walls.owner_alias("default")]
    walls.drop(database)
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            for table in TABLE.values():
                cursor.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')
        yield cursor


def raw(value):
    """A value as the database takes it."""
    if isinstance(value, uuid.UUID):
        return value.hex if connection.vendor == "sqlite" else str(value)
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).replace(tzinfo=None if connection.vendor == "sqlite" else datetime.UTC)
    return json.dumps(value) if isinstance(value, dict) else value


def alter(row, **columns) -> None:
    """Overwrite columns of one row."""
    with owner() as cursor:
        told = ", ".join(f'"{name}" = %s' for name in columns)
        values = [*map(raw, columns.values()), raw(row.pk)]
        cursor.execute(f'UPDATE "{TABLE[type(row)]}" SET {told} WHERE id = %s', values)
        assert cursor.rowcount == 1


def remove(*rows) -> None:
    with owner() as cursor:
        for row in rows:
            cursor.execute(f'DELETE FROM "{TABLE[type(row)]}" WHERE id = %s', [raw(row.pk)])
            assert cursor.rowcount == 1


def put(row) -> None:
    """Insert a row as it stands."""
    fields = row._meta.local_concrete_fields
    with owner() as cursor:
        columns = ", ".join(f'"{field.column}"' for field in fields)
        places = ", ".join(["%s"] * len(fields))
        values = [raw(getattr(row, field.attname)) for field in fields]
        cursor.execute(f'INSERT INTO "{TABLE[type(row)]}" ({columns}) VALUES ({places})', values)


def other(value, field):
    """Another value of the same kind."""
    if isinstance(value, uuid.UUID) or (value is None and field.get_internal_type() == "UUIDField"):
        return uuid.uuid4()
    if isinstance(value, datetime.datetime):
        return value - 3 * HOUR
    if isinstance(value, dict):
        return {**value, "rows": 3}
    if isinstance(value, (bytes, memoryview)):
        return bytes(value)[:-1] + bytes([bytes(value)[-1] ^ 1])
    if isinstance(value, int):
        return value + 100
    return "refused" if value == "done" else f"{value}x"


# --- the file of heads ----------------------------------------------------------------------------------------


def head_file(chain: Chain) -> Path:
    return Path(settings.AUDIT_HEADS) / f"{chain.key}.jsonl"


def heads(chain: Chain) -> list[str]:
    return head_file(chain).read_text().splitlines()


def write_heads(chain: Chain, lines: list[str]) -> None:
    head_file(chain).write_text("".join(f"{line}\n" for line in lines))

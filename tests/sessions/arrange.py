"""What the tests of sessions start from: a class with people booked into it, and the roster as a browser sends it."""

import datetime
import re
from contextlib import contextmanager
from html import unescape

from django.db import DatabaseError, connection

from participants.enrollment.models import Enrollment
from participants.sessions.actions import book, schedule_session
from participants.sessions.models import Session
from participants.staff.models import User
from participants.tracks.models import Track
from participants.tracks.scope import in_track
from tests.builders import make_enrollment, staff
from tests.cast import Cast

DAY = datetime.date(2026, 4, 14)
BEFORE = DAY - datetime.timedelta(days=1)
NOW = datetime.datetime(2026, 4, 15, 1, 30, tzinfo=datetime.UTC)  # 21:30 on DAY in New York
SIX, EIGHT = datetime.time(18), datetime.time(20)
NAMES = ("Ana Diaz", "Ben Cole", "Cleo Park", "Dan Ruiz", "Eva Lund", "Finn Moss", "Gia Bell", "Hugo Vance")

# Statements that open the track for reading; PostgreSQL opens a transaction and sets the track in it.
OPENING = {"sqlite": 0, "postgresql": 5}[connection.vendor]


def make_session(cast: Cast, track: Track, *, by: User | None = None, **over) -> Session:
    """A scheduled session for many: a class or a group, whichever the track holds, from six to eight on DAY."""
    by = by or staff(cast, track, "caseworker")
    values = {
        "kind": next(kind for kind in ("class", "group") if kind in track.rules.session_kinds),
        "held_on": DAY,
        "starts": SIX,
        "ends": EIGHT,
        "facilitator": staff(cast, track, "facilitator"),
        "today": BEFORE,
    }
    with in_track(track, by=by, write=True):
        return schedule_session(**{**values, **over}, by=by)


def make_class(cast: Cast, track: Track, people: int = 2, **over) -> Session:
    """A session with people booked into it, whose names are those of NAMES, over and over."""
    session = make_session(cast, track, **over)
    stays = [make_enrollment(cast, track, name=f"{NAMES[n % len(NAMES)]} {n:02}") for n in range(people)]
    book_into(cast, track, session, stays)
    return session


def book_into(cast: Cast, track: Track, session: Session, stays: list[Enrollment]) -> None:
    by = staff(cast, track, "caseworker")
    with in_track(track, by=by, write=True):
        book(session=session, enrollments=stays, by=by)


@contextmanager
def no_audit():
    """A database in which no audit event can be written."""

    def refuse(execute, sql, params, many, context):
        if 'INSERT INTO "participants_event"' in sql:
            raise DatabaseError("no room for events")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        yield


def fields_of(html: str) -> dict[str, str]:
    """The fields of the page's last form as a browser sends them when nothing is changed."""
    form = html[html.rindex("<form") :]
    sent = {}
    for tag in re.findall(r"<input[^>]*>", form):
        found = {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        if "name" not in found:
            continue
        if found.get("type") in {"radio", "checkbox"} and not re.search(r"\bchecked\b", tag):
            continue
        sent[found["name"]] = found.get("value", "")
    for name, body in re.findall(r'<textarea name="([^"]+)"[^>]*>(.*?)</textarea>', form, flags=re.DOTALL):
        sent[name] = unescape(body).removeprefix("\n")
    for name, body in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, flags=re.DOTALL):
        first = re.search(r'<option value="([^"]*)"', body)
        chosen = re.search(r'<option value="([^"]*)"[^>]*\bselected', body) or first
        sent[name] = unescape(chosen[1]) if chosen else ""
    sent.pop("csrfmiddlewaretoken", None)
    return sent

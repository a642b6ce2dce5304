"""One person, site and paper in both tracks: what a page answers and asks, without and with them in the other track."""

import datetime
import difflib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import time_machine
from django.core.cache import cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from participants.models import Referral
from tests import builders

# What both tracks hold of one person.
PERSON = {
    "name": "Iphigenia Marlowquist",
    "date_of_birth": datetime.date(1977, 3, 14),
    "phone": "561-555-0147",
    "case_number": "F26-424242",
}
# What is drawn anew or passes with time: tokens, ids, form keys, references, instants.
DRAWN = (
    r'(csrfmiddlewaretoken" value=|x-csrftoken":|form_key" value=)"[^"]+"',
    r'name="until" value="[^"]+"',
    r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}",
    r"\b(?=[0-9A-Z-]*\d)[2-9A-Z]{4}-[2-9A-Z]{4}\b",
    r"\d\d?:\d\d(:\d\d(\.\d+)?)?( ?[AP]M)?",
)
# In a statement every value; and a batch of values of any length.
VALUES = (r"_django_curs_\w+", r"'(?:[^']|'')*'", r"s\d+_x\d+", r"\b\d[\d.:-]*\b", r"\?(, \?)+")


def shape(text: str, patterns=DRAWN) -> str:
    for pattern in patterns:
        text = re.sub(pattern, "?", text)
    return text


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside did not happen."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    cache.clear()


def answers_of(act: Callable[[], list]) -> tuple[list, list]:
    """What pages answer, and the statements that they asked, both without what is drawn; then all is undone."""
    with undone(), CaptureQueriesContext(connection) as captured:
        pages = []
        for response in act():
            body = b"".join(response.streaming_content) if response.streaming else response.content
            address = response.get("Location", "")
            pages.append((response.status_code, shape(address), shape(body.decode())))
    asked = [shape(query["sql"], (*DRAWN, *VALUES)) for query in captured.captured_queries]
    return pages, asked


def told(before: list, after: list) -> list[str]:
    """The lines that differ."""
    lines = [
        "\n".join(map(str, (part for one in side for part in (one if isinstance(one, tuple) else (one,)))))
        for side in (before, after)
    ]
    return [line for line in difflib.unified_diff(*(one.split("\n") for one in lines), n=0, lineterm="") if line]


def assert_untold(act: Callable[[], list], theirs: Callable[[], object], ours: Callable[[], object] | None) -> None:
    """`act` answers and asks the same before and after `theirs`, what the other track is given. What the track itself
    is given by `ours` makes a difference: otherwise the comparison would show nothing."""
    with time_machine.travel(timezone.now(), tick=False):  # what is asked once a minute is asked alike
        answers_of(act)  # what is remembered from the first time
        before = answers_of(act)
        if ours is not None:
            with undone():
                ours()
                assert answers_of(act)[0] != before[0]
        theirs()
        pages, asked = answers_of(act)
    for lines in (told(before[0], pages), told(before[1], asked)):
        assert not lines, "\n".join(line[:300] for line in lines[:20])


def person_in(land, kind: str) -> Referral:
    """The person's case in a track."""
    return builders.make_referral(land.cast, land.cast.tracks[kind], **PERSON)


def typed_case(kind: str, **over) -> dict:
    """The form of a new referral as somebody fills it in for the person."""
    return {
        **PERSON,
        "charge": builders.CHARGES[kind],
        "offense_on": "2026-02-20",
        "received_on": "2026-03-02",
        "source": "State Attorney's Office",
        "language": "en",
        "must_appear": "unknown",
        **over,
    }

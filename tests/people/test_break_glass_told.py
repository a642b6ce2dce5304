"""What is opened by break-glass is on record, and the privacy officer looks at it."""

import pytest
import time_machine

from participants.audit.models import Event, EventSubject
from participants.errors import ProgramError
from participants.models import BreakGlass
from participants.people.break_glass import (
    mark_seen,
    not_seen,
    openings_of,
)
from participants.people.restricting import restrict_file
from participants.tracks.scope import in_track
from tests import builders
from tests.people.glass import NOW, REASON, TODAY, closed_stay, open_file, page_of, scope_of


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def stay(cast):
    """A stay whose file, and that of somebody else, is closed to the manager."""
    return closed_stay(cast, "Alex Closedfile")


def test_what_is_read_and_changed_is_on_record_with_it(cast, stay):
    glass = open_file(cast, stay.participant.reference)
    client = cast.client("education_manager")
    client.get(page_of(cast, stay))
    client.get(cast.url(cast.education, "referral", pk=stay.referral_id))
    elsewhere = builders.make_enrollment(cast, cast.education, name="Dana Openfile")
    client.get(page_of(cast, elsewhere))
    cast.client("education_caseworker").get(page_of(cast, stay))
    with in_track(cast.education):
        events = Event.objects.filter(action="page.viewed").order_by("id")
        through = [event.detail.get("break_glass") for event in events]
        assert through == [[str(glass.pk)], [str(glass.pk)], None, None]
        about = EventSubject.objects.filter(kind="breakglass", subject_id=glass.pk)
        assert about.count() == 3  # the opening itself, and two pages
        assert REASON not in str(list(Event.objects.values("detail")))


def test_the_privacy_officer_is_told_at_once_and_looks_at_it(cast, stay):
    officer = cast.client("education_privacy_officer")
    day, log = cast.url(cast.education, "my_day"), cast.url(cast.education, "break_glass_log")
    assert "Opened by break-glass" not in officer.get(day).text
    glass = open_file(cast, stay.participant.reference)
    cast.client("education_manager").get(page_of(cast, stay))
    assert "Education Manager" in officer.get(day).text
    assert log in officer.get(cast.url(cast.education, "audit")).text
    seen = cast.url(cast.education, "break_glass_seen", pk=glass.pk)
    for url in (log, seen):
        page = officer.get(url).text
        for words in ("Education Manager", stay.participant.reference, REASON, "Opened a participant", "2:32 PM"):
            assert words in page, (url, words)
    assert officer.get(page_of(cast, stay)).status_code == 403
    assert officer.post(seen).status_code == 302
    assert officer.post(seen).status_code == 302
    with in_track(cast.education):
        row = BreakGlass.objects.get()
        assert (row.seen_by, row.seen_at) == (cast.education_privacy_officer, NOW)
        assert Event.objects.filter(action="glass.seen").count() == 1
        assert openings_of([stay.participant_id]) == [glass]
        assert not_seen() == []
    assert "Opened by break-glass" not in officer.get(day).text


def test_nobody_looks_at_what_they_opened_themselves(cast, stay):
    glass = open_file(cast, stay.participant.reference)
    with scope_of(cast, write=True), pytest.raises(ProgramError, match="Somebody else"):
        mark_seen(glass=glass, now=NOW, by=cast.education_manager)


def test_a_privacy_officer_who_is_named_too_reads_neither_reference_nor_reason(cast, stay):
    open_file(cast, stay.participant.reference)
    with in_track(cast.education, by=cast.education_caseworker, write=True):
        restrict_file(
            participant=stay.participant,
            staff=cast.education_privacy_officer,
            today=TODAY,
            by=cast.education_caseworker,
        )
    page = cast.client("education_privacy_officer").get(cast.url(cast.education, "break_glass_log"))
    assert page.status_code == 200
    assert "A file that is closed to you" in page.text
    assert REASON not in page.text
    assert stay.participant.reference not in page.text


def test_it_stays_on_the_history_of_the_file(cast, stay):
    open_file(cast, stay.participant.reference)
    client = cast.client("education_second_manager")
    page = client.get(cast.url(cast.education, "participant_history", reference=stay.participant.reference))
    assert "Opened what was closed to them" in page.text
    assert cast.education_manager.name in page.text

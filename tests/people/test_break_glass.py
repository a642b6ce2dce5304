"""Break-glass: a manager opens one closed file, for a reason and a time; the privacy officer is told at once."""

import datetime
import re

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from participants.audit.models import Event
from participants.duplicates.actions import decide_comparison
from participants.errors import ProgramError
from participants.handoffs.models import Handoff
from participants.models import BreakGlass, Participant, Referral, Restriction
from participants.people.break_glass import (
    MINUTES,
    NOT_CLOSED,
    close_again,
    not_seen,
    open_closed_file,
    openings_of,
)
from participants.people.break_glass_pages import break_glass
from participants.people.joining import merge_files, undo_merge
from participants.sessions.actions import write_note
from participants.sessions.keeper_pages import note_keepers
from participants.sessions.models import Note
from participants.staff.actions import grant_access
from participants.tracks.scope import RestrictedRecord, in_track
from tests import builders
from tests.handoffs.handing import finish, make_stopped, start
from tests.people.glass import NOW, REASON, TODAY, close, closed_stay, open_file, page_of, scope_of
from tests.statements import exactly


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def stay(cast):
    """A stay whose file, and that of somebody else, is closed to the manager."""
    return closed_stay(cast, "Alex Closedfile")


def send(cast, client, **over):
    values = {"asked_for": "", "reason": REASON, "minutes": "30", **over}
    return client.post(cast.url(cast.education, "break_glass"), values)


def test_the_way_through_in_a_browser(cast, stay, clock):
    client, file = cast.client("education_manager"), page_of(cast, stay)
    assert client.get(file).status_code == 404
    answer = send(cast, client, asked_for=stay.participant.reference.lower().replace("-", " "))
    assert (answer.status_code, answer.url) == (302, file)
    page = client.get(file)
    assert page.status_code == 200
    assert "Closedfile" in page.text
    assert "Open by break-glass until 2:32 PM" in page.text
    assert "Alex Closedfile" in client.post(cast.url(cast.education, "search"), {"q": "Closedfile"}).text
    clock.shift(datetime.timedelta(minutes=29, seconds=59))
    assert client.get(file).status_code == 200
    clock.shift(datetime.timedelta(seconds=1))
    assert client.get(file).status_code == 404
    assert "Alex Closedfile" not in client.post(cast.url(cast.education, "search"), {"q": "Closedfile"}).text


def test_every_page_of_the_record_shows_the_banner(cast, stay):
    open_file(cast, stay.participant.reference)
    client = cast.client("education_manager")
    reference = {"reference": stay.participant.reference}
    of_file = ("participant", "participant_edit", "participant_court", "caseworker_change", "note_new", "withdraw")
    for name in (*of_file, "participant_restrict", "completion_propose"):
        page = client.get(cast.url(cast.education, name, **reference))
        assert (page.status_code, "Open by break-glass until" in page.text) == (200, True), name
    for name in ("referral", "referral_restrict"):
        page = client.get(cast.url(cast.education, name, pk=stay.referral_id))
        assert (page.status_code, "Open by break-glass until" in page.text) == (200, True), name


def test_the_banner_is_for_who_opened_it(cast, stay):
    open_file(cast, stay.participant.reference)
    for name in ("education_caseworker", "education_second_manager"):
        page = cast.client(name).get(page_of(cast, stay))
        assert (page.status_code, "break-glass until" in page.text) == (200, False), name


def test_a_court_case_number_opens_a_case_before_placement(cast):
    row = builders.make_referral(cast, cast.education, case_number="F26-777001", name="Cy Closedcase")
    close(cast, referral=row)
    client, url = cast.client("education_manager"), cast.url(cast.education, "referral", pk=row.pk)
    assert client.get(url).status_code == 404
    assert send(cast, client, asked_for="f26 777001").url == url
    page = client.get(url)
    assert "Closedcase" in page.text
    assert "Open by break-glass" in page.text


def test_exactly_one_file_opens(cast, stay):
    """Neither another closed one, nor the case that staff have recorded as the same person's."""
    other, linked = closed_stay(cast, "Bo Otherfile"), builders.make_referral(cast, cast.education)
    with in_track(cast.education, by=cast.education_caseworker, write=True):
        one = Referral.objects.get(pk=stay.referral_id)
        by = cast.education_caseworker
        decide_comparison(referral=one, other=linked, decision="same_person", today=TODAY, by=by)
    open_file(cast, stay.participant.reference)
    with scope_of(cast) as scope:
        assert scope.opened == {}
        hidden = scope.hidden
        assert {("participant", stay.participant_id), ("referral", stay.referral_id)} == scope.opened.keys()
        closed = {("participant", other.participant_id), ("referral", other.referral_id), ("referral", linked.pk)}
        assert hidden == closed
        assert Participant.objects.get(pk=stay.participant_id).name == "Alex Closedfile"
        with pytest.raises(RestrictedRecord):
            _ = Participant.objects.get(pk=other.participant_id).name


def same_page(response):
    token = r'(csrfmiddlewaretoken" value=|x-csrftoken":)"\w+"'
    return response.status_code, re.sub(token, "", response.text)


def test_the_same_words_and_work_whether_there_is_such_a_file_or_not(cast, stay):
    open_one = builders.make_enrollment(cast, cast.education, name="Dana Openfile")
    client = cast.client("education_manager")
    with in_track(cast.education):
        number = Referral.objects.get(pk=open_one.referral_id).case_number
    pages, asked = set(), set()
    for text in (open_one.participant.reference, "2222-2222", "F26-123123", number, "nobody", "-"):
        with CaptureQueriesContext(connection) as captured:
            answer = send(cast, client, asked_for=text)
        code, words = same_page(answer)
        pages.add((code, words.replace(f'value="{text}"', "")))
        asked.add(tuple(re.sub(r"'.*?'|[0-9a-f]{32}|\d+", "?", query["sql"]) for query in captured))
    assert len(pages) == 1
    assert len(asked) == 1
    assert answer.status_code == 422
    assert NOT_CLOSED.split(".")[0] in answer.text
    with in_track(cast.education):
        assert not BreakGlass.objects.exists()
        assert Event.objects.filter(action="glass.refused", outcome="refused").count() == 6


def test_a_file_of_the_other_track_is_nowhere(cast, stay):
    with pytest.raises(ProgramError) as refused:
        by = cast.services_manager
        with in_track(cast.services, by=by, write=True):
            open_closed_file(asked_for=stay.participant.reference, reason=REASON, minutes=30, now=NOW, by=by)
    assert refused.value.message == NOT_CLOSED


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "Urgent."}, "reason"),
        ({"reason": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}, "reason"),
        ({"reason": "Why not " * 200}, "reason"),
        ({"minutes": 61}, "minutes"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 24 * 60}, "minutes"),
    ],
)
def test_a_reason_and_a_short_time_are_asked_for(cast, stay, over, field):
    """Before anything is looked up, so that a poor reason tells nothing either."""
    with pytest.raises(ProgramError) as refused:
        open_file(cast, stay.participant.reference, **over)
    assert refused.value.field == field
    client = cast.client("education_manager")
    assert send(cast, client, asked_for=stay.participant.reference, **over).status_code == 422
    assert max(MINUTES) == 60
    with in_track(cast.education):
        assert not BreakGlass.objects.exists()


def test_posted_twice_it_opens_once(cast, stay):
    one = open_file(cast, stay.participant.reference)
    assert open_file(cast, stay.participant.reference, reason="Another sentence altogether, later.", minutes=60) == one
    with in_track(cast.education):
        assert BreakGlass.objects.get().until == NOW + datetime.timedelta(minutes=30)
        assert Event.objects.filter(action="glass.opened").count() == 1


def test_after_the_time_it_is_opened_anew(cast, stay, clock):
    one = open_file(cast, stay.participant.reference)
    clock.shift(datetime.timedelta(minutes=31))
    other = open_file(cast, stay.participant.reference, now=NOW + datetime.timedelta(minutes=31))
    assert one != other


def test_it_is_ended_at_once_and_twice_is_harmless(cast, stay):
    glass = open_file(cast, stay.participant.reference)
    client, end = cast.client("education_manager"), cast.url(cast.education, "break_glass_end", pk=glass.pk)
    assert client.get(page_of(cast, stay)).status_code == 200
    for _ in range(2):
        assert client.post(end).status_code == 302
        assert client.get(page_of(cast, stay)).status_code == 404
    with in_track(cast.education):
        assert BreakGlass.objects.get().ended_at == NOW
        assert Event.objects.filter(action="glass.ended").count() == 1


def test_nobody_ends_what_somebody_else_opened(cast, stay):
    glass = open_file(cast, stay.participant.reference)
    url = cast.url(cast.education, "break_glass_end", pk=glass.pk)
    assert cast.client("education_second_manager").post(url).status_code == 404
    with in_track(cast.education, by=cast.education_second_manager, write=True), pytest.raises(ProgramError):
        close_again(glass=glass, now=NOW, by=cast.education_second_manager)


def test_the_database_keeps_who_when_and_until(cast, stay):
    glass = open_file(cast, stay.participant.reference)
    later = NOW + datetime.timedelta(hours=9)
    changes = {"until": later, "opened_at": NOW - datetime.timedelta(hours=9), "opened_by": cast.education_caseworker}
    for field, value in changes.items():
        with in_track(cast.education, write=True), pytest.raises(DatabaseError), transaction.atomic():
            BreakGlass.objects.filter(pk=glass.pk).update(**{field: value})


@pytest.mark.parametrize(
    "role", ["caseworker", "counsellor", "clinical_supervisor", "administrator", "privacy_officer"]
)
def test_only_managers_have_the_page(cast, stay, role):
    client = cast.client(f"education_{role}")
    assert client.get(cast.url(cast.education, "break_glass")).status_code == 403
    assert send(cast, client, asked_for=stay.participant.reference).status_code == 403


def test_a_manager_who_is_not_named_gets_nothing_by_it(cast, stay):
    with pytest.raises(ProgramError, match="is closed to you"):
        open_file(cast, stay.participant.reference, by=cast.education_second_manager)


def test_a_minors_case_never_opens(cast):
    """Neither a stopped case, nor one that is stopped and handed over by somebody else while it is open."""
    child, adult = make_stopped(cast), builders.make_referral(cast, cast.education, case_number="F26-777002")
    close(cast, referral=adult)
    with in_track(cast.education, by=cast.education_caseworker, write=True):
        Restriction.objects.create(
            referral=child, staff=cast.education_manager, recorded_on=TODAY, recorded_by=cast.education_caseworker
        )
        number = Referral.objects.get(pk=child.pk).case_number
    with pytest.raises(ProgramError, match="closed to you"):
        open_file(cast, number)
    open_file(cast, "F26-777002")
    with scope_of(cast) as scope:
        assert ("referral", adult.pk) not in scope.hidden
    with in_track(cast.education, by=cast.education_caseworker, write=True):
        Handoff.objects.create(referral=adult, adult_now=False, started_at=NOW, started_by=cast.education_caseworker)
    with scope_of(cast) as scope:
        assert ("referral", adult.pk) in scope.hidden


def test_a_merge_closes_it_and_moves_nothing(cast, stay):
    """The file that goes over into another one is not a way into that one."""
    by = cast.education_caseworker
    builders.make_ended(cast, cast.education, enrollment=stay)
    kept = closed_stay(cast, "Alex Keptfile")
    builders.make_ended(cast, cast.education, enrollment=kept)
    glass = open_file(cast, stay.participant.reference)
    with in_track(cast.education, by=by, write=True):
        merge = merge_files(kept=kept.participant, absorbed=stay.participant, today=TODAY, by=by)
        assert BreakGlass.objects.get().participant_id == stay.participant_id
    with scope_of(cast) as scope:
        assert ("participant", kept.participant_id) in scope.hidden
    with in_track(cast.education, by=by, write=True):
        undo_merge(merge=merge, today=TODAY, by=by)
        assert openings_of([stay.participant_id]) == [glass]


def test_erasure_takes_it_along(cast):
    child = make_stopped(cast)
    with in_track(cast.education, by=cast.education_caseworker, write=True):
        BreakGlass.objects.create(
            referral=child,
            reason=REASON,
            opened_by=cast.education_manager,
            opened_at=NOW,
            until=NOW + datetime.timedelta(1),
        )
    finish(cast, start(cast, child))
    with in_track(cast.education):
        assert not BreakGlass.objects.exists()


def test_privileged_notes_stay_closed(cast, stay):
    """Even to a manager who also supervises counsellors, and whatever page forgets to ask."""
    manager = cast.education_manager
    with in_track(cast.education, by=cast.education_counsellor, write=True):
        write_note(
            participant=stay.participant,
            text="MARKER of a privileged note",
            visibility="privileged",
            now=NOW,
            by=cast.education_counsellor,
        )
    with in_track(cast.education, write=True):
        grant_access(
            user=manager,
            track=cast.education,
            role="clinical_supervisor",
            valid_from=builders.PLACED,
            by=None,
        )
    open_file(cast, stay.participant.reference)
    assert "MARKER" not in cast.client(manager).get(page_of(cast, stay)).text
    with scope_of(cast, manager), pytest.raises(RestrictedRecord):
        _ = Note.objects.get().text


def test_it_costs_nothing_where_nothing_is_closed(cast, stay):
    with scope_of(cast, cast.education_second_manager) as scope, exactly(1):
        assert scope.hidden == frozenset()
    with scope_of(cast) as scope, exactly(3):
        assert scope.hidden
    open_file(cast, stay.participant.reference)
    with scope_of(cast) as scope, exactly(6):
        assert scope.hidden == frozenset()
    with scope_of(cast, cast.education_privacy_officer), exactly(1):
        assert len(not_seen()) == 1


def test_it_asks_who_is_there_first():
    assert break_glass.fresh
    assert note_keepers.fresh

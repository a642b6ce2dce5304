"""Schedule, sites, booking and cancelling: the pages and what stands behind them."""

import datetime
from html import unescape

import pytest
from django.db import IntegrityError, transaction

from participants.audit.models import Event
from participants.errors import ProgramError
from participants.sessions.actions import add_site, book, cancel_session, schedule_session
from participants.sessions.models import Attendance, Session, Site
from participants.sessions.queries import Next, attended_and_next, seats_taken, sessions_on, unrecorded_before
from participants.tracks.scope import in_track
from tests.builders import make_ended, make_enrollment
from tests.sessions.arrange import BEFORE, DAY, EIGHT, NOW, OPENING, SIX, book_into, fields_of, make_class, make_session
from tests.statements import exactly

pytestmark = pytest.mark.usefixtures("evening")
TOMORROW = DAY + datetime.timedelta(days=1)


def page(cast, client, name: str, query: str = "", track=None, **kwargs) -> str:
    response = client.get(cast.url(track or cast.education, name, **kwargs) + query)
    assert response.status_code == 200
    return unescape(response.content.decode())


def form_values(cast, **over) -> dict:
    return {
        "kind": "class",
        "title": "Class 3",
        "held_on": "2026-04-20",
        "starts": "18:00",
        "ends": "20:00",
        "site": "",
        "facilitator": str(cast.education_facilitator.pk),
        "language": "es",
        "capacity": "20",
        **over,
    }


# --- the schedule -------------------------------------------------------------------------------------------------


def test_schedule_has_days_with_seats_and_who_runs_it(cast):
    make_class(cast, cast.education, title="Class 1", capacity=20)
    make_session(cast, cast.education, title="Class 2", held_on=TOMORROW)
    html = page(cast, cast.client("education_caseworker"), "sessions")
    assert html.index("Tuesday, April 14, 2026") < html.index("Class 1") < html.index("Wednesday, April 15, 2026")
    assert html.index("Wednesday, April 15, 2026") < html.index("Class 2")
    assert "2 of 20" in html
    assert "Education Facilitator" in html
    assert "6:00 PM to 8:00 PM" in html


def test_take_attendance_is_offered_for_today_and_past_sessions_that_wait_for_it(cast):
    make_class(cast, cast.education, people=1, title="Today")
    make_class(cast, cast.education, people=1, title="Yesterday", held_on=BEFORE)
    make_class(cast, cast.education, people=1, title="Tomorrow", held_on=TOMORROW)
    make_session(cast, cast.education, title="Nobody booked")
    client = cast.client("education_caseworker")
    upcoming, past = page(cast, client, "sessions"), page(cast, client, "sessions", "?tab=past")
    assert 'Take attendance<span class="visually-hidden"> of Today' in upcoming
    assert upcoming.count("Take attendance") == 1
    assert 'Take attendance<span class="visually-hidden"> of Yesterday' in past
    assert "Tomorrow" not in past


@pytest.mark.parametrize(("held_on", "tab"), [(DAY, ""), (BEFORE, "?tab=past")])
def test_facilitator_sees_own_sessions_only(cast, held_on, tab):
    make_class(cast, cast.education, people=1, title="Mine", held_on=held_on)
    make_class(cast, cast.education, people=1, title="Theirs", held_on=held_on, facilitator=cast.education_caseworker)
    html = page(cast, cast.client("education_facilitator"), "sessions", tab)
    assert "Mine" in html and "Theirs" not in html
    assert html.count("Take attendance") == 1
    assert "New session" not in html
    everyones = page(cast, cast.client("education_counsellor"), "sessions", tab)
    assert "Mine" in everyones and "Theirs" in everyones


def test_empty_schedule_of_a_facilitator_says_whose_sessions_appear(cast):
    make_class(cast, cast.education, people=1, facilitator=cast.education_caseworker)
    client = cast.client("education_facilitator")
    assert "Sessions that you run appear here as soon as they are scheduled." in page(cast, client, "sessions")
    assert "Sessions that you run appear here from the day after they were held." in page(
        cast, client, "sessions", "?tab=past"
    )


@pytest.mark.parametrize("count", [1, 3])
def test_schedule_takes_a_fixed_number_of_statements(cast, count, django_assert_num_queries):
    for _ in range(count):
        make_class(cast, cast.education, people=count)
    client = cast.client("education_caseworker")
    with django_assert_num_queries(7 + OPENING):
        client.get(cast.url(cast.education, "sessions"))


def test_schedule_pages_by_key(cast):
    by = cast.education_caseworker
    with in_track(cast.education, by=by, write=True):
        for number in range(53):
            schedule_session(
                kind="class",
                title=f"Class {number:02}.",
                held_on=TOMORROW,
                starts=datetime.time(8, number),
                ends=EIGHT,
                facilitator=by,
                today=DAY,
                by=by,
            )
    client = cast.client("education_caseworker")
    first = page(cast, client, "sessions")
    link = first[first.index("?after=") :]
    second = page(cast, client, "sessions", link[: link.index('"')])
    assert [f"Class {number:02}." in first for number in (0, 49, 50)] == [True, True, False]
    assert [f"Class {number:02}." in second for number in (49, 50, 52)] == [False, True, True]


def test_empty_schedule_says_what_to_do_next(cast):
    assert "Schedule a session, then book people into it." in page(cast, cast.client("education_manager"), "sessions")


# --- a new session ------------------------------------------------------------------------------------------------


def test_session_is_scheduled_on_its_local_day(cast):
    client = cast.client("education_caseworker")
    address = cast.url(cast.education, "session_new")
    sent = fields_of(client.get(address).content.decode()) | form_values(cast, starts="23:30", ends="23:59")
    responses = [client.post(address, sent) for _ in range(2)]
    with in_track(cast.education):
        [session] = Session.objects.all()
        event = Event.objects.get(action="session.scheduled")
    assert [response.url for response in responses] == [cast.url(cast.education, "session", pk=session.pk)] * 2
    assert (session.held_on, session.starts_at, session.planned_minutes) == (
        datetime.date(2026, 4, 20),
        datetime.datetime(2026, 4, 21, 3, 30, tzinfo=datetime.UTC),
        29,
    )
    assert (session.kind, session.title, session.language, session.capacity) == ("class", "Class 3", "es", 20)
    assert event.detail == {"kind": "class"}
    assert "Monday, April 20, 2026, 11:30 PM to 11:59 PM" in page(cast, client, "session", pk=session.pk)


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"ends": "18:00"}, "The end must be after the start, on the same day."),
        ({"held_on": "2027-03-14", "starts": "02:30", "ends": "04:00"}, "2:30 AM does not exist"),
        ({"held_on": "2062-04-20"}, "Check the year of the date."),
        ({"held_on": "20/13/2026"}, "Enter a valid date."),
        ({"held_on": ""}, "This field is required."),
        ({"kind": "group"}, "Select a valid choice."),
        ({"capacity": "81"}, "less than or equal to 80"),
        ({"title": "x" * 151}, "at most 150 characters"),
    ],
)
def test_session_that_does_not_hold_is_refused_and_typing_kept(cast, over, sentence):
    client = cast.client("education_caseworker")
    address = cast.url(cast.education, "session_new")
    sent = fields_of(client.get(address).content.decode()) | form_values(cast, **over)
    response = client.post(address, sent)
    html = response.content.decode()
    assert response.status_code == 422
    assert sentence in unescape(html)
    assert {name: fields_of(html)[name] for name in ("title", "starts", "ends")} == {
        name: sent[name] for name in ("title", "starts", "ends")
    }
    with in_track(cast.education):
        assert not Session.objects.exists()


def test_track_holds_its_own_kinds_only(cast):
    by = cast.services_caseworker
    with in_track(cast.services, by=by, write=True), pytest.raises(ProgramError, match="no sessions of this kind"):
        schedule_session(
            kind="class",
            held_on=DAY,
            starts=SIX,
            ends=EIGHT,
            facilitator=by,
            today=DAY,
            by=by,
        )


def test_facilitator_must_be_one_of_the_track(cast):
    with pytest.raises(ProgramError, match="does not take attendance in this track"):
        make_session(cast, cast.education, facilitator=cast.services_facilitator)


def test_session_that_ends_before_it_starts_is_refused_by_the_database(cast):
    session = make_session(cast, cast.education)
    session.ends_at = session.starts_at
    with in_track(cast.education, write=True), pytest.raises(IntegrityError), transaction.atomic():
        session.save()


# --- sites --------------------------------------------------------------------------------------------------------


def test_site_is_added_once_and_only_in_its_track(cast):
    client = cast.client("education_caseworker")
    address = cast.url(cast.education, "sites")
    sent = fields_of(client.get(address).content.decode()) | {"name": " Court  annex ", "address": "1 Main St"}
    assert [client.post(address, sent).status_code for _ in range(2)] == [302, 302]
    with in_track(cast.education):
        assert list(Site.objects.values_list("name", "address")) == [("Court annex", "1 Main St")]
        assert Event.objects.filter(action="site.added").count() == 1
    again = fields_of(client.get(address).content.decode()) | {"name": "COURT ANNEX"}
    response = client.post(address, again)
    assert response.status_code == 422
    assert "There is a site with this name already." in response.content.decode()
    assert fields_of(response.content.decode())["name"] == "COURT ANNEX"
    other = cast.client("services_caseworker").get(cast.url(cast.services, "sites")).content.decode()
    assert "Court annex" not in other
    with in_track(cast.services, write=True):
        add_site(name="Court annex", by=cast.services_caseworker)


@pytest.mark.parametrize("rows", [1, 3])
def test_sites_page_has_a_fixed_number_of_statements(cast, rows):
    with in_track(cast.education, write=True):
        for number in range(rows):
            add_site(name=f"Annex {number}", by=cast.education_caseworker)
    client, url = cast.client("education_caseworker"), cast.url(cast.education, "sites")
    with exactly(5):
        assert client.get(url).content.decode().count("Annex") == rows


# --- booking ------------------------------------------------------------------------------------------------------


def test_booking_page_lists_active_people_not_yet_booked_by_name(cast):
    session = make_class(cast, cast.education, people=1)
    for name in ("zoe last", "Émile First", "Bea Middle"):
        make_enrollment(cast, cast.education, name=name)
    make_ended(cast, cast.education, enrollment=make_enrollment(cast, cast.education, name="Gone Away"))
    make_enrollment(cast, cast.education, name="After It", placed_on=TOMORROW)
    html = page(cast, cast.client("education_caseworker"), "session_book", pk=session.pk)
    assert html.index("Bea Middle") < html.index("zoe last")
    assert "Émile First" in html
    assert [name in html for name in ("Ana Diaz", "Gone Away", "After It")] == [False, False, False]


def test_booking_people_writes_one_row_each_even_when_posted_twice(cast):
    session = make_session(cast, cast.education, capacity=2)
    stays = [make_enrollment(cast, cast.education, name=f"Person {n}") for n in "AB"]
    client = cast.client("education_caseworker")
    address = cast.url(cast.education, "session_book", pk=session.pk)
    sent = {"people": [str(stay.pk) for stay in stays]}
    assert [client.post(address, sent).status_code for _ in range(2)] == [302, 302]
    with in_track(cast.education):
        assert {row.enrollment_id for row in Attendance.objects.all()} == {stay.pk for stay in stays}
        assert Event.objects.get(action="session.booked").detail == {"count": 2}


@pytest.mark.parametrize(
    ("seats", "sentence"), [(3, "Only 1 seat is free, and you chose 2 people."), (2, "All 2 seats are taken.")]
)
def test_booking_beyond_the_seats_books_nobody(cast, seats, sentence):
    session = make_class(cast, cast.education, people=2, capacity=seats)
    stays = [make_enrollment(cast, cast.education, name=f"Person {n}") for n in "AB"]
    address = cast.url(cast.education, "session_book", pk=session.pk)
    response = cast.client("education_caseworker").post(address, {"people": [str(stay.pk) for stay in stays]})
    html = unescape(response.content.decode())
    assert response.status_code == 422
    assert sentence in html
    assert html[html.rindex("<form") :].count(" checked") == 2
    with in_track(cast.education):
        assert seats_taken(session) == 2


@pytest.mark.parametrize("people", [[], ["not-an-id"], ["00000000-0000-0000-0000-000000000000"]])
def test_booking_nobody_real_is_refused(cast, people):
    session = make_session(cast, cast.education)
    make_enrollment(cast, cast.education)
    address = cast.url(cast.education, "session_book", pk=session.pk)
    assert cast.client("education_caseworker").post(address, {"people": people}).status_code == 422
    with in_track(cast.education):
        assert not Attendance.objects.exists()


def test_booking_a_stay_that_ended_or_of_a_cancelled_session_is_refused(cast):
    session = make_session(cast, cast.education)
    stay = make_enrollment(cast, cast.education)
    ended = make_ended(cast, cast.education, enrollment=make_enrollment(cast, cast.education, name="Gone Away"))
    by = cast.education_caseworker
    with in_track(cast.education, by=by, write=True):
        with pytest.raises(ProgramError, match="no active stay"):
            book(session=session, enrollments=[stay, ended], by=by)
        cancel_session(session=session, now=NOW, by=by)
        with pytest.raises(ProgramError, match="cancelled"):
            book(session=session, enrollments=[stay], by=by)
        assert not Attendance.objects.exists()


# --- cancelling ---------------------------------------------------------------------------------------------------


def test_cancelling_marks_everyone_cancelled_once(cast):
    session = make_class(cast, cast.education)
    client = cast.client("education_caseworker")
    assert "2 people are booked" in page(cast, client, "session_cancel", pk=session.pk)
    address = cast.url(cast.education, "session_cancel", pk=session.pk)
    assert [client.post(address).status_code for _ in range(2)] == [302, 302]
    with in_track(cast.education):
        now = Session.objects.get()
        assert list(Attendance.objects.values_list("mark", "minutes", "version")) == [("cancelled", None, 1)] * 2
        assert Event.objects.get(action="session.cancelled").detail == {"count": 2}
    assert (now.state, now.version) == ("cancelled", 1)
    assert "This session is cancelled." in page(cast, client, "session", pk=session.pk)


def test_held_session_cannot_be_cancelled(cast):
    session = make_class(cast, cast.education, people=1)
    with in_track(cast.education, write=True):
        Session.objects.filter(pk=session.pk).update(state="held")
    client = cast.client("education_caseworker")
    client.post(cast.url(cast.education, "session_cancel", pk=session.pk))
    assert "so it cannot be cancelled" in page(cast, client, "session", pk=session.pk)


# --- what other pages ask -----------------------------------------------------------------------------------------


def test_day_lists_and_next_sessions(cast):
    today = make_class(cast, cast.education, people=1)
    cancelled = make_session(cast, cast.education, title="Off")
    late = make_class(cast, cast.education, people=1, held_on=BEFORE)
    make_session(cast, cast.education, held_on=BEFORE, title="Nobody came")
    later = make_session(cast, cast.education, held_on=TOMORROW)
    by = cast.education_caseworker
    with in_track(cast.education, by=by, write=True):
        cancel_session(session=cancelled, now=NOW, by=by)
        stay = Attendance.objects.select_related("enrollment").get(session=today).enrollment
    book_into(cast, cast.education, later, [stay])
    with in_track(cast.education):
        assert list(sessions_on(DAY)) == [today]
        assert list(sessions_on(DAY, facilitator=by)) == []
        assert list(unrecorded_before(DAY)) == [late]
        assert list(unrecorded_before(DAY, facilitator=cast.education_facilitator)) == [late]
        for after, session in ((NOW - datetime.timedelta(days=1), today), (NOW, later)):
            attended, following = attended_and_next([stay.pk], after)
            assert (attended, following) == ([], {stay.pk: Next(session.name, session.starts_at)})

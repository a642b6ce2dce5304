"""The roster page: what it shows, what it sends, and two people filling it in."""

from html import unescape

import pytest

from participants.audit.models import Event, EventSubject
from participants.sessions.actions import Entry, log_individual, take_attendance
from participants.sessions.models import Session
from participants.sessions.queries import roster
from participants.tracks.scope import in_track
from tests.builders import make_enrollment
from tests.sessions.arrange import DAY, NOW, OPENING, SIX, book_into, fields_of, make_class, make_session

pytestmark = pytest.mark.usefixtures("evening")


@pytest.fixture
def session(cast) -> Session:
    return make_class(cast, cast.education, people=3)


def rows_of(cast, session):
    with in_track(cast.education):
        return roster(session)


def recorded(cast, session) -> list[tuple]:
    with in_track(cast.education):
        return [(row.mark, row.minutes, row.reason, row.version) for row in roster(session)]


def key(row, name: str) -> str:
    return f"{row.pk.hex}-{name}"


def open_roster(cast, client, session) -> tuple[str, dict]:
    response = client.get(cast.url(cast.education, "session", pk=session.pk))
    assert response.status_code == 200
    html = response.content.decode()
    return html, fields_of(html)


def save(cast, client, session, sent):
    return client.post(cast.url(cast.education, "session", pk=session.pk), sent)


def test_page_lists_everyone_by_name_with_number_reference_and_keys(cast, session):
    html, sent = open_roster(cast, cast.client("education_caseworker"), session)
    rows = rows_of(cast, session)
    with in_track(cast.education):
        names = [row.participant.called for row in rows]
    assert names == ["Ana Diaz 00", "Ben Cole 01", "Cleo Park 02"]
    places = [html.index(name) for name in names]
    assert places == sorted(places)
    for number, row in enumerate(rows, start=1):
        assert f'<td class="num">{number}<input' in html
        assert f'<span class="ref">{row.participant.reference}</span>' in html
        assert sent[key(row, "version")] == "0"
        assert key(row, "mark") not in sent  # nothing is chosen for anybody
    assert [html.count(f'data-key="{letter}"') for letter in "plexnc"] == [3] * 6
    assert sent["version"] == "0"


def test_saving_marks_goes_back_to_the_roster_that_shows_them(cast, session):
    client = cast.client("education_caseworker")
    _, sent = open_roster(cast, client, session)
    ana, ben, cleo = rows_of(cast, session)
    sent |= {
        key(ana, "mark"): "attended",
        key(ben, "mark"): "late",
        key(ben, "minutes"): "95",
        key(cleo, "mark"): "excused",
        key(cleo, "reason"): "ill",
    }
    response = save(cast, client, session, sent)
    assert response.status_code == 302
    assert response.url == cast.url(cast.education, "session", pk=session.pk)
    assert recorded(cast, session) == [("attended", 120, "", 1), ("late", 95, "", 1), ("excused", None, "ill", 1)]
    html, again = open_roster(cast, client, session)
    assert "Attendance is saved: 3 people." in html
    assert (again[key(ana, "mark")], again[key(ben, "minutes")], again[key(cleo, "reason")]) == (
        "attended",
        "95",
        "ill",
    )
    save(cast, client, session, again)  # unchanged
    assert [row[3] for row in recorded(cast, session)] == [1, 1, 1]
    assert "Nothing had changed." in client.get(cast.url(cast.education, "session", pk=session.pk)).content.decode()


def test_the_same_form_posted_twice_writes_once(cast, session):
    client = cast.client("education_caseworker")
    _, sent = open_roster(cast, client, session)
    ana, *_ = rows_of(cast, session)
    sent[key(ana, "mark")] = "no_show"
    assert [save(cast, client, session, sent).status_code for _ in range(2)] == [302, 302]
    assert recorded(cast, session)[0] == ("no_show", None, "", 1)
    with in_track(cast.education):
        assert Event.objects.filter(action="attendance.taken").count() == 1


def test_minutes_that_do_not_hold_are_told_beside_the_person_and_nothing_is_lost(cast, session):
    client = cast.client("education_caseworker")
    _, sent = open_roster(cast, client, session)
    ana, ben, cleo = rows_of(cast, session)
    sent |= {
        key(ana, "mark"): "attended",
        key(ana, "minutes"): "500",
        key(ben, "mark"): "left_early",
        key(cleo, "mark"): "excused",
        key(cleo, "reason"): "<b>ill</b>",
    }
    response = save(cast, client, session, sent)
    html = response.content.decode()
    assert response.status_code == 422
    assert recorded(cast, session) == [("booked", None, "", 0)] * 3
    assert html.count("Enter 0 to 120 minutes: the session was planned for 120.") == 2  # above, and in the row
    assert "Ben Cole 01: How many minutes was the person there?" in html
    assert fields_of(html) == sent
    assert "<b>ill</b>" not in html


def test_minutes_without_a_mark_are_asked_about(cast, session):
    client = cast.client("education_caseworker")
    _, sent = open_roster(cast, client, session)
    ana, *_ = rows_of(cast, session)
    response = save(cast, client, session, sent | {key(ana, "minutes"): "20"})
    assert response.status_code == 422
    assert "Ana Diaz 00: Choose a mark." in response.content.decode()


@pytest.mark.parametrize(
    ("name", "value"), [("mark", "vanished"), ("minutes", "many"), ("reason", "x" * 301), ("version", "old")]
)
def test_nonsense_is_refused_and_writes_nothing(cast, session, name, value):
    client = cast.client("education_caseworker")
    _, sent = open_roster(cast, client, session)
    ana, *_ = rows_of(cast, session)
    response = save(cast, client, session, sent | {key(ana, "mark"): "attended"} | {key(ana, name): value})
    assert response.status_code == 422
    assert recorded(cast, session) == [("booked", None, "", 0)] * 3


def test_second_saver_sees_what_the_first_recorded_and_keeps_the_own_rows(cast, session):
    first, second = cast.client("education_caseworker"), cast.client("education_manager")
    _, by_first = open_roster(cast, first, session)
    _, by_second = open_roster(cast, second, session)
    ana, ben, cleo = rows_of(cast, session)
    by_first |= {key(ana, "mark"): "late", key(ana, "minutes"): "80", key(ben, "mark"): "no_show"}
    assert save(cast, first, session, by_first).status_code == 302
    after_first = recorded(cast, session)

    by_second |= {key(ana, "mark"): "attended", key(cleo, "mark"): "excused", key(cleo, "reason"): "storm"}
    response = save(cast, second, session, by_second)
    html = unescape(response.content.decode())
    assert response.status_code == 422
    assert recorded(cast, session) == after_first
    assert "Ana Diaz 00: Education Caseworker recorded: Late, 80 minutes. You had chosen: Present." in html
    assert "Ben Cole 01: " not in html  # the second saver had not touched that row
    shown = fields_of(response.content.decode())
    assert shown[key(ana, "mark")] == "late"
    assert (shown[key(ana, "minutes")], shown[key(ana, "version")]) == ("80", "1")
    assert (shown[key(ben, "mark")], shown[key(ben, "version")]) == ("no_show", "1")
    assert (shown[key(cleo, "mark")], shown[key(cleo, "reason")]) == ("excused", "storm")

    assert save(cast, second, session, shown).status_code == 302
    assert recorded(cast, session) == [("late", 80, "", 1), ("no_show", None, "", 1), ("excused", None, "storm", 1)]


def test_row_that_only_the_other_changed_does_not_stop_the_second_saver(cast, session):
    first, second = cast.client("education_caseworker"), cast.client("education_manager")
    ana, ben, _ = rows_of(cast, session)
    _, sent = open_roster(cast, first, session)
    save(cast, first, session, sent | {key(ana, "mark"): "attended"})
    _, by_first = open_roster(cast, first, session)
    _, by_second = open_roster(cast, second, session)
    save(cast, first, session, by_first | {key(ana, "mark"): "excused", key(ana, "minutes"): ""})
    assert save(cast, second, session, by_second | {key(ben, "mark"): "attended"}).status_code == 302
    assert [row[0] for row in recorded(cast, session)] == ["excused", "attended", "booked"]


def test_person_booked_after_the_page_was_shown_stays_booked(cast, session):
    client = cast.client("education_caseworker")
    ana, *_ = rows_of(cast, session)
    _, sent = open_roster(cast, client, session)
    book_into(cast, cast.education, session, [make_enrollment(cast, cast.education, name="Zoe Late")])
    assert save(cast, client, session, sent | {key(ana, "mark"): "attended"}).status_code == 302
    assert [row[0] for row in recorded(cast, session)] == ["attended", "booked", "booked", "booked"]


def test_facilitator_takes_attendance_of_own_sessions_without_links_to_files(cast, session):
    client = cast.client("education_facilitator")
    html, sent = open_roster(cast, client, session)
    assert "Ana Diaz 00" in html
    assert "/participants/" not in html
    ana, *_ = rows_of(cast, session)
    assert save(cast, client, session, sent | {key(ana, "mark"): "attended"}).status_code == 302
    assert recorded(cast, session)[0] == ("attended", 120, "", 1)


def test_facilitator_does_not_find_a_session_of_someone_else(cast):
    session = make_class(cast, cast.education, facilitator=cast.education_caseworker)
    client = cast.client("education_facilitator")
    assert client.get(cast.url(cast.education, "session", pk=session.pk)).status_code == 404
    ana, _ = rows_of(cast, session)
    assert save(cast, client, session, {"version": "0", key(ana, "mark"): "attended"}).status_code == 404
    assert recorded(cast, session) == [("booked", None, "", 0)] * 2


def test_facilitator_does_not_find_a_counselling_session(cast):
    """One to one with a counsellor: that it took place is the counsellor's to know, and the file's readers'."""
    stay = make_enrollment(cast, cast.services)
    by = cast.services_counsellor
    with in_track(cast.services, by=by, write=True):
        session = log_individual(
            enrollment=stay, kind="individual", held_on=DAY, starts=SIX, minutes=50, today=DAY, now=NOW, by=by
        )
    url = cast.url(cast.services, "session", pk=session.pk)
    assert cast.client("services_facilitator").get(url).status_code == 404
    assert cast.client("services_caseworker").get(url).status_code == 200


def test_session_to_come_shows_who_is_booked_and_takes_nothing(cast):
    session = make_class(cast, cast.education, held_on=DAY.replace(day=20))
    client = cast.client("education_caseworker")
    html, _ = open_roster(cast, client, session)
    assert "Attendance is taken on the day." in html
    assert "Save attendance" not in html
    ana, _ = rows_of(cast, session)
    sent = {"version": "0", key(ana, "version"): "0", key(ana, "mark"): "attended"}
    response = save(cast, client, session, sent)
    assert response.status_code == 422
    assert "This session is still to come." in response.content.decode()
    assert recorded(cast, session) == [("booked", None, "", 0)] * 2


def test_services_say_not_met(cast):
    session = make_class(cast, cast.services)
    html = cast.client("services_caseworker").get(cast.url(cast.services, "session", pk=session.pk)).content.decode()
    assert "<span>Not met</span>" in html
    assert "no-show" not in html.lower().replace("no_show", "")


def test_empty_session_says_what_to_do_next(cast):
    session = make_session(cast, cast.education)
    html, _ = open_roster(cast, cast.client("education_caseworker"), session)
    assert "Nobody is booked yet" in html


def test_another_track_and_an_unknown_session_are_not_found(cast, session):
    assert cast.client("services_manager").get(cast.url(cast.services, "session", pk=session.pk)).status_code == 404
    assert cast.client("services_manager").get(cast.url(cast.education, "session", pk=session.pk)).status_code == 404


@pytest.mark.parametrize("people", [1, 3])
def test_page_takes_a_fixed_number_of_statements(cast, people, django_assert_num_queries):
    session = make_class(cast, cast.education, people=people)
    client = cast.client("education_caseworker")
    with django_assert_num_queries(10 + OPENING):
        client.get(cast.url(cast.education, "session", pk=session.pk))


def test_reading_the_roster_is_on_record_with_everyone_it_showed(cast, session):
    open_roster(cast, cast.client("education_facilitator"), session)
    rows = rows_of(cast, session)
    with in_track(cast.education):
        event = Event.objects.filter(action="page.viewed").latest("id")
        shown = set(EventSubject.objects.filter(event_id=event.pk).values_list("kind", "subject_id"))
    assert event.actor_id == cast.education_facilitator.pk
    assert {("participant", row.participant_id) for row in rows} <= shown


def test_less_than_the_whole_session_is_shown_with_present(cast, session):
    ana, *_ = rows_of(cast, session)
    by = cast.education_caseworker
    with in_track(cast.education, by=by, write=True):
        take_attendance(session=session, version=0, entries=[Entry(ana.pk, "attended", 110)], today=DAY, now=NOW, by=by)
    html, _ = open_roster(cast, cast.client("education_caseworker"), session)
    assert "110 minutes of 120" in html

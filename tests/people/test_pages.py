"""The participants list, the file and its edit pages."""

import datetime

import pytest
from django.db import connection
from django.utils.html import escape

from participants.audit.models import Event, EventSubject
from participants.models import Participant, Referral
from participants.people.actions import change_participant
from participants.sessions.actions import Entry, book, schedule_session, take_attendance, write_note
from participants.tracks.scope import in_track
from tests import builders
from tests.builders import make_ended, make_enrollment, staff


def stored(track, enrollment) -> Participant:
    with in_track(track):
        participant = Participant.objects.get(pk=enrollment.participant_id)
        participant.called  # noqa: B018 - open while the scope is open
        return participant


def test_list_shows_the_own_caseload_by_name(cast):
    for name in ("Zoe Amber", "Ana Birch", "Mia Cedar"):
        make_enrollment(cast, cast.education, name=name)
    make_enrollment(cast, cast.education, name="Other Person", caseworker=cast.education_second_caseworker)
    page = cast.client("education_caseworker").get(cast.url(cast.education, "participants")).content.decode()
    places = [page.index(name) for name in ("Ana Birch", "Mia Cedar", "Zoe Amber")]
    assert places == sorted(places)
    assert "Other Person" not in page


def test_list_of_all_is_the_default_without_a_caseload(cast):
    make_enrollment(cast, cast.education, name="Ana Birch")
    make_enrollment(cast, cast.education, name="Zoe Amber", placed_on=builders.PLACED + datetime.timedelta(days=1))
    page = cast.client("education_counsellor").get(cast.url(cast.education, "participants")).content.decode()
    assert page.index("Zoe Amber") < page.index("Ana Birch")


def test_list_of_ended_stays(cast):
    make_ended(cast, cast.education, enrollment=make_enrollment(cast, cast.education, name="Gone Person"))
    make_enrollment(cast, cast.education, name="Active Person")
    client = cast.client("education_caseworker")
    for which in ("mine", "all"):
        page = client.get(cast.url(cast.education, "participants"), {"list": which, "status": "ended"})
        assert "Gone Person" in page.content.decode()
        assert "Active Person" not in page.content.decode()
        assert "Withdrew" in page.content.decode()


@pytest.mark.parametrize("which", ["mine", "all"])
def test_empty_lists_say_what_to_do(cast, which):
    page = cast.client("education_caseworker").get(cast.url(cast.education, "participants"), {"list": which})
    words = {"mine": "You accompany nobody right now", "all": "No participants yet"}
    assert words[which] in page.content.decode()


# PostgreSQL asks five more for the scope: two for its savepoint, and it asks for the moment, sets and clears the track.
LIST_STATEMENTS = {"sqlite": 11, "postgresql": 16}


@pytest.mark.parametrize("which", ["mine", "all"])
@pytest.mark.parametrize("people", [1, 3])
def test_list_asks_the_same_number_of_questions(cast, which, people, django_assert_num_queries):
    for number in range(people):
        make_enrollment(cast, cast.education, name=f"Person {number}")
    client = cast.client("education_caseworker")
    with django_assert_num_queries(LIST_STATEMENTS[connection.vendor]):
        client.get(cast.url(cast.education, "participants"), {"list": which})


def test_list_pages_by_key(cast):
    """The second page starts after the last row of the first, also among stays of one day."""
    for number in range(52):
        make_enrollment(cast, cast.education, name=f"Person {number:02}")
    client = cast.client("education_manager")
    first = client.get(cast.url(cast.education, "participants"), {"list": "all"})
    second = client.get(cast.url(cast.education, "participants") + first.context["next_url"])
    rows = [row.reference for row in [*first.context["rows"], *second.context["rows"]]]
    assert len(rows) == len(set(rows)) == 52
    assert second.context["next_url"] is None


def test_file_shows_what_belongs_to_the_person(cast):
    enrollment = make_enrollment(cast, cast.education, name="Ana Birch", counsel_name="Lee Counsel")
    with in_track(cast.education, by=cast.education_caseworker, write=True):
        participant = Participant.objects.get(pk=enrollment.participant_id)
        change_participant(
            participant=participant,
            version=0,
            preferred_name="Annie",
            safe_contact="Text after 6 pm, no voicemail",
            by=cast.education_caseworker,
        )
    page = cast.client("education_caseworker").get(
        cast.url(cast.education, "participant", reference=participant.reference)
    )
    text = page.content.decode()
    assert page.status_code == 200
    for expected in (
        "<h1><bdi>Annie</bdi></h1>",
        "Ana Birch",
        participant.reference,
        "Text after 6 pm, no voicemail",
        "Lee Counsel",
        "Education class",
        "Referral received",
        "Agreement signed",
        "Give notice of termination",
        "Record a withdrawal",
    ):
        assert expected in text


# PostgreSQL asks five more for the scope: two for its savepoint, and it asks for the moment, sets and clears the track.
FILE_STATEMENTS = {"sqlite": 23, "postgresql": 28}


@pytest.mark.parametrize("meetings", [1, 3])
def test_file_asks_the_same_number_of_questions(cast, meetings, django_assert_num_queries):
    enrollment = make_enrollment(cast, cast.education)
    for number in range(meetings):
        miss_a_session(cast, cast.education, enrollment, day=datetime.date(2026, 4, 1 + number))
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "participant", reference=stored(cast.education, enrollment).reference)
    with django_assert_num_queries(FILE_STATEMENTS[connection.vendor]):
        client.get(url)


def test_reading_a_file_is_on_record(cast):
    enrollment = make_enrollment(cast, cast.education)
    reference = stored(cast.education, enrollment).reference
    cast.client("education_caseworker").get(cast.url(cast.education, "participant", reference=reference))
    with in_track(cast.education):
        event = Event.objects.filter(action="page.viewed").first()
        subjects = set(EventSubject.objects.filter(event_id=event.pk).values_list("kind", "subject_id"))
    assert event.detail == {"page": "participant"}
    assert ("participant", enrollment.participant_id) in subjects


@pytest.mark.parametrize(
    ("kind", "word", "terminates"), [("education", "No-show", True), ("services", "Not met", False)]
)
def test_missed_session_and_ways_out_in_the_words_of_the_track(cast, kind, word, terminates):
    track = cast.tracks[kind]
    enrollment = make_enrollment(cast, track)
    miss_a_session(cast, track, enrollment)
    reference = stored(track, enrollment).reference
    page = cast.client(f"{kind}_caseworker").get(cast.url(track, "participant", reference=reference))
    text = page.content.decode()
    assert f"<strong>Meeting of April</strong><p>{word}</p>" in text
    assert ("Give notice of termination" in text) is terminates
    if not terminates:
        assert "no-show" not in text.lower()
        assert "terminat" not in text.lower()


def miss_a_session(cast, track, enrollment, day=datetime.date(2026, 4, 1)) -> None:
    by = staff(cast, track, "caseworker")
    with in_track(track, by=by, write=True):
        session = schedule_session(
            kind=track.rules.session_kinds[0],
            title="Meeting of April",
            held_on=day,
            starts=datetime.time(10),
            ends=datetime.time(12),
            facilitator=by,
            today=day,
            by=by,
        )
        attendance = book(session=session, enrollments=[enrollment], by=by)[0]
        take_attendance(
            session=session,
            version=0,
            entries=[Entry(attendance_id=attendance.pk, version=0, mark="no_show", minutes=None, reason="")],
            today=day,
            now=datetime.datetime(2026, 4, 5, 18, tzinfo=datetime.UTC),
            by=by,
        )


def test_file_of_an_ended_stay_offers_no_further_steps(cast):
    enrollment = make_ended(cast, cast.education)
    reference = stored(cast.education, enrollment).reference
    page = cast.client("education_manager").get(cast.url(cast.education, "participant", reference=reference))
    text = page.content.decode()
    for gone in ("Log a session", "Record a withdrawal", "Propose completion", "Record credit", "Book a session"):
        assert gone not in text
    assert "Recommendation to the prosecutor" in text


def test_file_hides_steps_that_the_reader_may_not_take(cast):
    enrollment = make_enrollment(cast, cast.education)
    reference = stored(cast.education, enrollment).reference
    page = cast.client("education_counsellor").get(cast.url(cast.education, "participant", reference=reference))
    text = page.content.decode()
    assert "Log a session" in text
    for hidden in ("Record a withdrawal", "Record credit", "Reduce or waive", ">Edit<", ">Change<"):
        assert hidden not in text


@pytest.mark.parametrize(
    ("reader", "seen"),
    [
        ("services_counsellor", True),
        ("services_clinical_supervisor", True),
        ("services_caseworker", False),
        ("services_manager", False),
    ],
)
def test_privileged_note_opens_for_few(cast, reader, seen):
    enrollment = make_enrollment(cast, cast.services)
    author = cast.services_counsellor
    with in_track(cast.services, by=author, write=True):
        participant = Participant.objects.get(pk=enrollment.participant_id)
        write_note(
            participant=participant,
            text="Only between us.",
            visibility="privileged",
            now=datetime.datetime(2026, 4, 1, 12, tzinfo=datetime.UTC),
            by=author,
        )
    page = cast.client(reader).get(cast.url(cast.services, "participant", reference=participant.reference))
    assert ("Only between us." in page.content.decode()) is seen


@pytest.mark.parametrize("page", ["participant", "participant_edit", "participant_court", "caseworker_change"])
def test_file_of_another_track_is_not_there(cast, page):
    enrollment = make_enrollment(cast, cast.services)
    reference = stored(cast.services, enrollment).reference
    client = cast.client("education_manager")
    assert client.get(cast.url(cast.services, page, reference=reference)).status_code == 404
    assert client.get(cast.url(cast.education, page, reference=reference)).status_code == 404
    assert client.get(cast.url(cast.education, page, reference="not-one")).status_code == 404


def edit_values(participant, **over) -> dict:
    return {
        "name": participant.name,
        "preferred_name": "",
        "phone": "",
        "safe_contact": "",
        "language": "en",
        "gender": "",
        "race": "",
        "version": participant.version,
        **over,
    }


def test_edit_changes_the_file_and_its_search_words(cast):
    participant = stored(cast.education, make_enrollment(cast, cast.education, name="Ana Birch"))
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "participant_edit", reference=participant.reference)
    answer = client.post(url, edit_values(participant, name="Ana Oak", preferred_name="Nita", phone="305 555 0100"))
    assert answer.status_code == 302
    with in_track(cast.education):
        now = Participant.objects.get()
        assert (now.name, now.preferred_name, now.phone, now.version) == ("Ana Oak", "Nita", "305 555 0100", 1)
        event = Event.objects.get(action="participant.changed")
        assert event.detail == {"fields": ["name", "phone", "preferred_name"], "version": 1}
    for word, found in (("oak", True), ("nita", True), ("birch", False)):
        page = client.post(cast.url(cast.education, "search"), {"q": word}).content.decode()
        assert (participant.reference in page) is found


def test_edit_keeps_a_language_that_is_not_on_the_list(cast):
    participant = stored(cast.education, make_enrollment(cast, cast.education, language="yor"))
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "participant_edit", reference=participant.reference)
    assert client.get(url).context["form"]["language"].value() == "yor"
    assert client.post(url, edit_values(participant, language="yor", phone="305 555 0100")).status_code == 302
    with in_track(cast.education):
        assert Participant.objects.get().language == "yor"


def test_court_date_stands_at_the_top_of_the_file(cast):
    soon = datetime.date(2126, 1, 5)
    enrollment = make_enrollment(cast, cast.education)
    with in_track(cast.education, by=cast.education_caseworker, write=True):
        Referral.objects.update(next_court_on=soon, must_appear="yes")
    reference = stored(cast.education, enrollment).reference
    page = cast.client("education_caseworker").get(cast.url(cast.education, "participant", reference=reference))
    assert "in court on January 5, 2126, must appear" in page.content.decode()


def test_edit_shows_a_refused_form_with_what_was_typed(cast):
    participant = stored(cast.education, make_enrollment(cast, cast.education))
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "participant_edit", reference=participant.reference)
    answer = client.post(url, edit_values(participant, name="***", phone="typed before"))
    assert answer.status_code == 422
    assert "needs at least one letter" in answer.content.decode()
    assert "typed before" in answer.content.decode()
    with in_track(cast.education):
        assert Participant.objects.get().version == 0


def test_second_save_is_told_what_changed_and_by_whom(cast):
    participant = stored(cast.education, make_enrollment(cast, cast.education, name="Ana Birch"))
    url = cast.url(cast.education, "participant_edit", reference=participant.reference)
    cast.client("education_manager").post(url, edit_values(participant, name="Ana Birch", phone="first phone"))
    client = cast.client("education_caseworker")
    late = edit_values(participant, name="Ana Birch", phone="second phone")
    answer = client.post(url, late)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Education Manager changed this file after you opened it: phone." in text
    assert "first phone" in text
    assert "second phone" in text
    with in_track(cast.education):
        assert Participant.objects.get().phone == "first phone"
    version = answer.context["form"]["version"].value()
    assert client.post(url, {**late, "version": version}).status_code == 302
    with in_track(cast.education):
        assert Participant.objects.get().phone == "second phone"


def test_court_page_changes_the_case(cast):
    participant = stored(cast.education, make_enrollment(cast, cast.education))
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "participant_court", reference=participant.reference)
    assert client.get(url).status_code == 200
    values = {"version": 0, "next_court_on": "2026-12-01", "must_appear": "yes", "counsel_name": "Lee Counsel"}
    assert client.post(url, {**values, "counsel_contact": "lee@example.org"}).status_code == 302
    with in_track(cast.education):
        case = Referral.objects.get()
        assert (case.next_court_on, case.must_appear) == (datetime.date(2026, 12, 1), "yes")
        assert (case.counsel_name, case.counsel_contact) == ("Lee Counsel", "lee@example.org")
    values["version"] = client.get(url).context["form"]["version"].value()
    refused = client.post(url, {**values, "next_court_on": "2020-01-01", "counsel_contact": "kept@example.org"})
    assert refused.status_code == 422
    assert "kept@example.org" in refused.content.decode()


def test_second_save_of_the_court_page_shows_what_is_stored_and_what_was_typed(cast):
    participant = stored(cast.education, make_enrollment(cast, cast.education))
    url = cast.url(cast.education, "participant_court", reference=participant.reference)
    client = cast.client("education_caseworker")
    version = client.get(url).context["form"]["version"].value()
    values = {"version": version, "must_appear": "yes", "counsel_contact": ""}
    first = {**values, "next_court_on": "2026-12-01", "counsel_name": "First Counsel"}
    assert cast.client("education_manager").post(url, first).status_code == 302
    late = {**values, "next_court_on": "2026-12-09", "counsel_name": "Second Counsel"}
    answer = client.post(url, late)
    text = answer.content.decode()
    assert answer.status_code == 422
    for expected in ("Education Manager changed this referral", "First Counsel", "Second Counsel", "2026-12-09"):
        assert expected in text
    facts = {fact["label"]: fact["value"] for fact in answer.context["meanwhile"]}
    assert facts["Next court date"] == datetime.date(2026, 12, 1)
    assert facts["Must the person appear?"] == "Yes, in person"
    with in_track(cast.education):
        assert Referral.objects.get().next_court_on == datetime.date(2026, 12, 1)
    fresh = answer.context["form"]["version"].value()
    assert client.post(url, {**late, "version": fresh}).status_code == 302
    with in_track(cast.education):
        assert Referral.objects.get().next_court_on == datetime.date(2026, 12, 9)


NAUGHTY = [
    "<script>alert(1)</script>",
    "Robert'); DROP TABLE participants_participant;--",
    "O’Brien-Łukaszewicz, José María",
    "محمد علي",
    "{{ 7|add:7 }}{% now 'Y' %}",
    "Ana​ ﻿Zero",
    "𝓐𝓷𝓪 田中",
]


@pytest.mark.parametrize("name", NAUGHTY)
def test_names_of_any_kind_are_kept_shown_and_found(cast, name):
    participant = stored(cast.education, make_enrollment(cast, cast.education, name=name))
    assert participant.name == name
    client = cast.client("education_caseworker")
    for page in ("participant", "participant_edit", "participant_court", "caseworker_change"):
        answer = client.get(cast.url(cast.education, page, reference=participant.reference))
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()
    assert escape(name) in client.get(cast.url(cast.education, "participants")).content.decode()
    found = client.post(cast.url(cast.education, "search"), {"q": name}).content.decode()
    assert participant.reference in found

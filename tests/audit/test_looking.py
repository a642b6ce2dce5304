"""The last seven days looked through: what the page of patterns finds, and that it opens no name."""

import datetime

import pytest
import time_machine

from participants.audit.actions import origin, record
from participants.audit.looking import findings
from participants.models import Event
from participants.people.models import SearchToken
from participants.sessions.actions import book, schedule_session
from participants.staff.models import User
from participants.tracks.scope import active_scope, in_track
from tests import builders
from tests.statements import exactly

NOON = datetime.datetime(2026, 4, 15, 16, tzinfo=datetime.UTC)  # a Wednesday, in daylight time
FILE = "GET /<slug:program>/<slug:track>/participants/<str:reference>/"
CASE = "GET /<slug:program>/<slug:track>/referrals/<uuid:pk>/"
LIST = "GET /<slug:program>/<slug:track>/participants/"


def opened(*subjects, by, at=NOON, path=FILE):
    with time_machine.travel(at, tick=False), origin("10.0.0.7", path):
        record("page.viewed", by=by, subjects=subjects, detail={"page": "participant"})


def made_up(number: int) -> list:
    return [("participant", Event._meta.pk.get_default()) for _ in range(number)]


def found(cast, track=None, now=NOON) -> dict[str, list[tuple[str, str]]]:
    track = track or cast.education
    rows = findings(track=track, now=now)
    return {row.key: [(told.who, told.words) for told in row.found] for row in rows if row.found}


@pytest.fixture
def here(cast):
    with in_track(cast.education, by=cast.education_privacy_officer) as scope:
        yield scope


def test_quiet_week(cast, here):
    assert found(cast) == {}


def test_many_files_in_an_hour_and_not_a_list(cast, here):
    for subject in made_up(21):
        opened(subject, by=cast.education_intake_clerk)
    opened(*made_up(50), by=cast.education_administrator, path=LIST)
    assert found(cast) == {"files": [("Education Intake Clerk", "21 files within one hour")]}


SEARCH = "POST /<slug:program>/<slug:track>/search/"


def test_many_names_on_lists_and_in_searches(cast, here):
    """Two hundred are four full pages; the page once more, or of another hour, adds nobody."""
    names, more = made_up(200), made_up(60)
    minute = datetime.timedelta(minutes=1)
    for page in range(0, 200, 50):
        for again in (page, page + 1):
            opened(*names[page : page + 50], by=cast.education_intake_clerk, path=LIST, at=NOON + again * minute / 10)
    opened(*more, by=cast.education_intake_clerk, path=LIST, at=NOON + 90 * minute)
    assert found(cast, now=NOON + 120 * minute) == {}
    with time_machine.travel(NOON + 30 * minute, tick=False), origin("10.0.0.7", SEARCH):
        record("search.made", by=cast.education_intake_clerk, subjects=more[:1], detail={"found": 1})
    told = "201 names on lists and in searches within one hour"
    assert found(cast, now=NOON + 120 * minute) == {"names": [("Education Intake Clerk", told)]}


def test_person_and_case_on_one_list_are_one_name(cast, here):
    for _ in range(4):
        people = made_up(50)
        opened(*people, *(("referral", pk) for _, pk in people), by=cast.education_manager, path=LIST)
    assert found(cast) == {}


def test_only_seven_days_are_looked_at(cast, here):
    for subject in made_up(21):
        opened(subject, by=cast.education_intake_clerk)
    assert found(cast, now=NOON + datetime.timedelta(days=6, hours=23)) != {}
    assert found(cast, now=NOON + datetime.timedelta(days=7, minutes=1)) == {}


@pytest.mark.parametrize(
    ("staff", "person", "hit"),
    [
        ("Ana Rivera", "Rosa Rivera", True),
        ("Ana RIVERA", "Rosa de la Rivera Gomez", True),
        ("Anna Muñoz-Peña", "Rosa Pena", True),
        ("Ana O'Brien", "Rosa Obrien", True),
        ("Ana Bell", "Rosa Bellamy", False),  # the beginning of another name
        ("Ana Rivera", "Rosa Ribera", False),  # sounds alike
        ("Rosa Lopez", "Rosa Rivera", False),  # a given name
        ("Ana Li", "Rosa Li", False),  # too short to tell anything
    ],
)
def test_surname_of_ones_own(cast, staff, person, hit):
    User.objects.filter(pk=cast.education_manager.pk).update(name=staff)
    stay = builders.make_enrollment(cast, cast.education, name=person)
    with in_track(cast.education, by=cast.education_privacy_officer) as scope:
        opened(stay.participant, by=cast.education_manager)
        reference = stay.participant.reference
        expected = {"surname": [(staff, f"{reference}: opened 1 time")]} if hit else {}
        assert found(cast) == expected
        assert scope.read == set()  # nothing sealed was opened


def test_surname_on_a_case_that_is_not_placed(cast):
    User.objects.filter(pk=cast.education_intake_clerk.pk).update(name="Ana Rivera")
    row = builders.make_referral(cast, cast.education, name="Rosa Rivera")
    with in_track(cast.education, by=cast.education_privacy_officer):
        opened(row, by=cast.education_intake_clerk, path=CASE)
        opened(row, by=cast.education_manager, path=CASE)
        assert found(cast) == {"surname": [("Ana Rivera", f"{row.pk.hex[-8:]}: opened 1 time")]}


def test_token_of_another_track_is_none_of_this(cast):
    """The same word has another token there."""
    User.objects.filter(pk=cast.education_manager.pk).update(name="Ana Rivera")
    builders.make_referral(cast, cast.services, name="Rosa Rivera")
    with in_track(cast.education, by=cast.education_privacy_officer):
        opened(*made_up(1), by=cast.education_manager)
        assert not SearchToken.objects.exists()
        assert found(cast) == {}


def stays_of_another(cast, number=6):
    other = cast.education_second_caseworker
    return [builders.make_enrollment(cast, cast.education, caseworker=other) for _ in range(number)]


def test_files_outside_the_caseload(cast):
    stays = stays_of_another(cast)
    with in_track(cast.education, by=cast.education_privacy_officer):
        for stay in stays:
            for by in (cast.education_caseworker, cast.education_manager, cast.education_clinical_supervisor):
                opened(stay.participant, by=by)
            opened(stay.participant, by=cast.education_second_caseworker)
        assert found(cast) == {"caseload": [("Education Caseworker", "6 participants of others")]}


def test_people_in_ones_sessions_are_ones_own(cast):
    stays = stays_of_another(cast)
    day = datetime.date(2026, 4, 10)
    with in_track(cast.education, by=cast.education_caseworker, write=True):
        session = schedule_session(
            kind=cast.education.rules.session_kinds[0], title="", held_on=day, starts=datetime.time(10),
            ends=datetime.time(12), site=None, facilitator=cast.education_counsellor, language="en", capacity=20,
            today=day, by=cast.education_caseworker,
        )  # fmt: skip
        book(session=session, enrollments=stays[:1], by=cast.education_caseworker)
    with in_track(cast.education, by=cast.education_privacy_officer):
        for stay in stays:
            opened(stay.participant, by=cast.education_counsellor)
        assert found(cast) == {}  # five are a colleague's


def test_after_hours_by_the_clock_of_the_program(cast, here):
    for subject in made_up(4):
        opened(
            subject, by=cast.education_manager, at=datetime.datetime(2026, 4, 15, 0, 30, tzinfo=datetime.UTC)
        )  # 20:30
        opened(subject, by=cast.education_caseworker, at=datetime.datetime(2026, 4, 14, 11, 30, tzinfo=datetime.UTC))
    assert found(cast) == {"hours": [("Education Manager", "4 files after hours")]}


def test_refusals_and_vain_searches(cast, here):
    with time_machine.travel(NOON, tick=False):
        for _ in range(11):
            record("page.refused", by=cast.education_facilitator, outcome="refused")
            record("search.made", by=cast.education_caseworker, detail={"found": 0})
            record("search.made", by=cast.education_manager, detail={"found": 3})
        for _ in range(10):
            record("page.refused", by=cast.education_liaison, outcome="refused")
    assert found(cast) == {
        "refusals": [("Education Facilitator", "refused 11 times in a day")],
        "searches": [("Education Caseworker", "11 searches without a hit in a day")],
    }


@pytest.mark.parametrize("rows", [1, 3])
def test_fixed_number_of_statements(cast, rows):
    stays = [
        builders.make_enrollment(cast, cast.education, name=f"Rosa Manager{'s' * number}") for number in range(rows)
    ]
    with in_track(cast.education, by=cast.education_privacy_officer):
        for stay in stays:
            opened(stay.participant, by=cast.education_manager)
            opened(stay.participant, by=cast.education_caseworker)
        assert active_scope().hidden == frozenset()
        with exactly(11):
            assert "surname" in found(cast)


def test_finding_leads_to_its_events(cast):
    stays = stays_of_another(cast)
    with in_track(cast.education), time_machine.travel(NOON, tick=False):
        for stay in stays:
            opened(stay.participant, by=cast.education_caseworker)
        record("page.viewed", by=cast.education_manager, detail={"page": "my_day"})
    with time_machine.travel(NOON + datetime.timedelta(hours=1), tick=False):
        client = cast.client("education_privacy_officer")
        page = client.get(cast.url(cast.education, "audit_patterns"))
        assert "Education Caseworker</bdi>: 6 participants of others" in page.text
        assert "Alex Rivera" not in page.text
        query = next(row for row in page.context["findings"] if row.key == "caseload").found[0].query
        lines = client.get(cast.url(cast.education, "audit") + "?" + query).context["lines"]
    assert {line.records[0].reference for line in lines} == {stay.participant.reference for stay in stays}

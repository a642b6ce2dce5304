"""Which stored cases look like another one: by name, birth date, phone, case number; inside the track, never hidden."""

import datetime

import pytest

from participants.duplicates.actions import decide_comparison
from participants.duplicates.finding import COMMON, possible_duplicates, possible_duplicates_of
from participants.people.actions import index_new_records
from participants.people.models import Restriction, SearchToken
from participants.referrals.actions import change_referral
from participants.referrals.case import known_of, prepare
from participants.referrals.models import Referral
from participants.tracks.scope import in_track
from tests.builders import CHARGES, RECEIVED, make_referral, staff
from tests.statements import exactly

BORN = datetime.date(1990, 5, 7)
STRANGER = datetime.date(1971, 11, 30)


@pytest.fixture
def clerk(cast):
    return cast.people["education_intake_clerk"]


def typed(track, **over) -> Referral:
    """A case as somebody has typed it, not stored; inside a scope."""
    values = {
        "name": "José Hernández",
        "date_of_birth": BORN,
        "case_number": "B-1",
        "charge": CHARGES[track.kind],
        "offense_on": RECEIVED,
        "received_on": RECEIVED,
        "source": "Police",
        "today": RECEIVED,
    }
    return prepare(**{**values, **over})


def likes(cast, track, clerk, **over) -> list[tuple[str, int]]:
    with in_track(track, by=clerk):
        return [(match.referral.name, match.score) for match in possible_duplicates(typed(track, **over))]


@pytest.mark.parametrize(
    "over",
    [
        {"name": "Hernandez Jose"},
        {"name": "Pepe Hernandes"},
        {"date_of_birth": datetime.date(1990, 7, 5)},
        {"date_of_birth": None},
        {"name": "Iose Ernandez", "date_of_birth": BORN},
        {"name": "Somebody Else", "date_of_birth": STRANGER, "case_number": "a 1"},
        {"date_of_birth": STRANGER, "phone": "305-555-0101"},
        {"name": "José Palmer"},
    ],
)
def test_met_and_above_the_line(cast, clerk, over):
    make_referral(
        cast, cast.education, name="José Hernández", date_of_birth=BORN, case_number="A-1", phone="+1 (305) 555-0101"
    )
    make_referral(cast, cast.education, name="Nobody Alike", date_of_birth=STRANGER, case_number="A-2")
    assert [name for name, _ in likes(cast, cast.education, clerk, **over)] == ["José Hernández"]


@pytest.mark.parametrize(
    "over",
    [
        {"name": "Ruth Palmer"},
        {"name": "José Palmer", "date_of_birth": STRANGER},
        {"name": "Ruth Palmer", "date_of_birth": STRANGER, "phone": "305-555-0101"},
    ],
)
def test_too_little_in_common(cast, clerk, over):
    make_referral(cast, cast.education, name="José Hernández", date_of_birth=BORN, phone="+1 (305) 555-0101")
    assert likes(cast, cast.education, clerk, **over) == []


def test_a_stored_case_without_birth_date_is_met(cast, clerk):
    make_referral(cast, cast.education, name="Nicholas Campbell", date_of_birth=None)
    assert likes(cast, cast.education, clerk, name="Nichooas Campbell") == [("Nicholas Campbell", 72)]
    assert likes(cast, cast.education, clerk, name="Nichooas Campbell", date_of_birth=None) == [
        ("Nicholas Campbell", 72)
    ]


def test_the_likeliest_first(cast, clerk):
    make_referral(cast, cast.education, name="José Palmer", date_of_birth=BORN)
    make_referral(cast, cast.education, name="José Hernández", date_of_birth=BORN)
    assert likes(cast, cast.education, clerk) == [("José Hernández", 100), ("José Palmer", 74)]


def test_never_the_other_track(cast, clerk):
    """The twin is there, in the services track and in another program: nobody learns of it."""
    for track in (cast.services, cast.elsewhere):
        make_referral(cast, track, name="José Hernández", date_of_birth=BORN, case_number="B-1", phone="305 555 0101")
    assert likes(cast, cast.education, clerk, phone="305 555 0101") == []
    with in_track(cast.services):
        twin = Referral.objects.get()
        assert possible_duplicates(twin) == []


def test_what_the_actor_may_not_open_is_left_out(cast, clerk):
    hidden = make_referral(cast, cast.education, name="José Hernández", date_of_birth=BORN)
    with in_track(cast.education, write=True):
        Restriction.objects.create(referral=hidden, staff=clerk, recorded_on=RECEIVED, recorded_by=clerk)
    assert likes(cast, cast.education, clerk) == []
    other = staff(cast, cast.education, "caseworker")
    assert likes(cast, cast.education, other) == [("José Hernández", 100)]


def test_what_was_decided_is_not_asked_again(cast, clerk):
    one = make_referral(cast, cast.education, name="José Hernández", date_of_birth=BORN)
    two = make_referral(cast, cast.education, name="Jose Hernandes", date_of_birth=BORN)
    with in_track(cast.education, by=clerk, write=True):
        assert [match.referral for match in possible_duplicates(one)] == [two]
        assert [match.referral for match in possible_duplicates(two)] == [one]
        decide_comparison(referral=two, other=one, decision="different", today=RECEIVED, by=clerk)
        assert possible_duplicates(one) == possible_duplicates(two) == []


def test_a_changed_birth_date_or_phone_is_found_anew(cast, clerk):
    row = make_referral(cast, cast.education, name="José Hernández", date_of_birth=STRANGER)
    assert likes(cast, cast.education, clerk, name="José Palmer") == []
    with in_track(cast.education, by=clerk, write=True):
        change_referral(referral=row, version=0, date_of_birth=BORN, phone="305 555 0101", today=RECEIVED, by=clerk)
    assert likes(cast, cast.education, clerk, name="José Palmer") == [("José Hernández", 74)]


def test_what_too_many_share_leads_to_nobody_but_the_rest_does(cast, clerk):
    """A date that stands for "not known" makes nobody alike, and is not opened by the hundred."""
    with in_track(cast.education, by=clerk, write=True):
        rows = [typed(cast.education, name=f"José {number}", case_number=f"C-{number}") for number in range(COMMON + 1)]
        Referral.objects.bulk_create(rows)
        index_new_records(kind=SearchToken.Kind.REFERRAL, records=[(row.pk, known_of(row)) for row in rows])
    make_referral(cast, cast.education, name="José Hernández", date_of_birth=BORN)
    assert likes(cast, cast.education, clerk) == [("José Hernández", 100)]


def test_a_rare_name_is_asked_about_though_the_birth_dates_differ(cast, clerk):
    """Among many different people nobody shares a name by chance; a name that many have is another matter."""
    given, family = (
        ["Ada", "Ben", "Cleo", "Dirk", "Eva", "Finn"],
        ["Abt", "Bond", "Cole", "Dunn", "Egan", "Falk", "Gray"],
    )
    with in_track(cast.education, by=clerk, write=True):
        names = [f"{one} {two}" for one in given for two in family]
        rows = [
            typed(cast.education, name=name, case_number=f"C-{name}", date_of_birth=datetime.date(1960 + number, 3, 9))
            for number, name in enumerate(["Xochitl Quintanilla", *names[:40]])
        ]
        Referral.objects.bulk_create(rows)
        index_new_records(kind=SearchToken.Kind.REFERRAL, records=[(row.pk, known_of(row)) for row in rows])
    assert likes(cast, cast.education, clerk, name="Xochitl Quintanilla", date_of_birth=STRANGER) == [
        ("Xochitl Quintanilla", 77)
    ]
    assert likes(cast, cast.education, clerk, name="Ada Bond", date_of_birth=STRANGER) == []


def test_a_file_is_compared_with_what_is_stored_and_with_itself(cast, clerk):
    stored = make_referral(cast, cast.education, name="José Hernández", date_of_birth=BORN)
    with in_track(cast.education, by=clerk):
        rows = [
            typed(cast.education, name="Jose Hernandes", case_number="C-1"),
            typed(cast.education, name="Ruth Palmer", case_number="C-2", date_of_birth=STRANGER),
            typed(cast.education, name="Palmer, Ruth", case_number="C-3", date_of_birth=STRANGER),
        ]
        found = possible_duplicates_of(rows)
    first, second, third = rows
    assert found == {first.pk: [(stored.pk, 96)], second.pk: [], third.pk: [(second.pk, 100)]}


@pytest.mark.parametrize("number", [1, 3])
def test_a_fixed_number_of_statements(cast, clerk, number):
    for _ in range(number):
        make_referral(cast, cast.education, name="José Hernández", date_of_birth=BORN)
    with in_track(cast.education, by=clerk) as scope:
        assert scope.hidden == frozenset()
        rows = [typed(cast.education, case_number=f"C-{count}") for count in range(number)]
        with exactly(4):  # records and tokens counted, tokens read, candidates opened
            found = possible_duplicates_of(rows)
        assert [len(likes) for likes in found.values()] == [number + above for above in range(number)]
        with exactly(5):  # and what was decided
            assert len(possible_duplicates(rows[0])) == number

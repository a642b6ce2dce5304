"""Court dates: how one went, that the person was told of the next, and what nobody else learns of it."""

import datetime

import pytest

from participants.audit.models import Event
from participants.court.actions import correct_court_result, mark_told, record_court_result
from participants.court.queries import court_of
from participants.errors import ProgramError, ValuesRefused
from participants.models import CourtResult, Referral
from participants.referrals.actions import ChangedMeanwhile, change_referral, update_court_details
from participants.tracks.scope import in_track
from tests import builders

D = datetime.date
TODAY = D(2026, 4, 1)
HEARD = D(2026, 3, 30)
NEXT = D(2026, 4, 8)
DOB = D(1990, 5, 17)


@pytest.fixture
def clerk(cast):
    return cast.education_intake_clerk


@pytest.fixture
def case(cast):
    return builders.make_referral(cast, cast.education, next_court_on=HEARD, must_appear="yes")


def say(referral, by, **over):
    values = {
        "referral": referral,
        "version": referral.version,
        "held_on": HEARD,
        "outcome": "appeared",
        "note": "",
        "next_court_on": NEXT,
        "must_appear": "no",
        "today": TODAY,
        "by": by,
    }
    return record_court_result(**{**values, **over})


def told(referral, by, **over):
    values = {
        "referral": referral,
        "court_on": referral.next_court_on,
        "must_appear": referral.must_appear,
        "today": TODAY,
        "by": by,
    }
    return mark_told(**{**values, **over})


def events() -> list[str]:
    return list(Event.objects.filter(action__startswith="court.").order_by("at", "id").values_list("action", flat=True))


def test_result_keeps_history_and_sets_the_next_date(cast, clerk, case):
    with in_track(cast.education, by=clerk, write=True):
        result = say(case, clerk, note=" Continued. ")
        row = Referral.objects.get(pk=case.pk)
        stored = CourtResult.objects.get()
        assert (row.next_court_on, row.must_appear, row.version) == (NEXT, "no", case.version + 1)
        assert stored == result
        assert (stored.held_on, stored.must_appear, stored.outcome, stored.note, stored.recorded_on) == (
            HEARD,
            "yes",
            "appeared",
            "Continued.",
            TODAY,
        )
        assert events() == ["court.result_recorded"]
        assert row.status == case.status


def test_event_holds_no_outcome_and_no_note(cast, clerk, case):
    with in_track(cast.education, by=clerk, write=True):
        say(case, clerk, outcome="missed", note="Bus broke down")
        event = Event.objects.get(action="court.result_recorded")
        assert event.detail == {"fields": ["held_on", "note", "outcome"]}


def test_posted_twice_writes_once(cast, clerk, case):
    with in_track(cast.education, by=clerk, write=True):
        assert say(case, clerk) == say(case, clerk)
        assert CourtResult.objects.count() == 1
        assert events() == ["court.result_recorded"]


def test_one_result_for_each_date(cast, clerk, case):
    with in_track(cast.education, by=clerk, write=True):
        say(case, clerk)
        row = Referral.objects.get(pk=case.pk)
        with pytest.raises(ProgramError, match="recorded already: appeared") as refusal:
            say(row, clerk, outcome="missed")
        assert refusal.value.field == "held_on"
        assert [result.outcome for result in CourtResult.objects.all()] == ["appeared"]


def test_somebody_elses_date_is_not_overwritten(cast, clerk, case):
    with in_track(cast.education, by=clerk, write=True):
        details = {"must_appear": "no", "counsel_name": "", "counsel_contact": "", "by": clerk}
        update_court_details(referral=case, version=case.version, next_court_on=D(2026, 5, 5), **details)
        with pytest.raises(ChangedMeanwhile):
            say(case, clerk)
        assert Referral.objects.get(pk=case.pk).next_court_on == D(2026, 5, 5)
        assert not CourtResult.objects.exists()
        assert events() == []


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"held_on": D(2026, 4, 2)}, "held_on"),
        ({"held_on": D(2020, 1, 1)}, "held_on"),
        ({"next_court_on": HEARD}, "next_court_on"),
        ({"next_court_on": D(2026, 3, 1)}, "next_court_on"),
        ({"next_court_on": D(2099, 1, 1)}, "next_court_on"),
        ({"held_on": D(2060, 1, 1), "outcome": "reset"}, "held_on"),
        ({"note": "a\x00b"}, "note"),
        ({"note": "x" * 501}, "note"),
        ({"outcome": "fled"}, "outcome"),
    ],
)
def test_refused_by_rule_writes_nothing(cast, clerk, case, over, field):
    with in_track(cast.education, by=clerk, write=True):
        with pytest.raises(ProgramError) as refusal:
            say(case, clerk, **over)
        problems = getattr(refusal.value, "problems", None)
        assert (problems[0].field if problems else refusal.value.field) == field
        row = Referral.objects.get(pk=case.pk)
        assert (row.next_court_on, row.version) == (HEARD, case.version)
        assert not CourtResult.objects.exists()


def test_a_date_to_come_may_be_moved_also_forward(cast, clerk):
    case = builders.make_referral(cast, cast.education, next_court_on=D(2026, 5, 5))
    with in_track(cast.education, by=clerk, write=True):
        say(case, clerk, held_on=D(2026, 5, 5), outcome="reset", next_court_on=D(2026, 4, 20))
        assert Referral.objects.get(pk=case.pk).next_court_on == D(2026, 4, 20)
        row = Referral.objects.get(pk=case.pk)
        with pytest.raises(ValuesRefused):
            say(row, clerk, held_on=D(2026, 4, 20), outcome="reset", next_court_on=D(2026, 4, 20))


def test_an_earlier_date_says_nothing_of_having_to_appear(cast, clerk, case):
    """What stood there was about another date."""
    with in_track(cast.education, by=clerk, write=True):
        assert say(case, clerk, held_on=D(2026, 3, 10)).must_appear == "unknown"


@pytest.mark.parametrize("status", ["stopped", "merged", "handed_off"])
def test_nothing_is_recorded_of_a_case_that_is_shut(cast, clerk, case, status):
    with in_track(cast.education, by=clerk, write=True):
        keeper = builders.make_referral(cast, cast.education, name="Other Person")
        merged = {"merged_into": keeper} if status == "merged" else {}
        Referral.objects.filter(pk=case.pk).update(status=status, next_court_on=NEXT, **merged)
        row = Referral.objects.get(pk=case.pk)
        for act in (say, told):
            with pytest.raises(ProgramError, match="nothing is recorded here"):
                act(row, clerk)
        assert not CourtResult.objects.exists()
    client = cast.client("education_manager")
    for name in ("court_result", "court_told"):
        assert client.get(cast.url(cast.education, name, pk=case.pk)).status_code == 404


def test_wrong_result_is_corrected(cast, clerk, case):
    with in_track(cast.education, by=clerk, write=True):
        result = say(case, clerk, outcome="missed")
        assert court_of(Referral.objects.get(pk=case.pk), today=TODAY).missed == result
        correct_court_result(result=result, outcome="appeared", note="Seen by counsel.", today=TODAY, by=clerk)
        correct_court_result(result=result, outcome="appeared", note="Seen by counsel.", today=TODAY, by=clerk)
        with pytest.raises(ProgramError):
            correct_court_result(result=result, outcome="vanished", note="", today=TODAY, by=clerk)
        assert court_of(Referral.objects.get(pk=case.pk), today=TODAY).missed is None
        assert events() == ["court.result_recorded", "court.result_corrected"]


def test_told_is_marked_once(cast, clerk):
    case = builders.make_referral(cast, cast.education, next_court_on=NEXT, must_appear="yes")
    with in_track(cast.education, by=clerk, write=True):
        told(case, clerk)
        told(case, clerk, today=TODAY + datetime.timedelta(days=1))
        row = Referral.objects.get(pk=case.pk)
        assert (row.court_told_on, row.version) == (TODAY, case.version)
        told(case, clerk, told=False)
        assert Referral.objects.get(pk=case.pk).court_told_on is None
        assert events() == ["court.told", "court.told_undone"]


def test_told_of_a_date_that_changed_is_refused(cast, clerk):
    case = builders.make_referral(cast, cast.education, next_court_on=NEXT, must_appear="yes")
    with in_track(cast.education, by=clerk, write=True):
        for over in ({"court_on": D(2026, 4, 9)}, {"must_appear": "no"}):
            with pytest.raises(ProgramError, match="was changed"):
                told(case, clerk, **over)
        with pytest.raises(ProgramError, match="has passed"):
            told(case, clerk, today=D(2026, 4, 9))
        assert Referral.objects.get(pk=case.pk).court_told_on is None
        assert events() == []


def by_court_details(case, clerk, **over):
    values = {"next_court_on": case.next_court_on, "must_appear": case.must_appear}
    values |= {"counsel_name": case.counsel_name, "counsel_contact": case.counsel_contact, **over}
    update_court_details(referral=case, version=case.version, **values, by=clerk)


def by_edit(case, clerk, **over):
    change_referral(referral=case, version=case.version, today=TODAY, by=clerk, **over)


def by_result(case, clerk, **over):
    values = {"next_court_on": case.next_court_on, "must_appear": case.must_appear, **over}
    say(case, clerk, **{key: value for key, value in values.items() if key != "counsel_name"})


@pytest.mark.parametrize("way", [by_court_details, by_edit, by_result])
@pytest.mark.parametrize(
    ("over", "stays"),
    [
        ({"next_court_on": D(2026, 4, 9)}, False),
        ({"next_court_on": None}, False),
        ({"must_appear": "no"}, False),
        ({"counsel_name": "Lena Lawyer"}, True),
    ],
)
def test_another_date_has_to_be_told_again(cast, clerk, way, over, stays):
    case = builders.make_referral(cast, cast.education, next_court_on=NEXT, must_appear="yes")
    with in_track(cast.education, by=clerk, write=True):
        told(case, clerk)
        way(Referral.objects.get(pk=case.pk), clerk, **over)
        assert Referral.objects.get(pk=case.pk).court_told_on == (TODAY if stays else None)

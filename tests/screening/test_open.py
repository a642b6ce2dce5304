"""A screening that is kept open: nothing is decided, and the next person goes on where it stands."""

import datetime

import pytest

from participants.audit.models import Event
from participants.enrollment.actions import gaps
from participants.errors import ProgramError, ValuesRefused
from participants.referrals.actions import change_referral, correct_dates
from participants.referrals.models import Referral
from participants.referrals.rules import Status
from participants.reports.queries import completion_report
from participants.screening.actions import CriteriaChanged, ScreeningChanged, screen, screen_all
from participants.screening.models import CriteriaVersion, Screening
from participants.screening.queries import current_criteria, screening_of
from participants.tracks.scope import in_track
from tests import builders
from tests.referrals.typed import text_of

D = datetime.date
TODAY = D(2026, 4, 1)


@pytest.fixture
def inside(track, people):
    with in_track(track, by=people["intake_clerk"], write=True):
        yield people


def wanted(**over) -> dict[str, str]:
    return {row["key"]: row["wanted"] for row in current_criteria(TODAY).criteria} | over


def test_unknown_answer_keeps_it_open(cast, track, inside):
    referral = builders.make_referral(cast, track)
    made = screen(
        referral=referral,
        answers=wanted(misdemeanor="unknown", prior_diversion="yes"),
        notes={"misdemeanor": " Asked the clerk of court. ", "prior_diversion": ""},
        note="Call back.",
        today=TODAY,
        by=inside["intake_clerk"],
    )
    row = screening_of(referral)
    assert row == made
    assert (row.eligible, row.decided_on, row.decided_by, row.version) == (None, None, inside["intake_clerk"], 1)
    assert (row.reasons, row.notes, row.note) == ([], {"misdemeanor": "Asked the clerk of court."}, "Call back.")
    assert [question["key"] for question in row.open_questions] == ["misdemeanor"]
    assert Referral.objects.get().status == Status.RECEIVED
    event = Event.objects.get(action="screening.kept_open")
    assert event.detail == {"criteria": 1, "open": 1, "version": 1, "fields": ["answers", "note", "notes"]}
    assert not Event.objects.filter(action="referral.screened").exists()


def test_next_person_goes_on_and_decides(cast, track, inside):
    referral = builders.make_open(cast, track)
    screen(referral=referral, answers=wanted(), version=1, today=TODAY, by=inside["caseworker"])
    row = screening_of(referral)
    assert (row.eligible, row.decided_on, row.decided_by, row.version) == (True, TODAY, inside["caseworker"], 2)
    assert (Screening.objects.count(), Referral.objects.get().status) == (1, Status.ELIGIBLE)


@pytest.mark.parametrize("version", [0, 2])
def test_changed_meanwhile_is_told_and_nothing_overwritten(cast, track, inside, version):
    referral = builders.make_open(cast, track)
    with pytest.raises(ScreeningChanged, match="saved answers after you opened") as refusal:
        screen(referral=referral, answers=wanted(), version=version, today=TODAY, by=inside["caseworker"])
    assert refusal.value.screening.answers["prior_conviction"] == "unknown"
    assert (screening_of(referral).eligible, screening_of(referral).version) == (None, 1)


def test_open_form_posted_twice_writes_once(cast, track, inside):
    referral = builders.make_referral(cast, track)
    values = {"answers": wanted(misdemeanor="unknown"), "today": TODAY, "by": inside["intake_clerk"]}
    first = screen(referral=referral, **values)
    assert screen(referral=referral, **values) == first
    assert (screening_of(referral).version, Event.objects.filter(action="screening.kept_open").count()) == (1, 1)


def test_same_answers_of_somebody_else_are_told_to_them(cast, track, inside):
    referral = builders.make_referral(cast, track)
    values = {"answers": wanted(misdemeanor="unknown"), "today": TODAY}
    screen(referral=referral, **values, by=inside["intake_clerk"])
    with pytest.raises(ScreeningChanged):
        screen(referral=referral, **values, by=inside["caseworker"])


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"notes": {"misdemeanor": "x" * 301}}, "note_misdemeanor"),
        ({"notes": {"misdemeanor": "a\x07b"}}, "note_misdemeanor"),
        ({"note": "x" * 2001}, "note"),
    ],
)
def test_texts_have_bounds(cast, track, inside, over, field):
    referral = builders.make_referral(cast, track)
    with pytest.raises(ValuesRefused) as refusal:
        screen(referral=referral, answers=wanted(), **over, today=TODAY, by=inside["intake_clerk"])
    assert [problem.field for problem in refusal.value.problems] == [field]
    assert (Screening.objects.exists(), Referral.objects.get().status) == (False, Status.RECEIVED)


def test_child_is_stopped_at_once_though_questions_are_open(cast, track, inside):
    """And a corrected date lets the screening go on where it stood."""
    referral = builders.make_open(cast, track)
    referral = change_referral(
        referral=referral, version=0, date_of_birth=D(2009, 1, 1), today=TODAY, by=inside["intake_clerk"]
    )
    assert Referral.objects.get().status == Status.STOPPED
    with pytest.raises(ProgramError, match="Stopped: under 18"):
        screen(referral=referral, answers=wanted(), version=1, today=TODAY, by=inside["intake_clerk"])
    correct_dates(
        referral=referral,
        version=1,
        date_of_birth=D(1990, 1, 1),
        offense_on=referral.offense_on,
        checked=True,
        today=TODAY,
        by=inside["intake_clerk"],
    )
    assert (Referral.objects.get().status, screening_of(referral).eligible) == (Status.RECEIVED, None)


def test_open_screening_counts_nowhere_as_screened(cast, track, inside):
    referral = builders.make_open(cast, track)
    report = completion_report(track=track, start=D(2026, 1, 1), end=D(2026, 12, 31), cohort="exit", as_of=TODAY)
    assert (report.total.referred, report.total.screened, report.total.eligible) == (1, 0, 0)
    assert "The referral has not been screened." in gaps(referral, TODAY)


def new_version(**over) -> CriteriaVersion:
    """Version 2, in force today: one question put differently, one new, the rest as before."""
    rows = [dict(row) for row in current_criteria(TODAY).criteria]
    rows[0]["question"] = "Is it a misdemeanor, as charged?"
    rows.append({"key": "new_one", "question": "A new one?", "wanted": "yes", "reason": "New."})
    return CriteriaVersion.objects.create(number=2, valid_from=TODAY, criteria=rows, **over)


def test_open_screening_is_decided_under_the_version_of_the_day(cast, track, inside):
    """Two people who are decided on on one day are judged by the same criteria, whenever they were begun."""
    referral = builders.make_open(cast, track)
    new_version()
    with pytest.raises(ProgramError, match="A new one"):
        screen(
            referral=referral,
            answers=wanted() | {"new_one": ""},
            version=1,
            today=TODAY,
            by=inside["intake_clerk"],
        )
    screen(referral=referral, answers=wanted(new_one="no"), version=1, today=TODAY, by=inside["intake_clerk"])
    row = screening_of(referral)
    assert (row.criteria_version.number, row.eligible, row.reasons) == (2, False, ["New."])


def test_answers_to_an_earlier_version_are_refused(cast, track, inside):
    referral, before = builders.make_referral(cast, track), current_criteria(TODAY)
    answers = wanted(new_one="yes")
    new_version()
    with pytest.raises(CriteriaChanged, match="Version 2"):
        screen(referral=referral, answers=answers, criteria=before, today=TODAY, by=inside["intake_clerk"])
    assert not Screening.objects.exists()


def test_batch_is_screened_each_with_its_own_answers(cast, track, inside):
    good, bad, unknown, nameless, begun, done = (
        builders.make_referral(cast, track),
        builders.make_referral(cast, track),
        builders.make_referral(cast, track),
        builders.make_referral(cast, track, date_of_birth=None),
        builders.make_open(cast, track),
        builders.make_eligible(cast, track),
    )
    child = builders.make_referral(cast, track)
    child.date_of_birth = D(2009, 1, 1)
    child.save()
    rows = [good, bad, unknown, nameless, begun, done, child]
    answers = {row.pk: wanted() for row in rows}
    answers[bad.pk] = wanted(misdemeanor="no")
    answers[unknown.pk] = wanted(misdemeanor="unknown")
    outcome = screen_all(referrals=rows, answers=answers, today=TODAY, by=inside["intake_clerk"])
    assert (outcome.eligible, outcome.ineligible, outcome.open) == ([good], [bad], [unknown])
    assert outcome.stopped == [child]
    assert [row for row, _ in outcome.refused] == [nameless, begun, done]
    statuses = dict(Referral.objects.values_list("pk", "status"))
    assert [statuses[row.pk] for row in rows] == [
        "eligible", "ineligible", "received", "received", "received", "eligible", "stopped",
    ]  # fmt: skip
    assert screening_of(begun).version == 1


ANSWERS = {
    "answer_misdemeanor": "yes",
    "answer_non_violent": "unknown",
    "note_non_violent": "Report is ordered.",
    "answer_prior_diversion": "no",
    "answer_prior_conviction": "no",
    "answer_fits_charge": "yes",
    "note": "",
    "criteria": "1",
    "version": "0",
}


@pytest.fixture
def page(cast):
    referral = builders.make_referral(cast, cast.education)
    return cast.url(cast.education, "screening_new", pk=referral.pk)


def test_page_keeps_it_open_and_the_referral_says_what_is_open(cast, page):
    client = cast.client("education_intake_clerk")
    response = client.post(page, ANSWERS)
    shown = text_of(client.get(response.url))
    assert "Kept open: 1 question is still to be found out." in shown
    assert "Screening is begun; 1 question is open." in shown
    assert "Still to be found out: Is the case free of violence, weapons and threats? Report is ordered." in shown
    assert "Go on with the screening" in shown


def test_page_of_the_next_person_stands_where_it_stood(cast, page):
    cast.client("education_intake_clerk").post(page, ANSWERS)
    client = cast.client("education_caseworker")
    response = client.get(page)
    form = response.context["form"]
    assert "Education Intake Clerk has begun." in text_of(response)
    assert (form["answer_misdemeanor"].value(), form["note_non_violent"].value()) == ("yes", "Report is ordered.")
    assert (form["version"].value(), response.text.split("<main")[1].count(" checked")) == (1, 5)
    client.post(page, {**ANSWERS, "answer_non_violent": "yes", "version": "1"})
    with in_track(cast.education):
        assert Screening.objects.get().eligible is True


def test_page_shows_what_changed_meanwhile_beside_what_was_typed(cast, page):
    cast.client("education_intake_clerk").post(page, ANSWERS)
    client = cast.client("education_caseworker")
    typed = {**ANSWERS, "answer_misdemeanor": "no", "answer_non_violent": "yes"}
    response = client.post(page, typed)
    shown = text_of(response)
    assert response.status_code == 422
    assert "Education Intake Clerk saved answers after you opened this page." in shown
    assert "Is the charge a misdemeanor? Yes" in shown
    assert response.context["form"]["answer_misdemeanor"].value() == "no"
    version = response.context["form"]["version"].value()
    assert client.post(page, {**typed, "version": version}).status_code == 302
    with in_track(cast.education):
        assert Screening.objects.get().eligible is False


def test_page_asks_again_what_was_put_differently_since_it_was_opened(cast, page):
    with in_track(cast.education, write=True):
        rows = [dict(row) for row in CriteriaVersion.objects.get().criteria]
        rows[0]["wanted"] = "no"
        CriteriaVersion.objects.create(number=2, valid_from=D(2026, 1, 2), criteria=rows)
    client = cast.client("education_intake_clerk")
    response = client.post(page, ANSWERS)
    form = response.context["form"]
    assert response.status_code == 422
    assert "The written criteria have changed since you opened this page." in text_of(response)
    assert (form["answer_misdemeanor"].value(), form["answer_prior_diversion"].value()) == (None, "no")
    assert client.post(page, {**ANSWERS, "answer_misdemeanor": "no", "criteria": "2"}).status_code == 302
    with in_track(cast.education):
        assert Screening.objects.get().criteria_version.number == 2


@pytest.mark.parametrize("number", ["", "9", "x", "9" * 30, "-1"])
def test_made_up_version_is_answered_with_the_questions_again(cast, page, number):
    response = cast.client("education_intake_clerk").post(page, {**ANSWERS, "criteria": number})
    assert response.status_code == 422
    with in_track(cast.education):
        assert not Screening.objects.exists()

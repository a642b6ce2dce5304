"""Decided again: overrides, second looks that a person asks for, and those that a changed charge makes due."""

import datetime

import pytest

from participants.audit.models import Event, EventSubject
from participants.consent.models import Offer
from participants.enrollment.actions import gaps
from participants.errors import ProgramError, ValuesRefused
from participants.referrals.actions import change_referral, correct_dates
from participants.referrals.models import Referral
from participants.referrals.rules import Status
from participants.screening.actions import screen
from participants.screening.models import Review
from participants.screening.queries import current_criteria, screening_of, second_look_waits, second_looks_for
from participants.screening.reviews import ask_for_second_look, decide_review, override
from participants.tracks.models import new_id
from participants.tracks.scope import in_track
from tests import builders

D = datetime.date
TODAY = D(2026, 4, 1)
OTHER_CHARGE = {"education": "796.07(2)(i)", "services": "796.07(2)(g)"}


@pytest.fixture
def inside(track, people):
    with in_track(track, by=people["manager"], write=True):
        yield people


def turn(referral, to, by, **over) -> Review:
    screening = screening_of(referral)
    values = {"reason": "The papers were read wrongly.", "against": [] if to else ["misdemeanor"], "today": TODAY}
    return override(**{"screening": screening, "version": screening.version, "to": to, **values, **over}, by=by)


def state(referral) -> tuple:
    row = screening_of(referral)
    return row.eligible, Referral.objects.get(pk=referral.pk).status


def test_override_lets_in_with_a_written_reason(cast, track, inside):
    referral = builders.make_ineligible(cast, track)
    before = screening_of(referral)
    review = turn(referral, True, inside["manager"])
    row = screening_of(referral)
    assert state(referral) == (True, Status.ELIGIBLE)
    assert (row.answers, row.reasons, row.decided_on, row.decided_by) == (
        before.answers, before.reasons, before.decided_on, before.decided_by,
    )  # fmt: skip
    assert (review.kind, review.eligible_before, review.eligible_after, review.decided_by) == (
        "override", False, True, inside["manager"],
    )  # fmt: skip
    assert row.not_met == []
    event = Event.objects.get(action="screening.overridden")
    assert event.detail == {"eligible": True, "fields": ["reason"]}
    assert EventSubject.objects.get(event_id=event.pk).subject_id == referral.pk


@pytest.mark.parametrize("make", [builders.make_eligible, builders.make_declined, builders.make_lapsed])
def test_override_turns_away_while_no_offer_is_open(cast, track, inside, make):
    made = make(cast, track)
    referral = made if isinstance(made, Referral) else Referral.objects.get(pk=made.referral_id)
    turn(referral, False, inside["manager"])
    assert state(referral) == (False, Status.INELIGIBLE)
    assert [row["key"] for row in screening_of(referral).not_met] == ["misdemeanor"]


def test_override_there_and_back_lets_an_offer_be_made_again(cast, track, inside):
    referral = Referral.objects.get(pk=builders.make_declined(cast, track).referral_id)
    turn(referral, False, inside["manager"])
    turn(referral, True, inside["second"])
    assert state(referral) == (True, Status.ELIGIBLE)
    assert Review.objects.count() == 2


@pytest.mark.parametrize("make", [builders.make_offer, builders.make_accepted, builders.make_agreement])
def test_nothing_is_taken_back_behind_an_offer(cast, track, inside, make):
    referral = Referral.objects.get(pk=make(cast, track).referral_id)
    before = referral.status
    with pytest.raises(ProgramError):
        turn(referral, False, inside["manager"])
    assert (state(referral), Review.objects.count()) == ((True, before), 0)


def test_no_reason_lets_in_a_child(cast, track, inside):
    referral = builders.make_ineligible(cast, track)
    referral.date_of_birth = D(2009, 1, 1)
    referral.save()
    with pytest.raises(ProgramError, match="No written reason changes that"):
        turn(referral, True, inside["manager"])
    change_referral(referral=referral, version=0, date_of_birth=D(2009, 2, 2), today=TODAY, by=inside["manager"])
    assert state(referral) == (False, Status.STOPPED)
    with pytest.raises(ProgramError, match="No written reason changes that"):
        turn(referral, True, inside["manager"])
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    ("over", "fields"),
    [({"reason": " "}, ["reason"]), ({"against": []}, ["against"]), ({"against": ["made_up"]}, ["against"])],
)
def test_override_needs_its_words(cast, track, inside, over, fields):
    referral = builders.make_eligible(cast, track)
    with pytest.raises(ValuesRefused) as refusal:
        turn(referral, False, inside["manager"], **over)
    assert [problem.field for problem in refusal.value.problems] == fields
    assert (state(referral), Review.objects.count()) == ((True, Status.ELIGIBLE), 0)


def test_override_posted_twice_writes_once(cast, track, inside):
    referral, key = builders.make_ineligible(cast, track), new_id()
    version = screening_of(referral).version
    first = turn(referral, True, inside["manager"], row_id=key, version=version)
    assert turn(referral, True, inside["manager"], row_id=key, version=version) == first
    with pytest.raises(ProgramError, match="saved before with other content"):
        turn(referral, True, inside["manager"], row_id=key, version=version, reason="Another one.")
    assert Review.objects.count() == 1


def test_override_on_a_page_that_somebody_else_has_overtaken(cast, track, inside):
    referral = builders.make_ineligible(cast, track)
    turn(referral, True, inside["second"])
    with pytest.raises(ProgramError, match="since you opened this page"):
        turn(referral, False, inside["manager"], version=1)
    assert state(referral) == (True, Status.ELIGIBLE)


def test_open_screening_has_nothing_to_override(cast, track, inside):
    referral = builders.make_open(cast, track)
    with pytest.raises(ProgramError, match="not screened yet"):
        turn(referral, True, inside["manager"])


def test_second_look_is_decided_by_somebody_else(cast, track, inside):
    review = builders.make_second_look(cast, track, request="It was my cousin's case.")
    referral = review.screening.referral
    assert (review.kind, review.request, review.eligible_after) == ("second_look", "It was my cousin's case.", None)
    with pytest.raises(ProgramError, match="Somebody else"):
        decide_review(review=review, eligible=True, reason="x", today=TODAY, by=inside["intake_clerk"])
    done = decide_review(review=review, eligible=True, reason="Another person.", today=TODAY, by=inside["manager"])
    assert (done.eligible_after, done.decided_by, done.decided_on) == (True, inside["manager"], TODAY)
    assert state(referral) == (True, Status.ELIGIBLE)
    assert [event.action for event in Event.objects.filter(action__startswith="second_look").order_by("at")] == [
        "second_look.asked", "second_look.decided",
    ]  # fmt: skip


def test_second_look_upheld_keeps_the_decision_and_says_why(cast, track, inside):
    review = builders.make_second_look(cast, track)
    with pytest.raises(ValuesRefused):
        decide_review(review=review, eligible=False, reason="Checked.", today=TODAY, by=inside["manager"])
    decide_review(
        review=review, eligible=False, reason="Checked.", against=["non_violent"], today=TODAY, by=inside["manager"]
    )
    assert state(review.screening.referral) == (False, Status.INELIGIBLE)
    assert [row["key"] for row in screening_of(review.screening.referral).not_met] == ["non_violent"]


def test_who_upheld_before_does_not_take_the_next_look(cast, track, inside):
    review = builders.make_second_look(cast, track)
    referral = review.screening.referral
    values = {"eligible": False, "reason": "Checked.", "against": ["misdemeanor"], "today": TODAY}
    decide_review(review=review, **values, by=inside["manager"])
    again = builders.make_second_look(cast, track, referral=referral)
    assert [list(second_looks_for(inside[name])) for name in ("intake_clerk", "manager", "second")] == [[], [], [again]]
    with pytest.raises(ProgramError, match="Somebody else"):
        decide_review(review=again, **values, by=inside["manager"])
    decide_review(review=again, **values, by=inside["second"])
    assert not second_look_waits(referral)


def test_decision_posted_twice_is_one_and_another_one_is_refused(cast, track, inside):
    review = builders.make_second_look(cast, track)
    first = decide_review(review=review, eligible=True, reason="Right.", today=TODAY, by=inside["manager"])
    assert decide_review(review=review, eligible=True, reason="Right.", today=TODAY, by=inside["manager"]) == first
    with pytest.raises(ProgramError, match="decided on April 1, 2026"):
        decide_review(
            review=review, eligible=False, reason="No.", against=["misdemeanor"], today=TODAY, by=inside["second"]
        )
    assert Event.objects.filter(action="second_look.decided").count() == 1


def test_second_look_is_asked_for_once_at_a_time_and_only_after_a_no(cast, track, inside):
    key = new_id()
    referral = builders.make_ineligible(cast, track)
    values = {"request": "Please.", "today": TODAY, "by": inside["intake_clerk"]}
    first = ask_for_second_look(screening=screening_of(referral), **values, row_id=key)
    assert ask_for_second_look(screening=screening_of(referral), **values, row_id=key) == first
    with pytest.raises(ProgramError, match="waits for a decision already"):
        ask_for_second_look(screening=screening_of(referral), **values)
    with pytest.raises(ProgramError, match="decide that one"):
        turn(referral, True, inside["manager"])
    for made in (builders.make_eligible(cast, track), builders.make_open(cast, track)):
        with pytest.raises(ProgramError, match="not eligible"):
            ask_for_second_look(screening=screening_of(made), **values)
    with pytest.raises(ProgramError, match="longer than 2000"):
        ask_for_second_look(
            screening=screening_of(builders.make_ineligible(cast, track)), **{**values, "request": "x" * 2001}
        )
    assert Review.objects.count() == 1


def change_charge(referral, track, by) -> Referral:
    row = Referral.objects.get(pk=referral.pk)
    return change_referral(referral=row, version=row.version, charge=OTHER_CHARGE[track.kind], today=TODAY, by=by)


def test_changed_charge_makes_a_second_look_due_and_stops_new_offers(cast, track, inside):
    referral = builders.make_eligible(cast, track)
    change_charge(referral, track, inside["intake_clerk"])
    review = Review.objects.get()
    assert (review.kind, review.asked_by, review.eligible_before) == ("charge", inside["intake_clerk"], True)
    assert (state(referral), second_look_waits(referral)) == ((True, Status.ELIGIBLE), True)
    with pytest.raises(ProgramError, match="A second look at the screening is due"):
        builders.make_offer(cast, track, referral=Referral.objects.get(pk=referral.pk))
    decide_review(review=review, eligible=True, reason="It still fits.", today=TODAY, by=inside["manager"])
    builders.make_offer(
        cast,
        track,
        referral=Referral.objects.get(pk=referral.pk),
        made_at=builders.at(TODAY),
        decide_by=D(2026, 4, 9),
    )
    assert state(referral) == (True, Status.OFFERED)


def test_changed_charge_can_end_in_not_eligible_by_who_screened_too(cast, track, inside):
    """It is nobody's appeal: whoever may review decides, and a single manager is enough."""
    referral = builders.make_eligible(cast, track)
    change_charge(referral, track, inside["intake_clerk"])
    decide_review(
        review=Review.objects.get(), eligible=False, reason="No.", against=["fits_charge"], today=TODAY,
        by=inside["intake_clerk"],
    )  # fmt: skip
    assert state(referral) == (False, Status.INELIGIBLE)


def test_changed_charge_stands_in_the_way_of_a_placement(cast, track, inside):
    agreement = builders.make_agreement(cast, track)
    change_charge(agreement.referral, track, inside["intake_clerk"])
    referral = Referral.objects.get(pk=agreement.referral_id)
    assert gaps(referral, TODAY) == ["A second look at the screening is due."]
    with pytest.raises(ProgramError, match="A second look"):
        builders.make_enrollment(cast, track, agreement=agreement)
    decide_review(review=Review.objects.get(), eligible=True, reason="Fits.", today=TODAY, by=inside["manager"])
    assert gaps(referral, TODAY) == []


def test_changed_charge_that_does_not_fit_ends_an_accepted_case_and_keeps_the_answer(cast, track, inside):
    agreement = builders.make_agreement(cast, track)
    change_charge(agreement.referral, track, inside["intake_clerk"])
    decide_review(
        review=Review.objects.get(), eligible=False, reason="No.", against=["fits_charge"], today=TODAY,
        by=inside["manager"],
    )  # fmt: skip
    referral = agreement.referral
    assert state(referral) == (False, Status.INELIGIBLE)
    assert Offer.objects.get().decision == "accepted"
    with pytest.raises(ProgramError, match="not eligible"):
        builders.make_enrollment(cast, track, agreement=agreement)
    # The person may ask for a second look like anybody, and then stands where they stood.
    review = ask_for_second_look(screening=screening_of(referral), request="", today=TODAY, by=inside["intake_clerk"])
    decide_review(review=review, eligible=True, reason="Changed back.", today=TODAY, by=inside["second"])
    assert state(referral) == (True, Status.ACCEPTED)


def test_accepted_case_is_not_overridden(cast, track, inside):
    referral = builders.make_agreement(cast, track).referral
    with pytest.raises(ProgramError, match="accepted the offer"):
        turn(referral, False, inside["manager"])
    assert state(referral) == (True, Status.ACCEPTED)


def test_changed_charge_before_a_decision_makes_nothing_due(cast, track, inside):
    for referral in (builders.make_referral(cast, track), builders.make_open(cast, track)):
        change_charge(referral, track, inside["intake_clerk"])
    assert not Review.objects.exists()


def test_charge_changed_twice_makes_one_look_due(cast, track, inside):
    referral = builders.make_eligible(cast, track)
    change_charge(referral, track, inside["intake_clerk"])
    row = Referral.objects.get(pk=referral.pk)
    charge = builders.CHARGES[track.kind]
    change_referral(referral=row, version=row.version, charge=charge, today=TODAY, by=inside["manager"])
    assert Review.objects.count() == 1


def test_other_changes_make_nothing_due(cast, track, inside):
    referral = builders.make_eligible(cast, track)
    change_referral(referral=referral, version=0, phone="305 555 0100", today=TODAY, by=inside["manager"])
    assert not Review.objects.exists()


def test_stopped_and_corrected_referral_stands_where_the_override_left_it(cast, track, inside):
    referral = builders.make_ineligible(cast, track)
    turn(referral, True, inside["manager"])
    row = Referral.objects.get(pk=referral.pk)
    values = {"date_of_birth": D(2009, 2, 2), "today": TODAY, "by": inside["manager"]}
    row = change_referral(referral=row, version=row.version, **values)
    assert state(referral) == (True, Status.STOPPED)
    values |= {"date_of_birth": D(1990, 5, 17), "offense_on": row.offense_on, "checked": True}
    correct_dates(referral=row, version=row.version, **values)
    assert state(referral) == (True, Status.ELIGIBLE)


def test_rule_of_the_program_is_not_overridden_by_one_person(cast):
    """Whoever is said to have arranged or profited: a wrong answer is put right by a second look."""
    clerk, manager = cast.services_intake_clerk, cast.services_manager
    referral = builders.make_referral(cast, cast.services)
    with in_track(cast.services, by=clerk, write=True):
        answers = {row["key"]: row["wanted"] for row in current_criteria(TODAY).criteria} | {"third_party": "yes"}
        screen(referral=referral, answers=answers, today=TODAY, by=clerk)
        with pytest.raises(ProgramError, match="One person alone does not decide otherwise"):
            turn(referral, True, manager)
        assert (state(referral), Review.objects.count()) == ((False, Status.INELIGIBLE), 0)
        review = ask_for_second_look(screening=screening_of(referral), request="", today=TODAY, by=clerk)
        decide_review(review=review, eligible=True, reason="Another person's papers.", today=TODAY, by=manager)
        assert state(referral) == (True, Status.ELIGIBLE)

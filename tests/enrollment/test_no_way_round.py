"""No order of steps places a person without an accepted offer, a counsel answer and an agreement."""

import datetime

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from participants.consent.actions import (
    amend_agreement,
    decide_offer,
    lapse_offers,
    make_offer,
    sign_agreement,
    withdraw_agreement,
)
from participants.consent.queries import agreement_of
from participants.enrollment.actions import place
from participants.errors import ProgramError
from participants.models import Agreement, Enrollment, Offer, Participant, Referral
from participants.referrals.actions import change_referral
from participants.screening.actions import screen
from participants.screening.queries import current_criteria
from participants.tracks.scope import in_track
from tests.builders import at, make_agreement, make_referral, text_of

TODAY = datetime.date(2026, 3, 20)
NOW = at(TODAY, 15)


def screened(referral, by, wrong=()):
    answers = {criterion["key"]: criterion["wanted"] for criterion in current_criteria(TODAY).criteria}
    screen(referral=referral, answers={**answers, **dict(wrong)}, note="", today=TODAY, by=by)


def offered(referral, by):
    make_offer(
        referral=referral,
        text=text_of("offer"),
        language="en",
        interpreter="",
        place="office",
        present="",
        made_at=at(TODAY),
        explained_by=by,
        decide_by=TODAY + datetime.timedelta(days=7),
        now=NOW,
        by=by,
    )


def decided(referral, by, decision, **counsel):
    offer = Offer.objects.filter(referral=referral).order_by("-id").first()
    if offer is not None:
        decide_offer(offer=offer, decision=decision, decided_at=NOW, asked_to_sign_now=True, **counsel, now=NOW, by=by)


def signed(referral, by, waived=True):
    offer = Offer.objects.filter(referral=referral).order_by("-id").first()
    if offer is not None:
        until = TODAY + datetime.timedelta(days=180)
        sign_agreement(
            offer=offer,
            text=text_of("agreement"),
            language="en",
            interpreter="",
            signed_at=NOW,
            speedy_trial_waived=waived,
            waived_until=until,
            term_ends_on=until,
            now=NOW,
            by=by,
        )


def withdrawn(referral, by):
    agreement = Agreement.objects.filter(referral=referral).order_by("-id").first()
    if agreement is not None:
        withdraw_agreement(agreement=agreement, on=TODAY, by=by)


def amended(referral, by):
    agreement = Agreement.objects.filter(referral=referral).order_by("-version").first()
    if agreement is not None:
        until = TODAY + datetime.timedelta(days=200)
        amend_agreement(
            agreement=agreement,
            text=text_of("agreement"),
            language="en",
            interpreter="",
            signed_at=NOW,
            speedy_trial_waived=True,
            waived_until=until,
            term_ends_on=until,
            monitoring_ends_on=None,
            requirements=[],
            now=NOW,
            by=by,
        )


# --- writing rows without the actions ------------------------------------------------------------------------------
def row_of_agreement(referral, by):
    offer = Offer.objects.filter(referral=referral).order_by("-id").first()
    if offer is not None:
        until = TODAY + datetime.timedelta(days=180)
        Agreement.objects.create(
            referral=referral,
            offer=offer,
            version=Agreement.objects.filter(offer=offer).count() + 1,
            text=text_of("agreement"),
            language="en",
            signed_at=NOW,
            signed_on=TODAY,
            speedy_trial_waived=True,
            waived_until=until,
            term_ends_on=until,
            recorded_by=by,
        )


def row_of_stay(referral, by):
    agreement = Agreement.objects.order_by("id").first()
    if agreement is not None:
        participant = Participant.objects.create(
            name="Written By Hand", date_of_birth=datetime.date(1990, 1, 1), language="en"
        )
        Enrollment.objects.create(
            participant=participant,
            referral=referral,
            agreement=agreement,
            caseworker=by,
            placed_on=TODAY,
            term_ends_on=agreement.term_ends_on,
        )


def row_of_acceptance(referral, by):
    accepted = {"decision": "accepted", "decided_on": TODAY, "decided_at": NOW, "accepted_at": NOW}
    Offer.objects.filter(referral=referral).update(**accepted)


def row_not_withdrawn(referral, by):
    Agreement.objects.update(withdrawn_on=None)


def row_of_other_case(referral, by):
    other = Agreement.objects.exclude(referral=referral).first()
    if other is not None:
        Agreement.objects.filter(pk=other.pk).update(referral=referral)


WRITTEN = {
    "write an agreement": row_of_agreement,
    "write a stay": row_of_stay,
    "write an acceptance": row_of_acceptance,
    "write no withdrawal": row_not_withdrawn,
    "write another's agreement": row_of_other_case,
}


def turned_out_minor(referral, by):
    change_referral(
        referral=referral,
        version=referral.version,
        date_of_birth=datetime.date(2010, 1, 1),
        today=TODAY,
        by=by,
    )


STEPS = {
    "screen": screened,
    "offer": offered,
    "accept": lambda referral, by: decided(referral, by, "accepted", counsel="declined", counsel_on=TODAY),
    "sign": signed,
    "place": lambda referral, by: place(referral=referral, caseworker=by, placed_on=TODAY, today=TODAY, by=by),
    "find ineligible": lambda referral, by: screened(referral, by, wrong={"misdemeanor": "no"}),
    "accept unasked": lambda referral, by: decided(referral, by, "accepted"),
    "decline": lambda referral, by: decided(referral, by, "declined"),
    "sign unwaived": lambda referral, by: signed(referral, by, waived=False),
    "withdraw": withdrawn,
    "lapse": lambda referral, by: lapse_offers(today=TODAY + datetime.timedelta(days=30)),
    "minor": turned_out_minor,
    "amend": amended,
}
WAY = ("screen", "offer", "accept", "sign", "place")


@st.composite
def walks(draw):
    """The way in, with steps left out and others strewn between."""
    walk = []
    for step in WAY:
        walk += draw(st.lists(st.sampled_from(list(STEPS)), max_size=2))
        if draw(st.integers(0, 5)):
            walk.append(step)
    return walk


def walk_through(cast, walk) -> list[str]:
    """Take the steps one after the other; the steps that were done. After each the guarantee is looked at."""
    by, done = cast.education_caseworker, []
    case = make_referral(cast, cast.education)
    with in_track(cast.education, by=by, write=True):
        for step in walk:
            try:
                with transaction.atomic():
                    STEPS[step](Referral.objects.get(pk=case.pk), by)
            except ProgramError:
                continue
            done.append(step)
            for stay in Enrollment.objects.select_related("agreement__offer", "referral__screening"):
                agreement, offer = stay.agreement, stay.agreement.offer
                assert stay.referral.screening.eligible
                assert offer.decision == "accepted"
                assert offer.counsel in ("consulted", "declined")
                assert offer.counsel_on <= offer.decided_on <= agreement.signed_on <= stay.placed_on
                assert agreement.speedy_trial_waived
                assert agreement.withdrawn_on is None or step != "place"
                assert stay.participant.date_of_birth < datetime.date(2008, 1, 1)
            assert Participant.objects.count() == Enrollment.objects.count() <= 1
    return done


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=walks())
def test_no_order_of_steps_leads_round_the_choice(cast, walk):
    with transaction.atomic():
        walk_through(cast, walk)
        transaction.set_rollback(True)


def test_the_way_in_leads_in(cast):
    """Else the test above would pass on an empty track."""
    assert walk_through(cast, WAY) == list(WAY)


@st.composite
def crooked_walks(draw):
    """Steps of the way in, strewn with rows that are written past the actions."""
    steps = st.sampled_from([*WAY, "decline", "withdraw", "lapse", "amend", *WRITTEN])
    return [*draw(st.lists(steps, min_size=3, max_size=12)), "write a stay"]


@pytest.fixture
def other(cast):
    """The agreement of somebody else, to be taken for the case."""
    return make_agreement(cast, cast.education)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=crooked_walks())
def test_no_writing_of_rows_leads_round_the_choice(cast, other, walk):
    """The database asks for offer, counsel answer and agreement itself; every stay that is added has them."""
    by = cast.education_caseworker
    with transaction.atomic():
        case = make_referral(cast, cast.education)
        with in_track(cast.education, by=by, write=True):
            for step in walk:
                before = set(Enrollment.objects.values_list("pk", flat=True))
                try:
                    with transaction.atomic():
                        (STEPS | WRITTEN)[step](Referral.objects.get(pk=case.pk), by)
                except (ProgramError, DatabaseError):
                    continue
                for stay in Enrollment.objects.select_related("agreement__offer"):
                    agreement, offer = stay.agreement, stay.agreement.offer
                    assert stay.referral_id == agreement.referral_id == offer.referral_id == case.pk
                    assert offer.counsel in ("consulted", "declined")
                    assert offer.counsel_on is not None
                    if stay.pk not in before:
                        assert (offer.decision, agreement.withdrawn_on) == ("accepted", None)
                        assert agreement == agreement_of(offer)
                assert Agreement.objects.get(pk=other.pk).referral_id == other.referral_id
        transaction.set_rollback(True)


def test_rows_written_in_the_right_order_make_a_stay(cast):
    """Else the test above would pass on a track without any."""
    by = cast.education_caseworker
    case = make_referral(cast, cast.education)
    with in_track(cast.education, by=by, write=True):
        for step in ("screen", "offer", "accept", "write an agreement", "write a stay"):
            (STEPS | WRITTEN)[step](Referral.objects.get(pk=case.pk), by)
        assert Enrollment.objects.get().referral_id == case.pk

"""No order of steps places a person without an accepted offer, a counsel answer and an agreement."""

import datetime

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from participants.consent.actions import decide_offer, lapse_offers, make_offer, sign_agreement, withdraw_agreement
from participants.enrollment.actions import place
from participants.errors import ProgramError
from participants.models import Agreement, Enrollment, Offer, Participant, Referral
from participants.referrals.actions import change_referral
from participants.screening.actions import screen
from participants.screening.queries import current_criteria
from participants.tracks.scope import in_track
from tests.builders import make_referral, text_of

TODAY = datetime.date(2026, 3, 20)


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
        made_on=TODAY,
        explained_by=by,
        decide_by=TODAY + datetime.timedelta(days=7),
        today=TODAY,
        by=by,
    )


def decided(referral, by, decision, **counsel):
    offer = Offer.objects.filter(referral=referral).order_by("-id").first()
    if offer is not None:
        decide_offer(offer=offer, decision=decision, decided_on=TODAY, **counsel, today=TODAY, by=by)


def signed(referral, by, waived=True):
    offer = Offer.objects.filter(referral=referral).order_by("-id").first()
    if offer is not None:
        until = TODAY + datetime.timedelta(days=180)
        sign_agreement(
            offer=offer,
            text=text_of("agreement"),
            language="en",
            interpreter="",
            signed_on=TODAY,
            speedy_trial_waived=waived,
            waived_until=until,
            term_ends_on=until,
            today=TODAY,
            by=by,
        )


def withdrawn(referral, by):
    agreement = Agreement.objects.filter(referral=referral).order_by("-id").first()
    if agreement is not None:
        withdraw_agreement(agreement=agreement, on=TODAY, by=by)


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
    "accept": lambda referral, by: decided(referral, by, "accepted", counsel="consulted", counsel_on=TODAY),
    "sign": signed,
    "place": lambda referral, by: place(referral=referral, caseworker=by, placed_on=TODAY, today=TODAY, by=by),
    "find ineligible": lambda referral, by: screened(referral, by, wrong={"misdemeanor": "no"}),
    "accept unasked": lambda referral, by: decided(referral, by, "accepted"),
    "decline": lambda referral, by: decided(referral, by, "declined"),
    "sign unwaived": lambda referral, by: signed(referral, by, waived=False),
    "withdraw": withdrawn,
    "lapse": lambda referral, by: lapse_offers(today=TODAY + datetime.timedelta(days=30)),
    "minor": turned_out_minor,
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

"""What a person agreed to do, and its versions over time: the stay follows, nothing signed is changed."""

import datetime
from decimal import Decimal

import pytest

from participants.audit.models import Event
from participants.completion.actions import withdraw
from participants.consent.actions import amend_agreement, withdraw_agreement
from participants.consent.models import ConsentText
from participants.consent.queries import agreement_of
from participants.errors import ProgramError
from participants.models import Agreement, Enrollment, Requirement
from participants.requirements.actions import adjust_requirement
from participants.requirements.agreed import Agreed, read_agreed
from participants.tracks.models import new_id
from participants.tracks.scope import in_track
from tests import builders
from tests.builders import at, make_accepted, make_agreement, make_ended, make_enrollment, text_of

DAY = datetime.timedelta(days=1)
LATER = builders.PLACED + 60 * DAY
EXTENDED = builders.TERM_ENDS + 90 * DAY
CLASS = Agreed("class_hours", Decimal(8), "Education class")
SERVICE = Agreed("community_service_hours", Decimal(20))
FEE = Agreed("fee", Decimal(200))


def agreed(*rows):
    return {"requirements": list(rows)}


def amend(cast, agreement, *, track=None, **over):
    track = track or cast.education
    by = builders.staff(cast, track, "caseworker")
    with in_track(track, by=by, write=True):
        values = {
            "text": text_of(ConsentText.Kind.AGREEMENT),
            "language": "en",
            "interpreter": "",
            "signed_at": at(LATER),
            "speedy_trial_waived": True,
            "waived_until": EXTENDED,
            "term_ends_on": EXTENDED,
            "monitoring_ends_on": None,
            "requirements": read_agreed(agreement.requirements),
            "now": over.get("signed_at", at(LATER)),
        }
        return amend_agreement(agreement=agreement, **{**values, **over}, by=by)


def asked_of(cast, track=None):
    """What a stay asks: kind, quantity and whether it is waived."""
    with in_track(track or cast.education):
        rows = Requirement.objects.order_by("position", "id")
        return [(row.kind, row.quantity, row.waived_on) for row in rows]


def events(cast, action):
    with in_track(cast.education):
        return list(Event.objects.filter(action=action))


def test_agreement_lists_what_the_track_asks_unless_less_is_agreed(cast):
    whole = make_agreement(cast, cast.education)
    assert read_agreed(whole.requirements) == [CLASS, SERVICE, FEE]
    less = make_agreement(cast, cast.education, **agreed(CLASS, Agreed("community_service_hours", Decimal("7.5"))))
    with in_track(cast.education):
        stored = Agreement.objects.get(pk=less.pk)
    assert stored.requirements == [
        {"kind": "class_hours", "quantity": "8", "service": "Education class", "waived": False},
        {"kind": "community_service_hours", "quantity": "7.5", "service": "", "waived": False},
    ]


def test_stay_asks_what_the_agreement_lists_and_not_what_the_track_does(cast):
    waived = Agreed("fee", Decimal(200), waived=True)
    agreement = make_agreement(
        cast, cast.education, **agreed(Agreed("class_hours", Decimal(4), "Education class"), waived)
    )
    stay = make_enrollment(cast, cast.education, agreement=agreement)
    assert asked_of(cast) == [("class_hours", 4, None), ("fee", 200, stay.placed_on)]
    with in_track(cast.education):
        fee = Requirement.objects.get(kind="fee")
        assert (fee.change_reason, fee.changed_by) == ("Waived in the agreement.", cast.education_caseworker)


def test_agreement_that_asks_nothing_is_one(cast):
    agreement = make_agreement(cast, cast.services, **agreed())
    make_enrollment(cast, cast.services, agreement=agreement)
    assert asked_of(cast, cast.services) == []


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([Agreed("class_hours", Decimal(9), "Education class")], "not more than 8 hours"),
        ([Agreed("class_hours", Decimal(8), "Another class")], "does not ask for this"),
        ([Agreed("own_choice_sessions", Decimal(3))], "does not ask for this"),
        ([Agreed("fee", Decimal(0))], "leave it out"),
        ([CLASS, CLASS], "listed twice"),
        ([Agreed("class_hours", Decimal(8), "Education class", waived=True)], "only a fee is waived"),
    ],
)
def test_more_than_the_track_asks_is_not_agreed(cast, rows, words):
    offer = make_accepted(cast, cast.education)
    with pytest.raises(ProgramError, match=words):
        make_agreement(cast, cast.education, offer=offer, requirements=rows)
    with in_track(cast.education):
        assert not Agreement.objects.exists()


def test_one_extension_with_consent_and_the_stay_follows(cast):
    """s. 948.08 Fla. Stat.: 90 days more, with consent."""
    stay = make_enrollment(cast, cast.education)
    first = stay.agreement
    before = {
        field.attname: getattr(first, field.attname)
        for field in Agreement._meta.concrete_fields
        if field.attname != "interpreter"
    }
    second = amend(cast, first)
    with in_track(cast.education):
        stored = Enrollment.objects.select_related("agreement").get()
        assert (stored.agreement, stored.term_ends_on) == (second, EXTENDED)
        assert (second.version, second.signed_on, second.offer_id) == (2, LATER, first.offer_id)
        old = Agreement.objects.get(pk=first.pk)
        assert {name: getattr(old, name) for name in before} == before
        assert agreement_of(old.offer) == second
    assert asked_of(cast) == [("class_hours", 8, None), ("community_service_hours", 20, None), ("fee", 200, None)]
    [event] = events(cast, "agreement.amended")
    assert event.detail == {"version": 2, "language": "en"}
    assert len(events(cast, "enrollment.agreement_followed")) == 1


def test_requirements_are_lowered_left_out_and_added(cast):
    agreement = make_agreement(cast, cast.education, **agreed(CLASS, SERVICE))
    stay = make_enrollment(cast, cast.education, agreement=agreement)
    amend(cast, stay.agreement, **agreed(Agreed("class_hours", Decimal(6), "Education class"), FEE))
    assert asked_of(cast) == [("class_hours", 6, None), ("community_service_hours", 20, LATER), ("fee", 200, None)]
    with in_track(cast.education):
        lowered = Requirement.objects.get(kind="class_hours")
        assert (lowered.reduced_from, lowered.version) == (8, 1)
        assert lowered.change_reason == "Agreement signed anew on May 11, 2026"


def test_what_was_lowered_or_waived_since_stays_so(cast):
    stay = make_enrollment(cast, cast.education)
    manager = cast.education_manager
    with in_track(cast.education, by=manager, write=True):
        for kind, over in (("class_hours", {"quantity": Decimal(4)}), ("fee", {"waive": True})):
            row = Requirement.objects.get(kind=kind)
            adjust_requirement(requirement=row, version=0, reason="Ill.", today=LATER - DAY, by=manager, **over)
    amend(cast, stay.agreement)
    assert asked_of(cast) == [
        ("class_hours", 4, None),
        ("community_service_hours", 20, None),
        ("fee", 200, LATER - DAY),
    ]


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"requirements": [Agreed("class_hours", Decimal(9), "Education class")]}, "ask_class_hours_education-class"),
        ({"signed_at": at(builders.SIGNED - DAY)}, "signed_at"),
        ({"now": at(LATER - DAY)}, "signed_at"),
        ({"waived_until": EXTENDED - DAY}, "waived_until"),
        ({"monitoring_ends_on": EXTENDED + DAY}, "waived_until"),
        ({"speedy_trial_waived": False}, "speedy_trial_waived"),
        ({"language": "pt"}, "interpreter"),
        ({"term_ends_on": builders.PLACED - DAY, "signed_at": at(builders.SIGNED, 13)}, "term_ends_on"),
    ],
)
def test_new_version_that_does_not_hold_changes_nothing(cast, over, field):
    stay = make_enrollment(cast, cast.education)
    with pytest.raises(ProgramError) as refusal:
        amend(cast, stay.agreement, **over)
    assert refusal.value.field == field
    with in_track(cast.education):
        assert Agreement.objects.count() == 1
        assert Enrollment.objects.get().term_ends_on == builders.TERM_ENDS
    assert events(cast, "agreement.amended") == []


def test_before_the_placement_a_new_version_is_the_one_that_counts(cast):
    first = make_agreement(cast, cast.education)
    second = amend(cast, first, signed_at=at(builders.PLACED), **agreed(CLASS))
    stay = make_enrollment(cast, cast.education, agreement=second)
    assert (stay.agreement, stay.term_ends_on) == (second, EXTENDED)
    assert asked_of(cast) == [("class_hours", 8, None)]


def test_only_the_last_version_is_followed(cast):
    stay = make_enrollment(cast, cast.education)
    first = stay.agreement
    amend(cast, first)
    with pytest.raises(ProgramError, match="later version"):
        amend(cast, first)


def test_new_version_posted_twice_is_one(cast):
    stay, row_id = make_enrollment(cast, cast.education), new_id()
    first = stay.agreement
    assert amend(cast, first, row_id=row_id) == amend(cast, first, row_id=row_id)
    with pytest.raises(ProgramError, match="saved before with other content"):
        amend(cast, first, row_id=row_id, term_ends_on=EXTENDED - DAY)
    assert len(events(cast, "agreement.amended")) == 1


def test_after_the_stay_nothing_is_signed(cast):
    stay = make_enrollment(cast, cast.education)
    agreement = stay.agreement
    make_ended(cast, cast.education, enrollment=stay, status="neutral", detail="transfer")
    with pytest.raises(ProgramError, match="has ended"):
        amend(cast, agreement)


def test_withdrawing_takes_back_the_version_that_stands(cast):
    stay = make_enrollment(cast, cast.education)
    first = stay.agreement
    second = amend(cast, first)
    by = cast.education_caseworker
    with in_track(cast.education, by=by, write=True):
        withdraw(enrollment=Enrollment.objects.get(), on=LATER + DAY, today=LATER + DAY, by=by)
        assert Agreement.objects.get(pk=second.pk).withdrawn_on == LATER + DAY
        assert Agreement.objects.get(pk=first.pk).withdrawn_on is None
        with pytest.raises(ProgramError, match="withdrawn this agreement"):
            amend_again(second, by)


def amend_again(agreement, by):
    return amend_agreement(
        agreement=agreement,
        text=text_of(ConsentText.Kind.AGREEMENT),
        language="en",
        interpreter="",
        signed_at=at(LATER + 2 * DAY),
        speedy_trial_waived=True,
        waived_until=EXTENDED,
        term_ends_on=EXTENDED,
        monitoring_ends_on=None,
        requirements=[],
        now=at(LATER + 2 * DAY),
        by=by,
    )


def test_withdrawn_before_placement_it_is_not_signed_anew(cast):
    agreement = make_agreement(cast, cast.education)
    by = cast.education_caseworker
    with in_track(cast.education, by=by, write=True):
        withdraw_agreement(agreement=agreement, on=builders.SIGNED, by=by)
    with pytest.raises(ProgramError, match="withdrawn this agreement"):
        amend(cast, agreement)

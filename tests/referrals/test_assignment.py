"""Who works on a case: said on its page, told on my day, found by the filter."""

import pytest

from participants.audit.models import Event
from participants.errors import ProgramError
from participants.models import Referral, Restriction
from participants.my_day.queries import day_of
from participants.referrals.assignment import AssignedMeanwhile, assign
from participants.staff.models import permissions_of
from participants.tracks.scope import in_track
from tests import builders
from tests.builders import RECEIVED
from tests.words import main_of, text_of


def give(cast, referral, to, seen=None, by=None):
    by = by or cast.education_intake_clerk
    with in_track(cast.education, by=by, write=True):
        return assign(referral=referral, to=to, seen=seen, today=RECEIVED, by=by)


def assigned_to(cast):
    with in_track(cast.education):
        return Referral.objects.get().assigned_to


def test_assigning_is_on_record(cast):
    referral = builders.make_referral(cast, cast.education)
    give(cast, referral, cast.education_caseworker)
    assert assigned_to(cast) == cast.education_caseworker
    with in_track(cast.education):
        event = Event.objects.get(action="referral.assigned")
        assert event.detail == {"to": str(cast.education_caseworker.pk), "fields": ["assigned_to"]}
    give(cast, referral, None, seen=cast.education_caseworker.pk)
    assert assigned_to(cast) is None


def test_the_same_again_writes_nothing(cast):
    referral = builders.make_referral(cast, cast.education)
    for _ in range(2):
        give(cast, referral, cast.education_caseworker)
    with in_track(cast.education):
        assert Event.objects.filter(action="referral.assigned").count() == 1


@pytest.mark.parametrize("who", ["education_facilitator", "services_caseworker", "outsider"])
def test_only_staff_of_the_track_who_make_offers(cast, who):
    referral = builders.make_referral(cast, cast.education)
    with pytest.raises(ProgramError) as refusal:
        give(cast, referral, cast.people[who])
    assert refusal.value.field == "to"
    assert assigned_to(cast) is None


def test_who_was_faster_is_named(cast):
    referral = builders.make_referral(cast, cast.education)
    give(cast, referral, cast.education_caseworker)
    with pytest.raises(AssignedMeanwhile) as refusal:
        give(cast, referral, cast.education_manager, seen=None)
    assert "to Education Caseworker meanwhile" in refusal.value.message
    assert assigned_to(cast) == cast.education_caseworker


def test_nobody_whom_the_person_does_not_want(cast):
    referral = builders.make_referral(cast, cast.education)
    with in_track(cast.education, by=cast.education_manager, write=True):
        Restriction.objects.create(
            referral=referral,
            staff=cast.education_caseworker,
            recorded_on=RECEIVED,
            recorded_by=cast.education_manager,
        )
    with pytest.raises(ProgramError) as refusal:
        give(cast, referral, cast.education_caseworker)
    assert refusal.value.message == "Education Caseworker may not open this file. Choose somebody else for it."
    # Assigned before, the case is still not counted or listed where it cannot be opened.
    with in_track(cast.education, write=True):
        Referral.objects.update(assigned_to=cast.education_caseworker)
    user = cast.education_caseworker
    with in_track(cast.education, by=user):
        assert day_of(user, permissions_of(list(user.grants.all())), on=RECEIVED).mine == []


@pytest.mark.parametrize("status", ["placed", "stopped"])
def test_a_case_that_is_shut_is_not_assigned(cast, status):
    if status == "placed":
        referral = builders.make_enrollment(cast, cast.education).referral
    else:
        referral = builders.make_referral(cast, cast.education, date_of_birth=RECEIVED.replace(year=2010))
    with pytest.raises(ProgramError):
        give(cast, referral, cast.education_caseworker)
    url = cast.url(cast.education, "referral_assign", pk=referral.pk)
    assert cast.client("education_intake_clerk").get(url).status_code == 302


def test_by_the_page(cast):
    referral = builders.make_referral(cast, cast.education)
    client = cast.client("education_intake_clerk")
    here = cast.url(cast.education, "referral", pk=referral.pk)
    url = cast.url(cast.education, "referral_assign", pk=referral.pk)
    assert "Assigned to nobody yet" in text_of(client.get(here))
    assert url in main_of(client.get(here))
    assert "selected" not in main_of(client.get(url)).replace('<option value="" selected>', "")
    answer = client.post(url, {"to": str(cast.education_caseworker.pk), "seen": ""}, follow=True)
    assert "The case is assigned to Education Caseworker." in text_of(answer)
    assert "Assigned to Education Caseworker" in text_of(client.get(here))
    late = client.post(url, {"to": str(cast.education_manager.pk), "seen": ""})
    assert late.status_code == 422
    assert "to Education Caseworker meanwhile" in text_of(late)
    again = {"to": str(cast.education_manager.pk), "seen": late.context["form"].data["seen"]}
    assert client.post(url, again).status_code == 302
    assert assigned_to(cast) == cast.education_manager


@pytest.mark.parametrize("to", ["not-an-id", "\x00", "outsider"])
def test_bad_input_writes_nothing(cast, to):
    referral = builders.make_referral(cast, cast.education)
    url = cast.url(cast.education, "referral_assign", pk=referral.pk)
    to = str(cast.outsider.pk) if to == "outsider" else to
    assert cast.client("education_intake_clerk").post(url, {"to": to}).status_code == 422
    assert assigned_to(cast) is None


def test_the_list_shows_what_is_mine(cast):
    mine = builders.make_referral(cast, cast.education, name="Mina Mine")
    builders.make_referral(cast, cast.education, name="Otto Open")
    theirs = builders.make_referral(cast, cast.education, name="Theo Theirs")
    give(cast, mine, cast.education_intake_clerk)
    give(cast, theirs, cast.education_caseworker)
    client = cast.client("education_intake_clerk")

    def names(query):
        text = main_of(client.get(cast.url(cast.education, "referrals") + query))
        return [name for name in ("Mina Mine", "Otto Open", "Theo Theirs") if name in text]

    assert names("") == ["Mina Mine", "Otto Open", "Theo Theirs"]
    assert names("?assigned=me") == ["Mina Mine"]
    assert names("?assigned=nobody") == ["Otto Open"]
    assert names("?assigned=somebody") == ["Mina Mine", "Otto Open", "Theo Theirs"]


def test_my_day_counts_my_referrals_by_step(cast):
    for _ in range(2):
        give(cast, builders.make_referral(cast, cast.education), cast.education_caseworker)
    give(cast, builders.make_eligible(cast, cast.education), cast.education_caseworker)
    builders.make_referral(cast, cast.education)
    client = cast.client("education_caseworker")
    page = client.get(cast.url(cast.education, "my_day"))
    assert page.context["day"].mine == [
        ("received", "to be screened", 2),
        ("eligible", "to be offered the program", 1),
    ]
    assert "My referrals" in text_of(page)
    assert "?assigned=me&amp;status=received" in main_of(page)
    other = cast.client("education_manager").get(cast.url(cast.education, "my_day"))
    assert "My referrals" not in text_of(other)

"""The pages of offer, decision and agreement: nothing ticked beforehand, nothing typed lost."""

import datetime
import re

import pytest

from participants.models import Agreement, Offer, Referral
from participants.tracks.scope import in_track
from tests import builders
from tests.builders import (
    make_accepted,
    make_agreement,
    make_declined,
    make_eligible,
    make_enrollment,
    make_ineligible,
    make_lapsed,
    make_offer,
    text_of,
)

DAY = datetime.timedelta(days=1)
MAKERS = ("intake_clerk", "caseworker", "manager")
LATER = "2126-01-01"


def typed(day, time="12:00") -> str:
    """A day and time as a browser sends them."""
    return f"{day}T{time}"


def asked_fields(kind) -> set[str]:
    """The fields for what the track asks, filled in with what it asks."""
    education = {"ask_class_hours_education-class", "ask_community_service_hours", "ask_fee"}
    return {"education": education, "services": {"ask_own_choice_sessions"}}[kind]


def form_of(answer) -> dict[str, str]:
    """The values that a browser would post without anybody touching the form."""
    form = answer.context["form"]
    return {field.html_name: field.value() for field in form if field.value() not in (None, "", False)}


@pytest.mark.parametrize("role", MAKERS)
@pytest.mark.parametrize("kind", ["education", "services"])
def test_offer_is_made_in_the_persons_language(cast, role, kind):
    track = cast.tracks[kind]
    referral = make_eligible(cast, track, language="ht")
    client = cast.client(f"{kind}_{role}")
    url = cast.url(track, "offer_new", pk=referral.pk)
    page = client.get(url)
    text = page.content.decode()
    assert page.status_code == 200
    assert re.search(r'<details class="panel" open>\s*<summary><strong>Haitian Creole</strong>', text)
    assert "translation not yet certified" in text
    with in_track(track):
        creole = text_of("offer", "ht")
    values = {
        **form_of(page),
        "place": "office",
        "explained_by": cast.people[f"{kind}_{role}"].pk,
        "made_at": typed(builders.OFFERED),
        "decide_by": builders.DECIDE_BY,
    }
    assert client.post(url, values).status_code == 302
    with in_track(track):
        offer = Offer.objects.get()
        assert (offer.language, offer.text, offer.referral_id) == ("ht", creole, referral.pk)


def test_offer_form_decides_nothing_beforehand(cast):
    """Language and today's date are known; where, who explained and until when are asked."""
    referral = make_eligible(cast, cast.education)
    page = cast.client("education_caseworker").get(cast.url(cast.education, "offer_new", pk=referral.pk))
    assert set(form_of(page)) == {"language", "text", "made_at", "form_key"}


def test_language_without_a_text_takes_text_used_and_interpreter(cast):
    referral = make_eligible(cast, cast.education, language="pt")
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "offer_new", pk=referral.pk)
    page = client.get(url)
    assert "text" not in form_of(page)
    with in_track(cast.education):
        spanish = text_of("offer", "es")
    values = {
        **form_of(page),
        "text": spanish.pk,
        "place": "phone",
        "present": "Her sister",
        "explained_by": cast.education_caseworker.pk,
        "made_at": typed(builders.OFFERED),
        "decide_by": builders.DECIDE_BY,
    }
    refused = client.post(url, values)
    assert refused.status_code == 422
    assert "name the interpreter" in refused.content.decode()
    assert "Her sister" in refused.content.decode()
    with in_track(cast.education):
        assert not Offer.objects.exists()
    assert client.post(url, {**values, "interpreter": "Rui Costa"}).status_code == 302
    with in_track(cast.education):
        offer = Offer.objects.get()
        assert (offer.language, offer.text, offer.interpreter) == ("pt", spanish, "Rui Costa")


def test_offer_posted_twice_is_one(cast):
    referral = make_eligible(cast, cast.education)
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "offer_new", pk=referral.pk)
    values = {
        **form_of(client.get(url)),
        "place": "office",
        "explained_by": cast.education_caseworker.pk,
        "made_at": typed(builders.OFFERED),
        "decide_by": builders.DECIDE_BY,
    }
    assert [client.post(url, values).status_code for _ in range(2)] == [302, 302]
    with in_track(cast.education):
        assert Offer.objects.count() == 1


@pytest.mark.parametrize(
    "over",
    [
        {"explained_by": "not-an-id"},
        {"text": "not-an-id"},
        {"text": "\x00"},
        {"language": "xx"},
        {"decide_by": "31/31/2026"},
        {"decide_by": LATER},
        {"place": "moon"},
        {"form_key": "forged"},
    ],
)
def test_bad_input_shows_the_form_again(cast, over):
    referral = make_eligible(cast, cast.education)
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "offer_new", pk=referral.pk)
    values = {
        **form_of(client.get(url)),
        "present": "kept as typed",
        "place": "office",
        "explained_by": cast.education_caseworker.pk,
        "made_at": typed(builders.OFFERED),
        "decide_by": builders.DECIDE_BY,
    }
    answer = client.post(url, {**values, **over})
    assert answer.status_code == 422
    assert "kept as typed" in answer.content.decode()
    with in_track(cast.education):
        assert not Offer.objects.exists()


def test_staff_of_the_other_track_cannot_be_chosen(cast):
    referral = make_eligible(cast, cast.education)
    page = cast.client("education_caseworker").get(cast.url(cast.education, "offer_new", pk=referral.pk))
    choices = set(page.context["form"].fields["explained_by"].queryset)
    assert cast.education_manager in choices
    assert cast.services_manager not in choices
    assert cast.education_facilitator not in choices


def test_offer_page_of_an_ineligible_referral_says_so(cast):
    referral = make_ineligible(cast, cast.education)
    page = cast.client("education_caseworker").get(cast.url(cast.education, "offer_new", pk=referral.pk))
    assert "No offer can be made now" in page.content.decode()
    assert 'name="decide_by"' not in page.content.decode()


@pytest.mark.parametrize("role", MAKERS)
def test_decision_page_ticks_nothing(cast, role):
    offer = make_offer(cast, cast.services)
    page = cast.client(f"services_{role}").get(cast.url(cast.services, "offer_decision", pk=offer.pk))
    assert page.status_code == 200
    assert not re.search(r"<input[^>]*\bchecked", page.content.decode().split("<main")[1])
    assert set(form_of(page)) == {"decided_at"}


def test_accepting_without_the_counsel_answer_is_refused(cast):
    offer = make_offer(cast, cast.education)
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "offer_decision", pk=offer.pk)
    values = {"decision": "accepted", "decided_at": typed(builders.DECIDED)}
    refused = client.post(url, values)
    assert refused.status_code == 422
    assert "consulted a lawyer or declined one in writing" in refused.content.decode()
    with in_track(cast.education):
        assert Offer.objects.get().decision == "waiting"
    accepted = {**values, "counsel": "declined", "counsel_on": builders.DECIDED}
    assert client.post(url, accepted).status_code == 302
    with in_track(cast.education):
        assert Offer.objects.get().decision == "accepted"


def test_declining_takes_one_answer_and_a_day(cast):
    offer = make_offer(cast, cast.services)
    client = cast.client("services_intake_clerk")
    url = cast.url(cast.services, "offer_decision", pk=offer.pk)
    assert "reason" not in client.get(url).context["form"].fields
    assert client.post(url, {"decision": "declined", "decided_at": typed(builders.DECIDED)}).status_code == 302
    with in_track(cast.services):
        assert Referral.objects.get().status == "declined"


def test_nobody_records_that_an_offer_lapsed(cast):
    offer = make_offer(cast, cast.education)
    client = cast.client("education_caseworker")
    answer = client.post(
        cast.url(cast.education, "offer_decision", pk=offer.pk),
        {"decision": "lapsed", "decided_at": typed(builders.DECIDED)},
    )
    assert answer.status_code == 422


def test_change_of_mind_is_possible_until_placed(cast):
    agreement = make_agreement(cast, cast.education)
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "offer_decision", pk=agreement.offer_id)
    assert list(client.get(url).context["form"].fields) == ["decision", "decided_at"]
    assert client.post(url, {"decision": "declined", "decided_at": typed(builders.PLACED)}).status_code == 302
    with in_track(cast.education):
        assert Agreement.objects.get().withdrawn_on == builders.PLACED


def test_after_placement_the_offer_stands(cast):
    enrollment = make_enrollment(cast, cast.education)
    with in_track(cast.education):
        offer = Offer.objects.get()
    answer = cast.client("education_caseworker").post(
        cast.url(cast.education, "offer_decision", pk=offer.pk),
        {"decision": "declined", "decided_at": typed(builders.PLACED)},
    )
    assert answer.status_code == 422
    with in_track(cast.education):
        assert Offer.objects.get().decision == "accepted"
        assert enrollment.is_active


def test_declined_offer_shows_no_form(cast):
    offer = make_declined(cast, cast.education)
    page = cast.client("education_caseworker").get(cast.url(cast.education, "offer_decision", pk=offer.pk))
    assert "A new offer can be made at any time" in page.content.decode()
    assert 'name="decision"' not in page.content.decode()


def test_answer_given_in_time_is_recorded_on_a_lapsed_offer(cast):
    offer = make_lapsed(cast, cast.education)
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "offer_decision", pk=offer.pk)
    again = client.get(cast.url(cast.education, "offer_new", pk=offer.referral_id)).content.decode()
    assert f'href="{url}"' in again
    page = client.get(url)
    assert "The time to decide ended on March 11, 2026" in page.content.decode()
    assert form_of(page) == {}  # today is too late, so no day is filled in
    values = {
        "decision": "accepted",
        "counsel": "consulted",
        "counsel_on": builders.DECIDED,
        "counsel_name": "Dana Webb",
    }
    late = client.post(url, {**values, "decided_at": typed(builders.PLACED)})
    assert late.status_code == 422
    assert "A new offer can be made." in late.content.decode()
    assert client.post(url, {**values, "decided_at": typed(builders.DECIDED)}).status_code == 302
    with in_track(cast.education):
        assert Offer.objects.get().decision == "accepted"


def test_lapsed_offer_with_a_later_one_shows_no_form(cast):
    earlier = make_lapsed(cast, cast.education)
    with in_track(cast.education):
        referral = Referral.objects.get(pk=earlier.referral_id)
    on = builders.PLACED
    make_offer(
        cast, cast.education, referral=referral, made_at=builders.at(on), decide_by=builders.TERM_ENDS - 30 * DAY
    )
    page = cast.client("education_caseworker").get(cast.url(cast.education, "offer_decision", pk=earlier.pk))
    assert "<strong>Lapsed</strong>" in page.content.decode()
    assert 'name="decision"' not in page.content.decode()


@pytest.mark.parametrize("role", MAKERS)
@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("education", ["Education class: 8 hours", "Community-service hours: 20 hours", "Fee: $200"]),
        ("services", ["Sessions of the person&#x27;s own choice: 6 sessions"]),
    ],
)
def test_agreement_page_shows_text_and_what_is_asked(cast, role, kind, asked):
    track = cast.tracks[kind]
    offer = make_accepted(cast, track)
    page = cast.client(f"{kind}_{role}").get(cast.url(track, "agreement_new", pk=offer.pk))
    text = page.content.decode()
    assert page.status_code == 200
    for requirement in asked:
        assert requirement in text
    assert not re.search(r"<input[^>]*\bchecked", text.split("<main")[1])
    assert set(form_of(page)) == {"language", "text", "signed_at", "form_key"} | asked_fields(kind)


def test_agreement_needs_the_waiver(cast):
    offer = make_accepted(cast, cast.education)
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "agreement_new", pk=offer.pk)
    values = {
        **form_of(client.get(url)),
        "signed_at": typed(builders.SIGNED),
        "term_ends_on": builders.TERM_ENDS,
        "waived_until": builders.TERM_ENDS,
    }
    refused = client.post(url, values)
    assert refused.status_code == 422
    assert "they may still decline" in refused.content.decode()
    with in_track(cast.education):
        assert not Agreement.objects.exists()
    assert [client.post(url, {**values, "speedy_trial_waived": "on"}).status_code for _ in range(2)] == [302, 302]
    with in_track(cast.education):
        assert Agreement.objects.get().signed_on == builders.SIGNED


@pytest.mark.parametrize("over", [{"signed_at": LATER}, {"signed_at": typed(builders.OFFERED)}, {"term_ends_on": ""}])
def test_agreement_with_a_wrong_day_is_refused(cast, over):
    offer = make_accepted(cast, cast.education)
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "agreement_new", pk=offer.pk)
    values = {
        **form_of(client.get(url)),
        "interpreter": "kept as typed",
        "signed_at": typed(builders.SIGNED),
        "term_ends_on": builders.TERM_ENDS,
        "waived_until": builders.TERM_ENDS,
        "speedy_trial_waived": "on",
    }
    answer = client.post(url, {**values, **over})
    assert answer.status_code == 422
    assert "kept as typed" in answer.content.decode()
    with in_track(cast.education):
        assert not Agreement.objects.exists()


@pytest.mark.parametrize(
    ("make", "words"),
    [(make_offer, "this one is: waiting for a decision"), (make_declined, "this one is: declined")],
)
def test_agreement_page_without_acceptance_says_so(cast, make, words):
    offer = make(cast, cast.education)
    page = cast.client("education_caseworker").get(cast.url(cast.education, "agreement_new", pk=offer.pk))
    assert "There is nothing to sign now" in page.content.decode()
    assert words in page.content.decode()
    assert 'name="signed_at"' not in page.content.decode()


@pytest.mark.parametrize("page", ["offer_decision", "agreement_new"])
def test_offer_of_the_other_track_is_not_there(cast, page):
    offer = make_accepted(cast, cast.services)
    assert cast.client("education_manager").get(cast.url(cast.education, page, pk=offer.pk)).status_code == 404
    assert cast.client("education_manager").get(cast.url(cast.services, page, pk=offer.pk)).status_code == 404


@pytest.mark.parametrize("decision", ["accepted", "declined"])
def test_decision_posted_twice_is_recorded_once(cast, decision):
    """A double click without JavaScript ends on the referral's page, not on an error."""
    offer = builders.make_offer(cast, cast.education)
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "offer_decision", pk=offer.pk)
    day = builders.DECIDED.isoformat()
    values = {
        "decision": decision,
        "decided_at": typed(builders.DECIDED),
        "counsel": "consulted",
        "counsel_on": day,
        "counsel_name": "Dana Webb",
    }
    page = cast.url(cast.education, "referral", pk=offer.referral_id)
    for _ in range(2):
        assert client.post(url, values).url == page
    with in_track(cast.education):
        assert Offer.objects.get(pk=offer.pk).decision == decision

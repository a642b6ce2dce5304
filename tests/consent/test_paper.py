"""Offer and agreement on paper, and how the pages of the case show how a person chose."""

import datetime
import re
from decimal import Decimal

import pytest

from participants.audit.models import Event, EventSubject
from participants.consent.versions import certify_text
from participants.models import Agreement, ConsentText
from participants.requirements.agreed import Agreed
from participants.tracks.scope import in_track
from tests import builders
from tests.builders import (
    at,
    make_accepted,
    make_agreement,
    make_declined,
    make_enrollment,
    make_lapsed,
    make_offer,
    text_of,
)
from tests.consent.test_agreements import LATER, amend
from tests.consent.test_change_of_mind import not_eligible
from tests.words import text_of as words_of

DAY = datetime.timedelta(days=1)


def page(cast, name, row, role="caseworker", track=None):
    answer = cast.client(f"education_{role}").get(cast.url(track or cast.education, name, pk=row.pk))
    assert answer.status_code == 200
    return answer


def in_creole(cast, make, **over):
    with in_track(cast.education):
        text = text_of("offer" if make is make_offer else "agreement", "ht")
    return make(cast, cast.education, text=text, language="ht", **over)


def test_offer_on_paper_speaks_the_persons_language(cast):
    offer = in_creole(cast, make_offer, person={"name": "Yvrose Pierre"})
    text = words_of(page(cast, "offer_print", offer))
    assert "Yvrose Pierre" in text
    assert "Yo fè òf la 4 mas 2026" in text
    assert "Ou gen tan deside jiska 11 mas 2026" in text
    assert "Tèks: kreyòl ayisyen, vèsyon 1" in text
    assert "Tèks sa a poko sètifye." in text
    assert "Siyati" in text
    assert "Siyati entèprèt la" not in text


def test_certified_text_says_by_whom_and_bears_no_mark(cast):
    with in_track(cast.education, by=cast.education_manager, write=True):
        on = builders.RECEIVED
        certify_text(
            text=text_of("offer", "es"), certified_by="Ana Luz", certified_on=on, today=on, by=cast.education_manager
        )
        spanish = text_of("offer", "es")
    offer = make_offer(cast, cast.education, text=spanish, language="es")
    text = words_of(page(cast, "offer_print", offer))
    assert "Certificado por Ana Luz el 2 de marzo de 2026" in text
    assert "no ha sido certificado" not in text


def test_interpreter_signs_too(cast):
    with in_track(cast.education):
        spanish = text_of("offer", "es")
    offer = make_offer(cast, cast.education, text=spanish, language="mam", interpreter="Rui Costa")
    text = words_of(page(cast, "offer_print", offer))
    assert "Rui Costa (Mam)" in text
    assert "Firma del intérprete" in text


def test_agreement_on_paper_lists_what_was_agreed(cast):
    waived = Agreed("fee", Decimal(200), waived=True)
    half = Agreed("class_hours", Decimal("7.5"), "Education class")
    until = builders.TERM_ENDS + 90 * DAY
    agreement = in_creole(
        cast, make_agreement, requirements=[half, waived], monitoring_ends_on=until, waived_until=until
    )
    text = words_of(page(cast, "agreement_print", agreement))
    assert "Èdtan klas (Education class): 7.5" in text
    assert "Frè: $200 (yo pa mande l)" in text
    assert "Pwogram nan fini 8 septanm 2026" in text
    assert "Sivèyans lan fini 7 desanm 2026" in text
    assert "Vèsyon 1 Siyen 10 mas 2026" in text


def test_paper_to_sign_says_what_the_track_asks_and_leaves_lines_for_the_dates(cast):
    offer = make_accepted(cast, cast.education, offer=in_creole(cast, make_offer))
    text = words_of(page(cast, "agreement_to_sign", offer))
    assert "Akò patisipasyon" in text
    assert "Èdtan klas (Education class): 8" in text
    assert "Frè: $200" in text
    assert "Pwogram nan fini Sivèyans lan fini Mwen renonse a jijman rapid jiska" in text
    with in_track(cast.education):
        assert not Agreement.objects.exists()


@pytest.mark.parametrize("make", [make_offer, make_declined])
def test_nothing_to_sign_without_an_accepted_offer(cast, make):
    url = cast.url(cast.education, "agreement_to_sign", pk=make(cast, cast.education).pk)
    assert cast.client("education_intake_clerk").get(url).status_code == 404


def test_nothing_to_sign_where_the_case_does_not_wait_for_it(cast):
    signed = make_agreement(cast, cast.education).offer
    ended = make_accepted(cast, cast.education)
    not_eligible(cast, ended)
    for offer in (signed, ended):
        url = cast.url(cast.education, "agreement_to_sign", pk=offer.pk)
        assert cast.client("education_intake_clerk").get(url).status_code == 404


def test_paper_to_sign_in_a_language_without_an_agreement_text_is_interpreted(cast):
    """The offer has a text in French, the agreement has none."""
    with in_track(cast.education, by=cast.education_manager, write=True):
        french = ConsentText.objects.create(kind="offer", language="fr", version=1, body="Une offre.")
    offer = make_accepted(cast, cast.education, offer=make_offer(cast, cast.education, text=french, language="fr"))
    text = words_of(page(cast, "agreement_to_sign", offer))
    assert "Participation agreement" in text
    assert "Text: English, version 1" in text
    assert "Interpreter (French)" in text
    assert "Interpreter&#x27;s signature" in text


@pytest.mark.parametrize("name", ["offer_print", "agreement_print", "agreement_amend"])
def test_paper_of_the_other_track_is_not_there(cast, name):
    agreement = make_agreement(cast, cast.services)
    key = agreement.offer_id if name == "offer_print" else agreement.pk
    client = cast.client("education_manager")
    for track in (cast.education, cast.services):
        assert client.get(cast.url(track, name, pk=key)).status_code == 404


def test_opening_a_paper_is_on_record_with_the_case(cast):
    offer = make_offer(cast, cast.education)
    page(cast, "offer_print", offer)
    with in_track(cast.education):
        viewed = Event.objects.filter(action="page.viewed").values("pk")
        seen = EventSubject.objects.filter(event_id__in=viewed).values_list("subject_id", flat=True)
        assert list(seen) == [offer.referral_id]


# --- on the pages of the case --------------------------------------------------------------------------------------


def referral_page(cast, referral_id, role="caseworker"):
    client = cast.client(f"education_{role}")
    return words_of(client.get(cast.url(cast.education, "referral", pk=referral_id)))


def test_hours_between_offer_answer_and_signature_are_shown(cast):
    offer = make_offer(cast, cast.education, made_at=at(builders.OFFERED, 23, 30), place="custody", present="A deputy")
    make_accepted(
        cast,
        cast.education,
        offer=offer,
        decided_at=at(builders.OFFERED + 2 * DAY, 17, 45),
        counsel_on=builders.OFFERED,
    )
    # The clocks went forward in the night to the 8th.
    make_agreement(cast, cast.education, offer=offer, signed_at=at(datetime.date(2026, 3, 8), 12))
    text = referral_page(cast, offer.referral_id)
    assert "Accepted, 42 hours after the offer" in text
    assert "83 hours after the offer" in text
    assert "In custody" in text
    assert "A deputy" in text
    assert "Consulted a lawyer on March 4, 2026: Dana Webb" in text
    assert text.count("text not yet certified") == 2


def test_the_wish_to_sign_now_is_shown_as_the_persons_own(cast):
    offer = make_offer(cast, cast.education)
    soon = {"decided_at": at(builders.OFFERED, 12, 20), "counsel_on": builders.OFFERED, "asked_to_sign_now": True}
    make_accepted(cast, cast.education, offer=offer, **soon)
    text = referral_page(cast, offer.referral_id)
    assert "Accepted, 20 minutes after the offer. The person asked, of their own wish, to sign now" in text


def test_lapsed_offer_has_no_hours(cast):
    offer = make_lapsed(cast, cast.education)
    text = referral_page(cast, offer.referral_id)
    assert "Answer Lapsed" in text
    assert "hours after" not in text


def test_file_shows_versions_and_the_way_to_a_new_one(cast):
    stay = make_enrollment(cast, cast.education)
    second = amend(cast, stay.agreement)
    url = cast.url(cast.education, "participant", reference=stay.participant.reference)
    answer = cast.client("education_caseworker").get(url)
    text = words_of(answer)
    assert "Agreement, version 1" in text
    assert "Agreement, version 2" in text
    assert "Agreement signed anew, version 2" in text
    links = re.findall(r"agreements/([0-9a-f-]+)/amend/", answer.text)
    assert links == [str(second.pk)]


def test_what_is_agreed_during_a_stay_is_not_for_who_may_not_read_participants(cast):
    stay = make_enrollment(cast, cast.education)
    first = stay.agreement
    second = amend(cast, first)
    text = referral_page(cast, stay.referral_id, role="intake_clerk")
    assert "version 2" not in text.replace("Text read English, version 2", "")
    assert "December" not in text
    clerk = cast.client("education_intake_clerk")
    for name, agreement, status in (
        ("agreement_print", first, 200),
        ("agreement_print", second, 403),
        ("agreement_amend", second, 403),
    ):
        assert clerk.get(cast.url(cast.education, name, pk=agreement.pk)).status_code == status


def test_new_version_is_recorded_on_its_page(cast):
    stay = make_enrollment(cast, cast.education)
    first = stay.agreement
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "agreement_amend", pk=first.pk)
    form = client.get(url).context["form"]
    assert "speedy_trial_waived" in form.fields
    assert not form["speedy_trial_waived"].value(), "the person signs anew"
    values = {field.html_name: field.value() for field in form if field.value() not in (None, "", False)}
    ends = (builders.TERM_ENDS + 90 * DAY).isoformat()
    values |= {"signed_at": f"{LATER}T10:00", "term_ends_on": ends, "waived_until": ends, "ask_fee": "50"}
    refused = client.post(url, values)
    assert refused.status_code == 422
    assert "they may still decline" in refused.text
    answer = client.post(url, {**values, "speedy_trial_waived": "on"})
    assert answer.url == cast.url(cast.education, "participant", reference=stay.participant.reference)
    with in_track(cast.education):
        second = Agreement.objects.get(version=2)
        assert [row["quantity"] for row in second.requirements] == ["8", "20", "50"]
    assert "This version is not changed any more" in client.get(url).text


def test_requirement_asked_for_too_much_is_refused_at_its_field(cast):
    offer = make_accepted(cast, cast.education)
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "agreement_new", pk=offer.pk)
    form = client.get(url).context["form"]
    values = {field.html_name: field.value() for field in form if field.value() not in (None, "", False)}
    ends = builders.TERM_ENDS.isoformat()
    values |= {"signed_at": f"{builders.SIGNED}T10:00", "term_ends_on": ends, "waived_until": ends}
    values |= {"speedy_trial_waived": "on", "ask_fee": "201", "waive_ask_fee": "on"}
    answer = client.post(url, values)
    assert answer.status_code == 422
    assert answer.context["form"].errors["ask_fee"] == ["Fee: not more than $200 can be agreed here."]
    assert client.post(url, {**values, "ask_fee": "", "ask_community_service_hours": "0"}).status_code == 302
    with in_track(cast.education):
        assert [row["kind"] for row in Agreement.objects.get().requirements] == ["class_hours"]


def test_any_language_can_be_written_by_its_code(cast):
    referral = builders.make_eligible(cast, cast.education)
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "offer_new", pk=referral.pk)
    form = client.get(url).context["form"]
    values = {name: form[name].value() for name in ("language", "text", "form_key")}
    values |= {
        "place": "office",
        "explained_by": cast.education_caseworker.pk,
        "made_at": f"{builders.OFFERED}T10:00",
        "decide_by": builders.DECIDE_BY,
        "interpreter": "Rui Costa",
    }
    refused = client.post(url, {**values, "other_language": "xx"})
    assert refused.status_code == 422
    assert refused.context["form"].errors["other_language"] == ["“xx” is no language code of ISO 639."]
    assert client.post(url, {**values, "other_language": "Kek"}).status_code == 302
    assert "Kekchí, interpreter Rui Costa" in referral_page(cast, referral.pk)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("2026-03-08T02:30", "The clocks go forward then"),
        ("2026-03-04", "Enter a date and a time of day"),
        ("2026-03-04T10:00Z", "Enter a date and a time of day"),
        ("2026-13-04T10:00", "Enter a date and a time of day"),
        ("9999-12-31T23:59", "Check the year"),
        ("\x00", "Enter a date and a time of day"),
    ],
)
def test_time_that_is_none_is_refused_with_a_sentence(cast, typed, words):
    offer = make_offer(cast, cast.education)
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "offer_decision", pk=offer.pk)
    answer = client.post(url, {"decision": "declined", "decided_at": typed})
    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors["decided_at"])


def test_a_time_that_comes_twice_is_the_first(cast):
    """The 1st of November, 1:30 in the night: still before the clocks go back."""
    autumn = datetime.date(2026, 11, 1)
    referral = builders.make_eligible(cast, cast.education)
    offer = make_offer(cast, cast.education, referral=referral, made_at=at(autumn - DAY), decide_by=autumn + 3 * DAY)
    client = cast.client("education_caseworker")
    url = cast.url(cast.education, "offer_decision", pk=offer.pk)
    assert client.post(url, {"decision": "declined", "decided_at": "2026-11-01T01:30"}).status_code == 302
    with in_track(cast.education):
        offer.refresh_from_db()
        assert offer.decided_at == datetime.datetime(2026, 11, 1, 5, 30, tzinfo=datetime.UTC)

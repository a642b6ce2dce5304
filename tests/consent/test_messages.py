"""Consent to messages: apart from the agreement, one way at a time, taken back without a reason."""

import datetime

import pytest

from participants.audit.models import Event
from participants.consent.messages import withdraw_message_consent
from participants.errors import ProgramError
from participants.models import MessageConsent
from participants.tracks.models import new_id
from participants.tracks.scope import in_track
from tests import builders
from tests.builders import make_enrollment, make_message_consent, make_referral, text_of

DAY = datetime.timedelta(days=1)


def events(cast, action):
    with in_track(cast.education):
        return [event.detail for event in Event.objects.filter(action=action)]


def standing(cast, track=None):
    with in_track(track or cast.education):
        rows = MessageConsent.objects.order_by("given_on", "id")
        return [(row.channel, row.withdrawn_on) for row in rows]


def withdraw(cast, consent, today=builders.SCREENED):
    by = cast.education_caseworker
    with in_track(cast.education, by=by, write=True):
        return withdraw_message_consent(consent=consent, today=today, by=by)


def test_consent_keeps_way_text_and_day(cast):
    consent = make_message_consent(cast, cast.education)
    with in_track(cast.education):
        stored = MessageConsent.objects.get()
        assert (stored.channel, stored.text.kind, stored.text.version) == ("sms", "messages", 1)
        assert (stored.given_on, stored.recorded_by) == (builders.RECEIVED, cast.education_caseworker)
        [event] = Event.objects.filter(action="message_consent.given")
        assert event.detail == {"channel": "sms", "language": "en"}
    assert consent.withdrawn_on is None


def test_each_way_is_for_itself_and_can_be_given_again(cast):
    referral = make_referral(cast, cast.education)
    sms = make_message_consent(cast, cast.education, referral=referral)
    make_message_consent(cast, cast.education, referral=referral, channel="voice")
    with pytest.raises(ProgramError, match="agreed to this way already"):
        make_message_consent(cast, cast.education, referral=referral)
    for _ in range(2):
        withdraw(cast, sms)
    make_message_consent(cast, cast.education, referral=referral, given_on=builders.SCREENED, today=builders.SCREENED)
    assert standing(cast) == [("sms", builders.SCREENED), ("voice", None), ("sms", None)]
    assert events(cast, "message_consent.withdrawn") == [{"channel": "sms"}]


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"given_on": builders.RECEIVED + DAY}, "given_on"),
        ({"given_on": builders.RECEIVED - DAY}, "given_on"),
        ({"language": "es"}, "text"),
    ],
)
def test_consent_refused_writes_nothing(cast, over, field):
    with pytest.raises(ProgramError) as refusal:
        make_message_consent(cast, cast.education, **over)
    assert refusal.value.field == field
    assert standing(cast) == []
    assert events(cast, "message_consent.given") == []


def test_text_of_another_kind_is_none(cast):
    with in_track(cast.education):
        wrong = text_of("agreement")
    with pytest.raises(ProgramError, match="Choose the text"):
        make_message_consent(cast, cast.education, text=wrong)


def test_who_is_stopped_is_asked_nothing(cast):
    minor = make_referral(cast, cast.education, date_of_birth=datetime.date(2010, 1, 1))
    with pytest.raises(ProgramError, match="nobody is written to"):
        make_message_consent(cast, cast.education, referral=minor)


def test_consent_posted_twice_is_one(cast):
    referral, row_id = make_referral(cast, cast.education), new_id()
    for _ in range(2):
        make_message_consent(cast, cast.education, referral=referral, row_id=row_id)
    assert len(events(cast, "message_consent.given")) == 1


@pytest.mark.parametrize("role", ["intake_clerk", "caseworker", "manager"])
@pytest.mark.parametrize("kind", ["education", "services"])
def test_given_and_withdrawn_on_the_referrals_page(cast, role, kind):
    track = cast.tracks[kind]
    referral = make_referral(cast, track, language="ht")
    client = cast.client(f"{kind}_{role}")
    page = cast.url(track, "referral", pk=referral.pk)
    url = cast.url(track, "message_consent_new", pk=referral.pk)
    assert f'href="{url}"' in client.get(page).text
    form = client.get(url).context["form"]
    assert form["channel"].value() is None, "nothing is chosen beforehand"
    values = {name: form[name].value() for name in ("language", "text", "form_key")}
    refused = client.post(url, {**values, "given_on": builders.RECEIVED})
    assert refused.status_code == 422
    answer = client.post(url, {**values, "channel": "email", "given_on": builders.RECEIVED})
    assert answer.url == page
    with in_track(track):
        consent = MessageConsent.objects.get()
        assert consent.text == text_of("messages", "ht")
    text = client.get(page).text
    assert "Haitian Creole text, version 1" in text
    back = cast.url(track, "message_consent_withdraw", pk=consent.pk)
    assert f'href="{back}"' in text
    assert "reason" not in client.get(back).context
    assert client.post(back).url == page
    assert standing(cast, track)[0][1] is not None
    assert "withdrawn on" in client.get(page).text


def test_the_participants_file_shows_them_too(cast):
    stay = make_enrollment(cast, cast.education)
    with in_track(cast.education):
        referral = stay.referral
    consent = make_message_consent(
        cast, cast.education, referral=referral, given_on=builders.PLACED, today=builders.PLACED
    )
    client = cast.client("education_caseworker")
    page = cast.url(cast.education, "participant", reference=stay.participant.reference)
    assert "Text messages" in client.get(page).text
    assert client.post(cast.url(cast.education, "message_consent_withdraw", pk=consent.pk)).url == page


def test_entering_depends_on_no_consent_to_messages(cast):
    """Nobody is asked on the way in, and refusing changes nothing."""
    make_enrollment(cast, cast.education)
    with in_track(cast.education):
        assert not MessageConsent.objects.exists()


def test_consent_of_the_other_track_is_not_there(cast):
    consent = make_message_consent(cast, cast.services)
    client = cast.client("education_manager")
    url = cast.url(cast.education, "message_consent_withdraw", pk=consent.pk)
    assert [client.get(url).status_code, client.post(url).status_code] == [404, 404]
    assert standing(cast, cast.services) == [("sms", None)]

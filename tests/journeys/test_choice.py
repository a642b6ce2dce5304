"""Journeys of choosing: a decline in custody, and a person in whose language there is no text."""

import datetime
import re

import pytest
import time_machine

from participants.models import Agreement, Enrollment, MessageConsent, Offer, Participant, Referral
from participants.tracks.scope import in_track
from tests.builders import at, text_of
from tests.journeys import steps
from tests.journeys.walker import Walker
from tests.words import text_of as words_of

TODAY = datetime.date(2026, 6, 1)
DAY = datetime.timedelta(days=1)
NEVER = "reason"


@pytest.fixture
def clock():
    """Noon in New York on the first day; a journey moves it on."""
    with time_machine.travel("2026-06-01T16:00:00Z", tick=False) as traveller:
        yield traveller


@pytest.mark.parametrize("kind", ["education", "services"])
def test_a_decline_in_custody(cast, clock, kind):
    track = cast.tracks[kind]
    clerk = Walker(cast, f"{kind}_intake_clerk", track)
    referral = steps.receive(clerk, name="Carla Cells", today=TODAY)
    steps.screen(clerk, referral)
    clerk.open("offer_new", pk=referral.pk)
    clerk.send(
        place="custody",
        present="A deputy",
        explained_by=str(steps.worker_id(clerk)),
        decide_by=(TODAY + 7 * DAY).isoformat(),
    )
    with in_track(track):
        made = Offer.objects.get()

    # To accept she has to be given 24 hours, and nobody else's wish shortens them.
    clock.move_to("2026-06-01T16:20:00Z")
    accepts = {"counsel": "consulted", "counsel_on": TODAY.isoformat(), "counsel_name": "Dana Webb"}
    clerk.open("offer_decision", pk=made.pk)
    clerk.send(decision="accepted", **accepts, expect=422)
    assert "less than 24 hours after the offer" in clerk.page.text
    assert "of their own wish" in clerk.page.text

    # To say no takes nothing but saying it, at once.
    clerk.open("offer_decision", pk=made.pk)
    fields = {*clerk.form.values, *clerk.form.choices}
    assert not [name for name in fields if NEVER in name or "why" in name]
    clerk.send(decision="declined")
    text = words_of(clerk.page)
    assert "Declined, 20 minutes after the offer" in text
    assert "In custody" in text
    assert "a normal outcome" in text
    with in_track(track):
        assert Referral.objects.get().status == "declined"
        stored = Offer.objects.get()
        assert (stored.decision, stored.counsel, stored.asked_to_sign_now) == ("declined", "", False)
        assert not Agreement.objects.exists()
        assert not Participant.objects.exists()

    # Nothing of it reaches the prosecutor's office; the voluntariness panel counts it.
    liaison = Walker(cast, f"{kind}_liaison", track)
    assert "Declined" not in liaison.open("cases")
    assert "custody" not in liaison.page.text.lower()
    manager = Walker(cast, f"{kind}_manager", track)
    manager.go(cast.url(track, "voluntariness") + "?from=2026-06-01&to=2026-06-30")
    text = words_of(manager.page)
    assert "In custody 1 0 0 1 0 0" in text
    assert "0.0 % 0 / 1: accepted / (accepted + declined + lapsed)" in text
    assert "Carla" not in text

    # Should she ask again, a new offer is made as if nothing had been.
    clerk.open("offer_new", pk=referral.pk)
    clerk.send(place="office", explained_by=str(steps.worker_id(clerk)), decide_by=(TODAY + 7 * DAY).isoformat())
    with in_track(track):
        assert Referral.objects.get().status == "offered"


def test_a_person_without_a_text_in_their_language(cast, clock):
    track = cast.services
    worker = Walker(cast, "services_caseworker", track)
    referral = steps.receive(worker, name="Ixchel Mamspeaker", today=TODAY)
    steps.screen(worker, referral)

    # There is no text in Mam: the Spanish one is read, and who interprets is named.
    with in_track(track):
        spanish = {kind: str(text_of(kind, "es").pk) for kind in ("offer", "agreement", "messages")}
    worker.open("offer_new", pk=referral.pk)
    values = {
        "other_language": "mam",
        "text": spanish["offer"],
        "place": "office",
        "explained_by": str(steps.worker_id(worker)),
        "decide_by": (TODAY + 7 * DAY).isoformat(),
    }
    worker.send(**values, expect=422)
    assert "There is no text in this language, so name the interpreter." in worker.page.text
    worker.open("offer_new", pk=referral.pk)
    worker.send(**values, interpreter="Rui Costa")
    assert "Mam, interpreter Rui Costa" in words_of(worker.page)
    assert "translation not yet certified" in words_of(worker.page)
    with in_track(track):
        made = Offer.objects.get()
    worker.open("offer_print", pk=made.pk)
    assert "Rui Costa (Mam)" in words_of(worker.page)

    # After the 24 hours she accepts and signs, with the same interpreter.
    clock.move_to("2026-06-02T16:00:00Z")
    worker.next_day()
    worker.open("offer_decision", pk=made.pk)
    worker.send(decision="accepted", counsel="consulted", counsel_on=TODAY.isoformat(), counsel_name="Dana Webb")
    worker.open("agreement_new", pk=made.pk)
    ends = (TODAY + 180 * DAY).isoformat()
    signs = {"speedy_trial_waived": "on", "term_ends_on": ends, "waived_until": ends, "text": spanish["agreement"]}
    worker.send(**signs, expect=422)
    worker.open("agreement_new", pk=made.pk)
    worker.send(**signs, interpreter="Rui Costa", ask_own_choice_sessions="5")
    assert "Accepted, 24 hours after the offer" in words_of(worker.page)

    # She agrees to voice messages; the consent stands apart, and is taken back without a word why.
    worker.open("message_consent_new", pk=referral.pk)
    worker.send(channel="voice", other_language="mam", text=spanish["messages"])
    reference = steps.place(worker, referral, today=TODAY + DAY)
    assert "5 sessions" in words_of(worker.page)
    with in_track(track):
        consent = MessageConsent.objects.get()
        assert Enrollment.objects.get().status == "active"
    worker.open("message_consent_withdraw", pk=consent.pk)
    worker.send()
    assert re.search(r"participants/\S+/$", worker.url)[0].endswith(f"{reference}/")
    with in_track(track):
        assert Enrollment.objects.get().status == "active"
        assert Offer.objects.get().made_at == at(TODAY)


def test_saying_nothing_is_an_end_as_well(cast, clock):
    """An offer lapses with its last day; an answer given in time still counts."""
    from participants.consent.tasks import lapse_offers

    worker = Walker(cast, "education_caseworker", cast.education)
    referral = steps.receive(worker, name="Lara Lapser", today=TODAY)
    steps.screen(worker, referral)
    made = steps.offer(worker, referral, today=TODAY)
    clock.move_to("2026-06-09T05:00:00Z")
    lapse_offers()
    worker.next_day()
    text = worker.open("referral", pk=referral.pk)
    assert "Offer lapsed" in text
    assert NEVER not in words_of(worker.page).lower()
    worker.open("offer_decision", pk=made.pk)
    worker.send(
        decision="accepted",
        decided_at="2026-06-08T23:30",
        counsel="declined",
        counsel_on="2026-06-08",
    )
    assert "Accepted, 179 hours after the offer" in words_of(worker.page)

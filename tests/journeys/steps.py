"""The steps of the main line, as staff take them page by page."""

import datetime
import re

from participants.models import Agreement, Offer, Referral
from participants.tracks.scope import in_track
from tests.builders import CHARGES
from tests.journeys.walker import Walker

DAY = datetime.timedelta(days=1)


def receive(clerk: Walker, *, name: str, today: datetime.date, **over) -> Referral:
    clerk.open("referral_new")
    values = {
        "name": name,
        "date_of_birth": "1988-04-05",
        "case_number": f"F26-{abs(hash(name)) % 10**6:06}",
        "charge": CHARGES[clerk.track.kind],
        "offense_on": (today - 20 * DAY).isoformat(),
        "received_on": today.isoformat(),
        "source": "State Attorney's Office",
        "language": "en",
    }
    text = clerk.send(**{**values, **over})
    assert name in text
    pk = re.search(r"/referrals/([0-9a-f-]{36})/", clerk.url)[1]
    with in_track(clerk.track):
        return Referral.objects.get(pk=pk)


def screen(clerk: Walker, referral: Referral, **answers) -> str:
    clerk.open("screening_new", pk=referral.pk)
    wanted = {criterion.key: criterion.wanted for criterion in clerk.track.rules.criteria}
    assert not [name for name in wanted if f"answer_{name}" in clerk.form.values], "preselected"
    fields = {name: name for name in clerk.form.choices}
    data = {}
    for key, answer in {**wanted, **answers}.items():
        (name,) = [name for name in fields if name.endswith(key)]
        data[name] = answer
    return clerk.send(**data)


def offer(worker: Walker, referral: Referral, *, today: datetime.date) -> Offer:
    worker.open("offer_new", pk=referral.pk)
    worker.send(
        place="office",
        explained_by=str(worker_id(worker)),
        decide_by=(today + 7 * DAY).isoformat(),
    )
    with in_track(worker.track):
        return Offer.objects.get(referral=referral, decision="waiting")


def worker_id(worker: Walker):
    return worker.page.wsgi_request.user.pk


def decide(worker: Walker, made: Offer, *, decision: str, today: datetime.date, **over) -> str:
    """At the moment of the page: who accepts within 24 hours does so at their own wish."""
    worker.open("offer_decision", pk=made.pk)
    assert "decision" not in worker.form.values, "nothing is ticked beforehand"
    counsel = {"counsel": "consulted", "counsel_on": today.isoformat(), "counsel_name": "Dana Webb"}
    accepted = {**counsel, "asked_to_sign_now": "on"} if decision == "accepted" else {}
    return worker.send(**{"decision": decision, **accepted, **over})


def sign(worker: Walker, made: Offer, *, today: datetime.date) -> Agreement:
    worker.open("agreement_new", pk=made.pk)
    assert "speedy_trial_waived" not in worker.form.values, "nothing is ticked beforehand"
    ends = (today + 180 * DAY).isoformat()
    worker.send(speedy_trial_waived="on", waived_until=ends, term_ends_on=ends)
    with in_track(worker.track):
        return Agreement.objects.get(offer=made)


def place(worker: Walker, referral: Referral, *, today: datetime.date) -> str:
    """Returns the new participant's reference."""
    worker.open("placement_new", pk=referral.pk)
    worker.send(caseworker=str(worker_id(worker)), placed_on=today.isoformat())
    return re.search(r"/participants/([0-9A-Z]{4}-[0-9A-Z]{4})/", worker.url)[1]


def enter(worker: Walker, *, name: str, today: datetime.date) -> str:
    """The whole way in, with every step on the same day."""
    referral = receive(worker, name=name, today=today)
    screen(worker, referral)
    made = offer(worker, referral, today=today)
    decide(worker, made, decision="accepted", today=today)
    sign(worker, made, today=today)
    return place(worker, referral, today=today)

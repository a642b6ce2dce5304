"""Offers to many at once: the rules of one by one, in a fixed number of statements."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from participants.audit.actions import record_each
from participants.consent import rules
from participants.consent.models import ConsentText, Offer
from participants.consent.queries import current_texts, days_found_eligible
from participants.consent.rules import Place
from participants.errors import ProgramError
from participants.referrals.actions import move_referrals
from participants.referrals.models import Referral
from participants.referrals.rules import Status, may_move
from participants.screening.queries import second_looks_waiting
from participants.staff.models import User
from participants.staff.permissions import Permission
from participants.staff.queries import staff_with
from participants.tracks.scope import active_track


@dataclass
class Offered:
    """What became of a batch. `refused` are a referral, the form field that it lies in ("" where it lies in the
    person), and the sentence that says why."""

    offers: list[Offer] = field(default_factory=list)
    refused: list[tuple[Referral, str, str]] = field(default_factory=list)


@transaction.atomic
def make_offers(
    *,
    referrals: Sequence[Referral],
    place: str,
    present: str,
    made_at: datetime.datetime,
    explained_by: User,
    decide_by: datetime.date,
    now: datetime.datetime,
    by: User,
) -> Offered:
    """Record that people were told about the program, each with the text in their own language.

    Each has an offer and an event of their own. Whom the rules refuse is left and told; who has no text in their
    language needs an interpreter, so their offer is made one by one. Raises ProgramError where place or staff do
    not hold for anybody.
    """
    zone = active_track().program.zone
    if place not in Place.values:
        raise ProgramError("Record where the offer was made.", field="place")
    makers = staff_with(Permission.MAKE_OFFERS, track=active_track(), on=now.astimezone(zone).date())
    if not makers.filter(pk=explained_by.pk).exists():
        raise ProgramError("Choose someone of this track who makes offers.", field="explained_by")
    told = _Told(made_at.astimezone(datetime.UTC), decide_by, zone, now)
    ids = [referral.pk for referral in referrals]
    rows = list(Referral.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
    texts = {text.language: text for text in current_texts(ConsentText.Kind.OFFER)}
    facts = _Facts.of(ids)
    outcome = Offered()
    fresh = []
    for row in rows:
        refusal = _refusal(row, texts, facts, told)
        if refusal is not None:
            outcome.refused.append((row, *refusal))
            continue
        fresh.append(row)
        outcome.offers.append(
            Offer(
                referral=row,
                text=texts[row.language],
                language=row.language,
                place=place,
                present=present.strip(),
                made_at=told.made_at,
                made_on=told.made_at.astimezone(zone).date(),
                explained_by=explained_by,
                decide_by=decide_by,
            )
        )
    move_referrals(referrals=fresh, to=Status.OFFERED)
    Offer.objects.bulk_create(outcome.offers)
    record_each(
        "offer.made", by=by, rows=[(offer, {"language": offer.language, "place": place}) for offer in outcome.offers]
    )
    return outcome


@dataclass(frozen=True)
class _Told:
    """When the offers were made, and until when people may decide."""

    made_at: datetime.datetime
    decide_by: datetime.date
    zone: datetime.tzinfo
    now: datetime.datetime


@dataclass(frozen=True)
class _Facts:
    """What the rules ask about many referrals, by id. Three statements."""

    looked_at_again: set[UUID]
    eligible_on: dict[UUID, datetime.date]
    earlier_ended_at: dict[UUID, datetime.datetime | None]

    @classmethod
    def of(cls, ids: Sequence[UUID]) -> "_Facts":
        ended = Offer.objects.filter(referral__in=ids).order_by().values_list("referral")
        return cls(second_looks_waiting(ids), days_found_eligible(ids), dict(ended.annotate(at=Max("decided_at"))))


def _refusal(row: Referral, texts: dict, facts: _Facts, told: _Told) -> rules.Refusal:
    if not may_move(row.status, Status.OFFERED):
        return "", f"This referral stands at “{row.get_status_display()}”, so this step is not possible."
    if row.pk in facts.looked_at_again:
        return "", "A second look at the screening is due. Until it is decided no offer is made."
    if row.language not in texts:
        return "", "There is no text in this language, so the offer is made one by one, with an interpreter."
    return rules.offer_refusal(
        made_at=told.made_at,
        decide_by=told.decide_by,
        zone=told.zone,
        received_on=row.received_on,
        screened_on=facts.eligible_on.get(row.pk),
        earlier_ended_at=facts.earlier_ended_at.get(row.pk),
        now=told.now,
    )

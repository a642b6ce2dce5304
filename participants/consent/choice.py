"""How a person chose, as the pages of the case and of the participant show it: offers, agreements, messages."""

import datetime
from dataclasses import dataclass

from participants.consent.messages import CLOSED
from participants.consent.models import Agreement, MessageConsent, Offer
from participants.consent.queries import agreements_of, message_consents_of, offers_of
from participants.consent.rules import Decision, hours_after
from participants.enrollment.models import Enrollment
from participants.people.languages import language_name
from participants.referrals.models import Referral
from participants.referrals.rules import Status
from participants.requirements.agreed import Agreed, read_agreed

# Where a person who has accepted can be without being placed: a changed charge may have made them not eligible.
UNPLACED = (Status.ACCEPTED, Status.INELIGIBLE)


@dataclass(frozen=True)
class Told:
    """One offer, and how long the person took."""

    offer: Offer
    language: str
    decided_after: str  # "" while nothing is decided, and where the offer lapsed
    accepted_after: str  # only of an offer that was accepted and then declined
    may_change: bool  # until they are placed, the person may take their acceptance back


@dataclass(frozen=True)
class Signed:
    """One version of the agreement. `stands` is the last one, unless it was withdrawn."""

    agreement: Agreement
    language: str
    signed_after: str  # "" of a later version
    requirements: list[Agreed]
    stands: bool
    withdrawn_on: datetime.date | None


@dataclass(frozen=True)
class Choice:
    """Everything by which a person has chosen in one case, in the order of time."""

    referral: Referral
    told: list[Told]
    signed: list[Signed]
    messages: list[MessageConsent]
    may_amend: bool
    may_ask: bool

    @property
    def ways_left(self) -> list[tuple[str, str]]:
        """The ways of messages that the person has not agreed to."""
        given = {row.channel for row in self.messages if row.withdrawn_on is None}
        return [choice for choice in MessageConsent.Channel.choices if choice[0] not in given]


def choice_of(referral: Referral, *, stay: Enrollment | None, may_read: bool) -> Choice:
    """What is on record. Three statements.

    For a reader who may not read participants what was signed or taken back after the placement belongs to the stay.
    """
    until = stay.placed_on if stay is not None and not may_read else None
    offers = sorted(offers_of(referral), key=lambda offer: (offer.made_at, offer.pk))
    made_at = {offer.pk: offer.made_at for offer in offers}
    agreements = [row for row in agreements_of(referral) if until is None or row.signed_on <= until]
    last = agreements[-1] if agreements else None
    signed = []
    for row in agreements:
        withdrawn_on = row.withdrawn_on if until is None or (row.withdrawn_on or until) < until else None
        signed.append(
            Signed(
                agreement=row,
                language=language_name(row.language),
                signed_after=hours_after(made_at[row.offer_id], row.signed_at) if row.version == 1 else "",
                requirements=read_agreed(row.requirements),
                stands=row is last and withdrawn_on is None,
                withdrawn_on=withdrawn_on,
            )
        )
    messages = [row for row in message_consents_of(referral) if until is None or row.given_on <= until]
    goes_on = referral.status == Status.ACCEPTED if stay is None else stay.is_active and may_read
    return Choice(
        referral=referral,
        told=[_told(offer, open_case=stay is None and referral.status in UNPLACED) for offer in offers],
        signed=signed,
        messages=messages,
        may_amend=goes_on,
        may_ask=referral.status not in CLOSED,
    )


def _told(offer: Offer, *, open_case: bool) -> Told:
    answered = offer.decision in (Decision.ACCEPTED, Decision.DECLINED)
    after = hours_after(offer.made_at, offer.decided_at) if answered else ""
    return Told(
        offer=offer,
        language=language_name(offer.language),
        decided_after=after,
        accepted_after=hours_after(offer.made_at, offer.accepted_at) if offer.changed_mind else "",
        may_change=open_case and offer.decision == Decision.ACCEPTED,
    )

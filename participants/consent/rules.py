"""Rules of choosing: what an offer, a decision and an agreement must hold."""

from django.db.models import TextChoices


class Place(TextChoices):
    """Where the offer was made. Meeting custody with an offer is the coercion that critics describe."""

    OFFICE = "office", "At the program's office"
    COURT = "court", "At court"
    CUSTODY = "custody", "In custody"
    PHONE = "phone", "By phone"
    OTHER = "other", "Elsewhere"


class Counsel(TextChoices):
    """Counsel is consulted before deciding, s. 948.08(2) Fla. Stat."""

    CONSULTED = "consulted", "Consulted a lawyer"
    DECLINED = "declined", "Declined a lawyer in writing"


class Decision(TextChoices):
    WAITING = "waiting", "Waiting for a decision"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    LAPSED = "lapsed", "Lapsed"


DECISION_MOVES: dict[str, set[str]] = {
    Decision.WAITING: {Decision.ACCEPTED, Decision.DECLINED, Decision.LAPSED},
    # Until the person is placed, a change of mind is as good as the first answer.
    Decision.ACCEPTED: {Decision.DECLINED},
    Decision.DECLINED: set(),
    Decision.LAPSED: set(),
}

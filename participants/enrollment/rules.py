"""Rules of a stay: its states and the ways it ends."""

from django.db.models import TextChoices


class Status(TextChoices):
    """A stay is active or has ended in one way."""

    ACTIVE = "active", "Active"
    COMPLETED = "completed", "Completed"
    TERMINATED = "terminated", "Terminated"
    WITHDREW = "withdrew", "Withdrew"
    NEUTRAL = "neutral", "Closed, neutral"


class ExitDetail(TextChoices):
    """What lies behind an exit; "" where nothing more is said."""

    LAPSED = "lapsed", "Stopped coming"
    DEATH = "death", "Death"
    TRANSFER = "transfer", "Transfer to another program"
    CHARGE_DROPPED = "charge_dropped", "Charge dropped for another reason"
    FOUND_INELIGIBLE = "found_ineligible", "Found ineligible after entry"


DETAILS: dict[str, set[str]] = {
    Status.COMPLETED: {""},
    Status.TERMINATED: {""},
    Status.WITHDREW: {"", ExitDetail.LAPSED},
    Status.NEUTRAL: {
        ExitDetail.DEATH, ExitDetail.TRANSFER, ExitDetail.CHARGE_DROPPED, ExitDetail.FOUND_INELIGIBLE,
    },
}
MOVES: dict[str, set[str]] = {
    Status.ACTIVE: {Status.COMPLETED, Status.TERMINATED, Status.WITHDREW, Status.NEUTRAL},
    Status.COMPLETED: set(),
    Status.TERMINATED: set(),
    Status.WITHDREW: set(),
    Status.NEUTRAL: set(),
}

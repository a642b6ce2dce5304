"""Rules of the ways a stay ends. Requirements met, recommendation and disposition are three facts."""

from django.db.models import TextChoices


class Decision(TextChoices):
    WAITING = "waiting", "Waiting for a decision"
    APPROVED = "approved", "Approved"
    RETURNED = "returned", "Returned"


class Recommended(TextChoices):
    """What the program recommends to the prosecutor, s. 948.08(5) Fla. Stat."""

    DISMISSAL = "dismissal", "Dismissal"
    FURTHER = "further", "Further supervision"
    REVERT = "revert", "Return to ordinary prosecution"


class Disposed(TextChoices):
    """What the state attorney decides, who alone makes the final determination."""

    NOLLE_PROSEQUI = "nolle_prosequi", "Dismissed (nolle prosequi)"
    NO_ACTION = "no_action", "No action filed"
    PROSECUTED = "prosecuted", "Prosecution resumed"
    OTHER = "other", "Other"

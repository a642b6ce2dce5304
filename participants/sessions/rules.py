"""Rules of sessions and attendance."""

from django.db.models import TextChoices


class Kind(TextChoices):
    CLASS = "class", "Class"
    GROUP = "group", "Group"
    INDIVIDUAL = "individual", "Individual"
    CHECK_IN = "check_in", "Check-in"
    COMMUNITY_SERVICE = "community_service", "Community-service shift"


class State(TextChoices):
    SCHEDULED = "scheduled", "Scheduled"
    HELD = "held", "Held"
    CANCELLED = "cancelled", "Cancelled"


class Mark(TextChoices):
    """One participant's record at one session; `booked` until it is taken."""

    BOOKED = "booked", "Booked"
    ATTENDED = "attended", "Present"
    LATE = "late", "Late"
    LEFT_EARLY = "left_early", "Left early"
    EXCUSED = "excused", "Excused"
    NO_SHOW = "no_show", "No-show"
    CANCELLED = "cancelled", "Cancelled"


# Marks of people who were there: only these carry minutes and can earn credit.
PRESENT = frozenset({Mark.ATTENDED, Mark.LATE, Mark.LEFT_EARLY})


class Visibility(TextChoices):
    CASE = "case", "Track staff"
    PRIVILEGED = "privileged", "Privileged: author and clinical supervisor"

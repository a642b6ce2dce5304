"""Rules of requirements: what an agreement may ask, and when it is met."""

from django.db.models import TextChoices


class Kind(TextChoices):
    CLASS_HOURS = "class_hours", "Class hours"
    COMMUNITY_SERVICE_HOURS = "community_service_hours", "Community-service hours"
    FEE = "fee", "Fee"
    OWN_CHOICE_SESSIONS = "own_choice_sessions", "Sessions of the person's own choice"


UNITS = {
    Kind.CLASS_HOURS: "hours",
    Kind.COMMUNITY_SERVICE_HOURS: "hours",
    Kind.FEE: "dollars",
    Kind.OWN_CHOICE_SESSIONS: "sessions",
}


class Basis(TextChoices):
    """Why the requirement is asked."""

    STATUTE = "statute", "Statute"
    STANDARD = "standard", "Standard set"
    ASSESSED = "assessed", "Assessed need"

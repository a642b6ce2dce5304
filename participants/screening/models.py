"""The track's written criteria, by version, and the decisions made under them."""

from django.db import models

from participants.tracks.models import ERASE, KEEP, TALLY, TrackRecord
from participants.vault.fields import SealedJSONField, SealedTextField


class CriteriaVersion(TrackRecord):
    """The criteria in force from a day on. `criteria` is a list of {key, question, wanted, reason}."""

    number = models.PositiveIntegerField()
    valid_from = models.DateField()
    criteria = models.JSONField()

    classification = {"number": KEEP, "valid_from": KEEP, "criteria": KEEP}

    class Meta(TrackRecord.Meta):
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=("track", "number"), name="criteria_version_once"),)


class Screening(TrackRecord):
    """One decision on a referral: the answers, whether eligible, and the reasons in words."""

    referral = models.OneToOneField("participants.Referral", on_delete=models.PROTECT, related_name="screening")
    criteria_version = models.ForeignKey(CriteriaVersion, on_delete=models.PROTECT, related_name="screenings")
    answers = SealedJSONField()  # criterion key -> "yes", "no" or "unknown"
    eligible = models.BooleanField()
    reasons = SealedJSONField()  # list of sentences
    note = SealedTextField(max_length=2000, blank=True, multiline=True)
    decided_on = models.DateField()
    decided_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")

    classification = {
        "referral": ERASE,
        "criteria_version": KEEP,
        "answers": ERASE,
        "eligible": TALLY,
        "reasons": ERASE,
        "note": ERASE,
        "decided_on": TALLY,
        "decided_by": KEEP,
    }

    class Meta(TrackRecord.Meta):
        indexes = (models.Index(fields=("track", "decided_on"), name="screening_by_day"),)

    @property
    def audit_subject(self):
        return ("referral", self.referral_id)

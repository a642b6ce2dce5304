"""CourtResult: what became of a court date."""

from django.db import models

from participants.court.rules import CourtOutcome
from participants.referrals.models import MustAppear, Referral
from participants.tracks.models import ERASE, KEEP, TrackRecord
from participants.vault.fields import SealedTextField


class CourtResult(TrackRecord):
    """What became of one court date of a case."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="court_results")
    held_on = models.DateField("court date")
    must_appear = models.CharField("had to appear", max_length=10, choices=MustAppear.choices)
    outcome = models.CharField("result", max_length=10, choices=CourtOutcome.choices)
    note = SealedTextField(max_length=500, blank=True)
    recorded_on = models.DateField()
    recorded_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")

    classification = {
        "referral": ERASE,
        "held_on": ERASE,
        "must_appear": ERASE,
        "outcome": ERASE,
        "note": ERASE,
        "recorded_on": ERASE,
        "recorded_by": KEEP,
    }

    class Meta(TrackRecord.Meta):
        ordering = ("-held_on", "-id")
        constraints = (models.UniqueConstraint(fields=("referral", "held_on"), name="one_result_per_court_date"),)

    @property
    def known_as(self) -> str:
        return self.held_on.isoformat()

    @property
    def audit_subject(self):
        return ("referral", self.referral_id)

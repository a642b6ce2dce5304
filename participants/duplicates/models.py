"""Comparison: what a person decided about two cases that look alike."""

from django.db import models
from django.db.models import F, Q

from participants.duplicates.rules import SameAs
from participants.referrals.models import Referral
from participants.tracks.models import ERASE, KEEP, TrackRecord
from participants.vault.fields import SealedJSONField


class Comparison(TrackRecord):
    """What a person decided about two referrals that look alike; can be undone, which keeps the row.

    `before` holds what the kept referral had in the fields that were taken from the other one, for the way back.
    """

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="comparisons")
    other = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="comparisons_as_other")
    score = models.PositiveSmallIntegerField()  # 0 to 100
    decision = models.CharField(max_length=12, choices=SameAs.choices)
    before = SealedJSONField(null=True)
    decided_on = models.DateField()
    decided_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")
    undone_on = models.DateField(null=True)
    undone_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, null=True, related_name="+")

    classification = {
        "referral": ERASE,
        "other": ERASE,
        "score": ERASE,
        "decision": KEEP,
        "before": ERASE,
        "decided_on": KEEP,
        "decided_by": KEEP,
        "undone_on": KEEP,
        "undone_by": KEEP,
    }

    class Meta(TrackRecord.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("referral", "other"), condition=Q(undone_on__isnull=True), name="one_standing_comparison"
            ),
            models.CheckConstraint(condition=~Q(referral=F("other")), name="comparison_of_two"),
        )

    @property
    def audit_subject(self):
        return ("referral", self.referral_id)

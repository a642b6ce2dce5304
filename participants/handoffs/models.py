"""Handoff: a minor handed over to the abuse hotline, and the line that stays of it."""

from django.db import models
from django.db.models import Q

from participants.tracks.models import ERASE, KEEP, TrackRecord
from participants.vault.fields import SealedTextField


class Handoff(TrackRecord):
    """A minor handed over to the abuse hotline: first the call, with the data on screen, then erasure.

    What stays is this row: when, to whom, report number. Without `done_at` the hand-off is going on.
    """

    class Report(models.TextChoices):
        REPORTED = "reported", "Reported"
        # Only where the person is an adult by now.
        NOT_REPORTED = "not_reported", "Not reported"

    referral = models.OneToOneField("participants.Referral", on_delete=models.PROTECT, related_name="handoff")
    adult_now = models.BooleanField()
    started_at = models.DateTimeField()
    started_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")
    report = models.CharField(max_length=12, choices=Report.choices, blank=True)
    told_at = models.DateTimeField("told at", null=True)
    told_to = SealedTextField("told to", max_length=200, blank=True)
    report_number = SealedTextField(max_length=50, blank=True)
    reason = SealedTextField("why nothing was reported", max_length=500, blank=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, null=True, related_name="+")

    classification = {
        "referral": KEEP,
        "adult_now": KEEP,
        "started_at": KEEP,
        "started_by": KEEP,
        "report": KEEP,
        "told_at": KEEP,
        "told_to": ERASE,
        "report_number": ERASE,
        "reason": ERASE,
        "done_at": KEEP,
        "done_by": KEEP,
    }

    class Meta(TrackRecord.Meta):
        ordering = ("started_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by__isnull=True)
                | Q(done_at__isnull=False, done_by__isnull=False, report="reported", told_at__isnull=False)
                | Q(done_at__isnull=False, done_by__isnull=False, report="not_reported", adult_now=True),
                name="handoff_reported_or_adult_by_now",
            ),
        )

    @property
    def audit_subject(self):
        return ("referral", self.referral_id)

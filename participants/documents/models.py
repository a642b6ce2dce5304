"""Document: a scan or photo that belongs to a case, sealed in the database."""

from django.db import models

from participants.tracks.models import ERASE, KEEP, TrackRecord
from participants.vault.fields import SealedBytesField, SealedTextField


class Document(TrackRecord):
    """A paper of a case. Its content is never shown by this program, only handed out as a download."""

    class Kind(models.TextChoices):
        AGREEMENT = "agreement", "Signed agreement"
        ORDER = "order", "Court order"
        PROOF = "proof", "Proof of hours or payment"
        OTHER = "other", "Other paper"

    referral = models.ForeignKey("participants.Referral", on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    title = SealedTextField(max_length=200, blank=True)
    content = SealedBytesField()
    content_type = models.CharField(max_length=30)
    size = models.PositiveIntegerField()  # bytes
    added_at = models.DateTimeField()
    added_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")

    classification = {
        "referral": ERASE,
        "kind": ERASE,
        "title": ERASE,
        "content": ERASE,
        "content_type": ERASE,
        "size": ERASE,
        "added_at": ERASE,
        "added_by": KEEP,
    }

    class Meta(TrackRecord.Meta):
        ordering = ("-added_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(content_type__in=("application/pdf", "image/png", "image/jpeg")),
                name="document_type_known",
            ),
        )

    @property
    def audit_subject(self):
        return ("referral", self.referral_id)

"""Seals over the audit trail."""

from django.db import models
from django.db.models import Q

from participants.audit.models import AuditRecord


class Seal(AuditRecord):
    """One link of the chain over the events of a track, or of none.

    `entries` names each event that it covers, in the order of their ids, with the digests of its columns and of its
    subjects (`seals/digests.py`); `first_id` and `last_id` are the first and the last of them. `mac` is keyed and
    covers every other column, `previous` is the `mac` of the link before.
    """

    number = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    first_id = models.UUIDField()
    last_id = models.UUIDField()
    entries = models.BinaryField()
    previous = models.BinaryField(max_length=64)
    mac = models.BinaryField(max_length=64)

    class Meta(AuditRecord.Meta):
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=("track_id", "number"), name="seal_number_once"),
            models.UniqueConstraint(
                fields=("number",), condition=Q(track_id__isnull=True), name="seal_number_once_outside"
            ),
        )
        indexes = (
            models.Index(fields=("track_id", "first_id"), name="seal_by_first_event"),
            models.Index(fields=("track_id", "last_id"), name="seal_by_last_event"),
        )

    def __str__(self):
        return f"seal {self.number}"

"""A file of referrals: how its sender heads the columns, the file that waits, and the batch that came of it."""

from django.db import models
from django.db.models import Q

from participants.tracks.models import ERASE, KEEP, Program, TrackRecord, new_id
from participants.vault.fields import SealedBytesField, SealedTextField


class ColumnMapping(models.Model):
    """How a sender heads the columns of its files, remembered for the next file: program data, nothing of a case.

    `sender` is kept in plain form (no case, no accents); `columns` are pairs of plain heading and field.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="column_mappings")
    sender = models.CharField(max_length=150)
    columns = models.JSONField(default=dict)

    class Meta:
        ordering = ("program", "sender")
        constraints = (models.UniqueConstraint(fields=("program", "sender"), name="one_column_mapping_per_sender"),)

    def __str__(self):
        return self.sender


class WaitingFile(TrackRecord):
    """A file that was checked and not received yet: sealed, its uploader's own, gone after an hour."""

    owner = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")
    file_name = SealedTextField(max_length=200)
    content = SealedBytesField()
    sender = models.CharField(max_length=150)
    columns = models.JSONField(default=dict)  # heading -> field, as the uploader has said
    # Numbers of the rows that the uploader has put into this track because their charge decides nothing.
    taken = models.JSONField(default=list)
    expires_at = models.DateTimeField()

    classification = {
        "owner": ERASE,
        "file_name": ERASE,
        "content": ERASE,
        "sender": ERASE,
        "columns": ERASE,
        "taken": ERASE,
        "expires_at": ERASE,
    }

    class Meta(TrackRecord.Meta):
        indexes = (models.Index(fields=("track", "expires_at"), name="waiting_file_by_end"),)


class Batch(TrackRecord):
    """Referrals that came in one file. `received_by` is None where a command or a drop has brought them."""

    sender = models.CharField(max_length=150)
    received_on = models.DateField()
    received_at = models.DateTimeField(auto_now_add=True)
    received_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, null=True, related_name="+")
    rows = models.PositiveIntegerField()
    new = models.PositiveIntegerField()
    same = models.PositiveIntegerField()
    refused_rows = models.PositiveIntegerField()
    closed_on = models.DateField(null=True)
    closed_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, null=True, related_name="+")

    classification = {
        "sender": KEEP,
        "received_on": KEEP,
        "received_at": KEEP,
        "received_by": KEEP,
        "rows": KEEP,
        "new": KEEP,
        "same": KEEP,
        "refused_rows": KEEP,
        "closed_on": KEEP,
        "closed_by": KEEP,
    }

    class Meta(TrackRecord.Meta):
        ordering = ("-received_on", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(closed_by__isnull=False), name="batch_closed_by_somebody"
            ),
        )

    def __str__(self):
        return f"{self.sender}, {self.received_on}"

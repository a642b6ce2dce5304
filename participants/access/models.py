"""What was posted while the session was locked, kept until its writer has signed in again."""

from django.db import models

from participants.tracks.models import ERASE, TrackRecord
from participants.vault.fields import SealedJSONField


class KeptForm(TrackRecord):
    """The fields of one form that could not be taken, sealed, for the one who typed them.

    `fields` are lists of values by name, without the CSRF token; files are never kept. `address` is a random-looking
    keyed hash of user and path, so that the row says nothing of which record it is about.
    """

    user = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")
    address = models.BinaryField(max_length=20)
    fields = SealedJSONField()
    kept_at = models.DateTimeField()

    classification = {"user": ERASE, "address": ERASE, "fields": ERASE, "kept_at": ERASE}

    class Meta(TrackRecord.Meta):
        constraints = (models.UniqueConstraint(fields=("track", "address"), name="kept_form_once"),)
        indexes = (models.Index(fields=("track", "kept_at"), name="kept_form_by_age"),)

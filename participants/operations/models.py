"""Operation: the police operation that referrals came from. Counts only, nothing about people."""

from django.db import models

from participants.operations.rules import PlaceKind
from participants.tracks.models import KEEP, TrackRecord


class Operation(TrackRecord):
    """A police operation that referrals came from: counts only, nothing about people. A count of None is not known."""

    agency = models.CharField(max_length=150)
    name = models.CharField(max_length=150)
    held_on = models.DateField("date")
    place_kind = models.CharField("kind of place", max_length=10, choices=PlaceKind.choices, blank=True)
    calls = models.PositiveIntegerField("people who called or wrote", null=True, blank=True)
    came = models.PositiveIntegerField("people who came", null=True, blank=True)
    arrested = models.PositiveIntegerField("people arrested", null=True, blank=True)
    referred = models.PositiveIntegerField("people referred to the program", null=True, blank=True)
    # The file that named the operation first, so that taking the file back takes the operation back too.
    batch = models.ForeignKey(
        "participants.Batch", on_delete=models.PROTECT, null=True, editable=False, related_name="operations"
    )
    version = models.PositiveIntegerField(default=0, editable=False)

    classification = {
        "agency": KEEP,
        "name": KEEP,
        "held_on": KEEP,
        "place_kind": KEEP,
        "calls": KEEP,
        "came": KEEP,
        "arrested": KEEP,
        "referred": KEEP,
        "batch": KEEP,
        "version": KEEP,
    }

    class Meta(TrackRecord.Meta):
        ordering = ("-held_on", "-id")
        constraints = (models.UniqueConstraint(fields=("track", "agency", "name", "held_on"), name="operation_once"),)

    def __str__(self):
        return f"{self.name}, {self.agency}, {self.held_on}"

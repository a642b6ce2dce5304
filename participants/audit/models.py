"""Audit events and the records they concern, the seals over them, the reviews of them, and what fields held before.

Events, subjects, seals and reviews have no foreign keys and no values: they outlive what they speak of.
"""

import datetime
from hashlib import sha256

from django.db import models
from django.db.models import Q

from participants.tracks.models import ERASE, KEEP, TrackRecord, new_id
from participants.tracks.scope import OtherTrack, ScopedQuery, TrackQuerySet, active_scope_or_none
from participants.vault.fields import SealedTextField


class OwnTrackOrNone(ScopedQuery, models.sql.Query):
    """Inside a scope the events of its track, outside only those that belong to no track."""

    def track_condition(self) -> Q:
        scope = active_scope_or_none()
        return Q(track_id=scope.track.pk) if scope else Q(track_id__isnull=True)


class AuditQuerySet(TrackQuerySet):
    query_class = OwnTrackOrNone

    def _check_same_track(self, objs) -> None:
        scope = active_scope_or_none()
        track_id = scope.track.pk if scope else None
        if any(obj.track_id != track_id for obj in objs):
            raise OtherTrack("An event is written in the scope that it speaks of.")

    def update(self, **kwargs):
        raise TypeError("Audit events are never changed.")

    def delete(self):
        raise TypeError("Audit events are never deleted.")


class AuditRecord(models.Model):
    """Base of both tables: append-only, kept so by a database trigger."""

    append_only = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    track_id = models.UUIDField(null=True, editable=False)

    objects = models.Manager.from_queryset(AuditQuerySet)()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"

    def delete(self, *args, **kwargs):
        raise TypeError("Audit events are never deleted.")


class Event(AuditRecord):
    """Who did what, when, from where, with what outcome (CJIS 5.9.5 AU-3). `detail` holds names of fields,
    counts and codes, never a value of a person."""

    class Outcome(models.TextChoices):
        DONE = "done", "done"
        REFUSED = "refused", "refused"

    at = models.DateTimeField()
    action = models.CharField(max_length=60)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.DONE)
    actor_id = models.UUIDField(null=True)
    source = models.CharField(max_length=45, blank=True)
    path = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)

    class Meta(AuditRecord.Meta):
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("track_id", "-id"), name="event_by_track"),
            models.Index(fields=("track_id", "-at", "-id"), name="event_by_time"),
            models.Index(fields=("actor_id", "-id"), name="event_by_actor"),
        )

    def __str__(self):
        return f"{self.action} {self.id}"


class EventSubject(AuditRecord):
    """One record that an event concerned."""

    event_id = models.UUIDField(editable=False)
    kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()

    class Meta(AuditRecord.Meta):
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("subject_id", "-id"), name="event_subject_by_subject"),
            models.Index(fields=("event_id",), name="event_subject_by_event"),
        )

    def __str__(self):
        return f"{self.kind} {self.subject_id}"


class AuditReview(AuditRecord):
    """The weekly look at the trail, signed off (CJIS 5.9.5 AU-6). `remark` never names a person of the program."""

    at = models.DateTimeField()
    reviewer_id = models.UUIDField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    events = models.PositiveIntegerField()
    remark = models.CharField(max_length=500, blank=True)

    class Meta(AuditRecord.Meta):
        ordering = ("-until", "-id")
        constraints = (
            models.CheckConstraint(condition=Q(until__gt=models.F("since")), name="audit_review_of_a_time"),
            # Each begins where the one before ended, so of two that are signed at once one is refused.
            models.UniqueConstraint(fields=("track_id", "since"), name="audit_review_follows_once"),
            models.UniqueConstraint(
                fields=("since",), condition=Q(track_id__isnull=True), name="audit_review_follows_once_outside"
            ),
        )
        indexes = (models.Index(fields=("track_id", "-until"), name="audit_review_by_track"),)

    def __str__(self):
        return f"review until {self.until.isoformat()}"

    @property
    def told(self) -> dict:
        """What its event says of it: a seal covers that, and so proves the review."""
        instants = {name: getattr(self, name).astimezone(datetime.UTC).isoformat() for name in ("at", "since", "until")}
        remark = sha256(self.remark.encode()).hexdigest()
        return {"review": str(self.pk), **instants, "events": self.events, "remark": remark}


class FieldChange(TrackRecord):
    """What one field of a record held before a change, and what after, in the words of a page; who and when."""

    kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    field = models.CharField(max_length=60)
    before = SealedTextField(blank=True)
    after = SealedTextField(blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, null=True, related_name="+")

    classification = {
        "kind": ERASE,
        "subject_id": ERASE,
        "field": ERASE,
        "before": ERASE,
        "after": ERASE,
        "changed_at": ERASE,
        "changed_by": KEEP,
    }
    fixed = ("kind", "subject_id", "field", "changed_at", "changed_by_id")

    class Meta(TrackRecord.Meta):
        ordering = ("-id",)
        indexes = (models.Index(fields=("track", "subject_id", "-id"), name="field_change_by_subject"),)

    @property
    def audit_subject(self):
        return (self.kind, self.subject_id)

"""Audit events and the records they concern. No foreign keys and no values: they outlive what they speak of."""

from django.db import models
from django.db.models import Q

from participants.tracks.models import new_id
from participants.tracks.scope import OtherTrack, ScopedQuery, TrackQuerySet, active_scope_or_none


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

"""Sites, sessions, attendance and notes."""

from django.db import models
from django.db.models import F, Q

from participants.people.models import language_code
from participants.sessions.rules import Kind, Mark, State, Visibility
from participants.staff.permissions import Permission
from participants.tracks.models import ERASE, KEEP, TALLY, TrackRecord
from participants.tracks.scope import Scope
from participants.vault.fields import SealedTextField


class Site(TrackRecord):
    """A place where sessions are held. Belongs to one track and is visible only there."""

    name = models.CharField(max_length=150)
    address = models.CharField(max_length=300, blank=True)
    is_open = models.BooleanField("in use", default=True)

    classification = {"name": KEEP, "address": KEEP, "is_open": KEEP}

    class Meta(TrackRecord.Meta):
        ordering = ("name", "id")
        constraints = (models.UniqueConstraint(fields=("track", "name"), name="site_name_once"),)

    def __str__(self):
        return self.name


class Session(TrackRecord):
    """One scheduled meeting. `held_on` is the local day in the program's time zone; instants are UTC."""

    kind = models.CharField(max_length=20, choices=Kind.choices)
    title = models.CharField(max_length=150, blank=True, help_text="What it is about. Never a participant's name.")
    held_on = models.DateField("date")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, blank=True, related_name="sessions")
    facilitator = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=3, validators=[language_code], default="en")
    capacity = models.PositiveSmallIntegerField("seats", null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.SCHEDULED, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)

    classification = {
        "kind": KEEP,
        "title": KEEP,
        "held_on": KEEP,
        "starts_at": KEEP,
        "ends_at": KEEP,
        "site": KEEP,
        "facilitator": KEEP,
        "language": KEEP,
        "capacity": KEEP,
        "state": KEEP,
        "version": KEEP,
    }

    class Meta(TrackRecord.Meta):
        ordering = ("starts_at", "id")
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="session_ends_after_start"),
        )
        indexes = (
            models.Index(fields=("track", "held_on", "id"), name="session_by_day"),
            models.Index(fields=("track", "starts_at", "id"), name="session_by_start"),
        )

    @property
    def planned_minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    @property
    def name(self) -> str:
        return self.title or self.get_kind_display()

    @property
    def known_as(self) -> str:
        return f"{self.name}, {self.held_on.isoformat()}"


class Attendance(TrackRecord):
    """One participant's record at one session; made when the person is booked."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="attendances")
    enrollment = models.ForeignKey("participants.Enrollment", on_delete=models.PROTECT, related_name="attendances")
    # The participant of the enrollment, so that a roster and its audit need no further join.
    participant = models.ForeignKey("participants.Participant", on_delete=models.PROTECT, related_name="attendances")
    mark = models.CharField(max_length=12, choices=Mark.choices, default=Mark.BOOKED)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    reason = SealedTextField(max_length=300, blank=True)
    recorded_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)

    classification = {
        "session": KEEP,
        "enrollment": ERASE,
        "participant": ERASE,
        "mark": TALLY,
        "minutes": TALLY,
        "reason": ERASE,
        "recorded_by": KEEP,
        "recorded_at": ERASE,
        "version": KEEP,
    }

    class Meta(TrackRecord.Meta):
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("session", "enrollment"), name="one_attendance_per_session"),
            models.CheckConstraint(
                condition=Q(mark__in=("attended", "late", "left_early"), minutes__isnull=False)
                | Q(~Q(mark__in=("attended", "late", "left_early")), minutes__isnull=True),
                name="attendance_minutes_of_those_present",
            ),
        )
        indexes = (
            models.Index(fields=("track", "enrollment", "mark"), name="attendance_by_enrollment"),
            models.Index(fields=("track", "session"), condition=Q(mark="booked"), name="attendance_not_taken"),
        )

    @property
    def audit_subject(self):
        return ("participant", self.participant_id)

    @property
    def known_as(self) -> str:
        return self.session.known_as

    @property
    def holds_a_seat(self) -> bool:
        return self.mark != Mark.CANCELLED


class Note(TrackRecord):
    """A note on a participant's file, perhaps about a session. Privileged notes open for few."""

    participant = models.ForeignKey("participants.Participant", on_delete=models.PROTECT, related_name="notes")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, null=True, blank=True, related_name="notes")
    author = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")
    # For whom a privileged note opens: its author, until a clinical supervisor gives it to somebody else.
    keeper = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")
    visibility = models.CharField(max_length=12, choices=Visibility.choices)
    text = SealedTextField(max_length=10_000, multiline=True)
    written_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=0)

    classification = {
        "participant": ERASE,
        "session": ERASE,
        "author": KEEP,
        "keeper": KEEP,
        "visibility": ERASE,
        "text": ERASE,
        "written_at": ERASE,
        "version": KEEP,
    }

    class Meta(TrackRecord.Meta):
        ordering = ("-written_at", "-id")
        indexes = (
            models.Index(fields=("track", "participant", "-written_at"), name="note_by_participant"),
            models.Index(fields=("track", "keeper", "visibility"), name="note_by_keeper"),
        )

    def opens_in(self, scope: Scope) -> bool:
        """Whether the text opens for the actor of a request, whatever page forgot to ask: a privileged one for its
        keeper and for clinical supervision, and for nobody in a file that is open by break-glass."""
        if self.visibility == Visibility.CASE or not scope.privileges:
            return True
        if ("participant", self.participant_id) in scope.opened:
            return False
        return Permission.READ_PRIVILEGED in scope.privileges or scope.by.pk == self.keeper_id

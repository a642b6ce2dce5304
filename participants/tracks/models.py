"""Program, Track, and TrackRecord, the base of every confidential model."""

import zoneinfo

import uuid_utils.compat
from django.core.exceptions import ValidationError
from django.db import models

from participants.tracks.education import EDUCATION
from participants.tracks.rules import TrackRules
from participants.tracks.scope import OtherTrack, TrackManager, active_track_id
from participants.tracks.services import SERVICES

RULES = {rules.kind: rules for rules in (EDUCATION, SERVICES)}

# What becomes of a field's value when a record is expunged: kept, erased, or counted into the tally.
KEEP, ERASE, TALLY = "keep", "erase", "tally"

# Statute letter to track, s. 796.07(2) Fla. Stat.; an empty kind means that a person decides.
FLORIDA_CHARGES = {
    "796.07(2)(a)": "",
    "796.07(2)(b)": "",
    "796.07(2)(c)": "",
    "796.07(2)(d)": "",
    "796.07(2)(e)": SERVICES.kind,
    "796.07(2)(f)": EDUCATION.kind,
    "796.07(2)(g)": "",
    "796.07(2)(h)": "",
    "796.07(2)(i)": EDUCATION.kind,
}


def new_id():
    """A time-ordered UUID (version 7), so that large tables are written at their end."""
    return uuid_utils.compat.uuid7()


def florida_charges() -> dict[str, str]:
    return dict(FLORIDA_CHARGES)


def check_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError("%(name)s is not a time zone such as America/New_York.", params={"name": name})


class Program(models.Model):
    """A diversion program of one prosecutor's office in one jurisdiction."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(unique=True, error_messages={"unique": "There is a program with this slug already."})
    name = models.CharField(max_length=100)
    office = models.CharField(max_length=200, blank=True)
    time_zone = models.CharField(max_length=50, validators=[check_zone])
    charges = models.JSONField(default=florida_charges)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name", "id")

    def __str__(self):
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class Track(models.Model):
    """One of a program's two separate halves."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="tracks")
    kind = models.CharField(max_length=20, choices=[(rules.kind, rules.name) for rules in RULES.values()])

    class Meta:
        ordering = ("program", "kind")
        constraints = (
            models.UniqueConstraint(fields=("program", "kind"), name="one_track_of_a_kind_per_program"),
            models.CheckConstraint(condition=models.Q(kind__in=list(RULES)), name="track_kind_known"),
        )

    def __str__(self):
        return f"{self.program.slug}/{self.kind}"

    @property
    def rules(self) -> TrackRules:
        return RULES[self.kind]


class TrackRecord(models.Model):
    """A row that belongs to one track for good. Its manager answers inside `in_track` only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    track = models.ForeignKey(Track, on_delete=models.PROTECT, editable=False, related_name="+")

    objects = TrackManager()

    # field name -> KEEP, ERASE or TALLY; a guard test fails on a field that is missing here.
    classification: dict[str, str] = {}
    # SQL conditions on NEW, per kind of track, that the database refuses: {"services": ("name", "condition")}.
    refused: dict[str, tuple[str, str]] = {}
    # What the database asks of a row that is added, and again when one of the columns changes: triples of name,
    # columns, and an SQL condition on NEW.
    demands: tuple[tuple[str, tuple[str, ...], str], ...] = ()
    # Columns that never change, and columns that never change once they hold something.
    fixed: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"

    def __init__(self, *args, **kwargs):
        # Rows from the database come positionally; a new one belongs to the active track, or cannot be made.
        if not args and not kwargs.keys() & {"track", "track_id"}:
            kwargs["track_id"] = active_track_id()
        super().__init__(*args, **kwargs)

    def __str__(self):
        return f"{self._meta.verbose_name} {self.pk}"

    @property
    def audit_subject(self):
        """The pair (kind, id) under which a reading of this row is on record."""
        return (self._meta.model_name, self.pk)

    def delete(self, *args, **kwargs):
        # Django deletes a single row by its key alone, so the row itself is asked, not only the instance.
        if self.track_id != active_track_id() or not type(self).objects.filter(pk=self.pk).exists():
            raise OtherTrack("A row of another track cannot be deleted here.")
        return super().delete(*args, **kwargs)

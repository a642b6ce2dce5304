"""Participant: one person in one track. A person in both tracks is two participants that nothing links."""

import datetime
import secrets

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from participants.people.languages import language_name
from participants.tracks.models import ERASE, KEEP, TALLY, Track, TrackRecord
from participants.vault.fields import SealedDateField, SealedJSONField, SealedTextField

# No letters or digits that are read as each other (0 O, 1 I L, 5 S, 8 B), no vowels, so that no word appears.
REFERENCE_ALPHABET = "234679CDFGHJKMNPQRTVWXYZ"
language_code = RegexValidator(r"^[a-z]{2,3}$", "Use a language code of two or three letters, such as en.")


def new_reference() -> str:
    """A random reference such as 7K4Q-2MXD; it says nothing about track, order or person."""
    letters = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


class Gender(models.TextChoices):
    """Self-reported and optional; "" is not reported."""

    WOMAN = "woman", "Woman"
    MAN = "man", "Man"
    TRANS_WOMAN = "trans_woman", "Transgender woman"
    TRANS_MAN = "trans_man", "Transgender man"
    NON_BINARY = "non_binary", "Non-binary"
    OTHER = "other", "Another gender"


class Race(models.TextChoices):
    """Self-reported and optional; "" is not reported."""

    AMERICAN_INDIAN = "american_indian", "American Indian or Alaska Native"
    ASIAN = "asian", "Asian"
    BLACK = "black", "Black or African American"
    HISPANIC = "hispanic", "Hispanic or Latino"
    PACIFIC = "pacific", "Native Hawaiian or Pacific Islander"
    WHITE = "white", "White"
    MULTIPLE = "multiple", "More than one"
    OTHER = "other", "Another"


class Participant(TrackRecord):
    """A person who has agreed to take part. Names and contact details are sealed."""

    reference = models.CharField(max_length=9, default=new_reference, editable=False)
    name = SealedTextField(max_length=200)
    preferred_name = SealedTextField("name the person goes by", max_length=200, blank=True)
    date_of_birth = SealedDateField(null=True, blank=True)
    phone = SealedTextField(max_length=50, blank=True)
    safe_contact = SealedTextField(
        "safe contact",
        max_length=1000,
        blank=True,
        multiline=True,
        help_text="By which way, when, with voicemail or not, under which name the person may be reached.",
    )
    language = models.CharField(max_length=3, validators=[language_code], default="en")
    gender = models.CharField(max_length=20, choices=Gender.choices, blank=True)
    race = models.CharField(max_length=20, choices=Race.choices, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=0, editable=False)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, editable=False, related_name="merged")

    classification = {
        "merged_into": ERASE,
        "reference": ERASE,
        "name": ERASE,
        "preferred_name": ERASE,
        "date_of_birth": ERASE,
        "phone": ERASE,
        "safe_contact": ERASE,
        "language": TALLY,
        "gender": TALLY,
        "race": TALLY,
        "created_at": ERASE,
        "version": KEEP,
    }
    in_words = {"language": language_name}

    class Meta(TrackRecord.Meta):
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("track", "reference"), name="participant_reference_once"),)

    def __str__(self):
        return self.reference

    @property
    def called(self) -> str:
        """The name to use on a page: the preferred one, else the name given."""
        return self.preferred_name or self.name

    @property
    def language_name(self) -> str:
        return language_name(self.language)


class SearchToken(TrackRecord):
    """One token of the blind index: a keyed hash that leads to one record."""

    class Kind(models.TextChoices):
        PARTICIPANT = "participant"
        REFERRAL = "referral"

    # Both indexes below begin with the track; a third of its own would be a third of the work of writing a token.
    track = models.ForeignKey(Track, on_delete=models.PROTECT, editable=False, related_name="+", db_index=False)
    token = models.BinaryField(max_length=20)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    subject_id = models.UUIDField()

    classification = {"token": ERASE, "kind": ERASE, "subject_id": ERASE}

    class Meta(TrackRecord.Meta):
        constraints = (
            models.UniqueConstraint(fields=("track", "token", "kind", "subject_id"), name="search_token_once"),
        )
        indexes = (models.Index(fields=("track", "subject_id"), name="search_token_by_subject"),)


class Restriction(TrackRecord):
    """A member of staff who may not open a file, named by the person whose file it is. Stands until it is lifted.

    Names the case before placement, and participant and case after it.
    """

    referral = models.ForeignKey(
        "participants.Referral", on_delete=models.PROTECT, null=True, related_name="restrictions"
    )
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, null=True, related_name="restrictions")
    staff = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")
    recorded_on = models.DateField()
    recorded_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")
    lifted_on = models.DateField(null=True)

    classification = {
        "referral": ERASE,
        "participant": ERASE,
        "staff": ERASE,
        "recorded_on": ERASE,
        "recorded_by": KEEP,
        "lifted_on": ERASE,
    }

    class Meta(TrackRecord.Meta):
        constraints = (
            models.CheckConstraint(
                condition=Q(referral__isnull=False, participant__isnull=True)
                | Q(referral__isnull=True, participant__isnull=False),
                name="restriction_of_one_record",
            ),
            models.UniqueConstraint(
                fields=("referral", "staff"), condition=Q(lifted_on__isnull=True), name="one_restriction_of_case"
            ),
            models.UniqueConstraint(
                fields=("participant", "staff"), condition=Q(lifted_on__isnull=True), name="one_restriction_of_file"
            ),
        )
        indexes = (
            models.Index(fields=("track", "staff"), condition=Q(lifted_on__isnull=True), name="restriction_by_staff"),
        )


class BreakGlass(TrackRecord):
    """A manager opened a record that was closed to them: why, and until when. The privacy officer is told at once.

    Names the case before placement, and participant and case after it. Never opens privileged notes.
    """

    referral = models.ForeignKey(
        "participants.Referral", on_delete=models.PROTECT, null=True, related_name="broken_glass"
    )
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, null=True, related_name="broken_glass")
    reason = SealedTextField(max_length=1000, multiline=True)
    opened_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    until = models.DateTimeField()
    # Closed again by whoever opened it, before the time was over.
    ended_at = models.DateTimeField(null=True)
    # The privacy officer has looked at it.
    seen_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, null=True, related_name="+")
    seen_at = models.DateTimeField(null=True)

    classification = {
        "referral": ERASE,
        "participant": ERASE,
        "reason": ERASE,
        "opened_by": KEEP,
        "opened_at": KEEP,
        "until": KEEP,
        "ended_at": KEEP,
        "seen_by": KEEP,
        "seen_at": KEEP,
    }
    fixed = ("opened_by_id", "opened_at", "until")
    settled = ("ended_at", "seen_by_id", "seen_at")

    class Meta(TrackRecord.Meta):
        ordering = ("-opened_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(referral__isnull=False) | Q(participant__isnull=False), name="break_glass_of_a_record"
            ),
            models.CheckConstraint(condition=Q(until__gt=models.F("opened_at")), name="break_glass_for_a_time"),
        )
        indexes = (models.Index(fields=("track", "opened_by", "until"), name="break_glass_by_staff"),)

    @property
    def audit_subject(self):
        return ("participant", self.participant_id) if self.participant_id else ("referral", self.referral_id)

    @property
    def closes_at(self) -> datetime.datetime:
        """When the record was, or will be, closed again."""
        return min(self.ended_at or self.until, self.until)


class FileMerge(TrackRecord):
    """Two files of one person made one; can be undone, which keeps the row. `moved` lists what was moved, by table."""

    kept = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="merges")
    absorbed = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="merges_as_absorbed")
    moved = SealedJSONField()
    merged_on = models.DateField()
    merged_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")
    undone_on = models.DateField(null=True)
    undone_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, null=True, related_name="+")

    classification = {
        "kept": ERASE,
        "absorbed": ERASE,
        "moved": ERASE,
        "merged_on": KEEP,
        "merged_by": KEEP,
        "undone_on": KEEP,
        "undone_by": KEEP,
    }

    @property
    def audit_subject(self):
        return ("participant", self.kept_id)

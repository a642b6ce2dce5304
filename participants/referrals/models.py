"""Referral: a case sent to the program; Operation: the police operation it came from."""

from django.db import models
from django.db.models import F, Q

from participants.people.languages import language_name
from participants.people.models import Gender, Race, language_code
from participants.referrals.rules import NAMELESS, Status
from participants.tracks.models import ERASE, KEEP, TALLY, TrackRecord
from participants.vault.fields import SealedDateField, SealedTextField


class MustAppear(models.TextChoices):
    UNKNOWN = "unknown", "Not known"
    YES = "yes", "Yes, in person"
    NO = "no", "No"


class Referral(TrackRecord):
    """One case: who, which charge, from whom, when. The person becomes a participant only by agreeing."""

    Status = Status

    name = SealedTextField(max_length=200)
    date_of_birth = SealedDateField(null=True, blank=True)
    phone = SealedTextField(max_length=50, blank=True)
    case_number = SealedTextField("court case number", max_length=50)
    counsel_name = SealedTextField("defense counsel", max_length=200, blank=True)
    counsel_contact = SealedTextField("counsel's phone or e-mail", max_length=200, blank=True)
    charge = models.CharField(max_length=30, help_text="Statute and letter as charged.")
    offense_on = models.DateField("offense date")
    received_on = models.DateField()
    source = models.CharField(max_length=150, help_text="Who sent the case.")
    operation = models.ForeignKey(
        "participants.Operation", on_delete=models.PROTECT, null=True, blank=True, related_name="referrals"
    )
    batch = models.ForeignKey(
        "participants.Batch", on_delete=models.PROTECT, null=True, editable=False, related_name="referrals"
    )
    # Who works on the case until the person is placed.
    assigned_to = models.ForeignKey(
        "participants.User", on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, editable=False, related_name="merged")
    next_court_on = models.DateField("next court date", null=True, blank=True)
    # The day on which the person was told of the next court date.
    court_told_on = models.DateField(null=True, editable=False)
    must_appear = models.CharField(
        "must the person appear?", max_length=10, choices=MustAppear.choices, default=MustAppear.UNKNOWN
    )
    language = models.CharField(max_length=3, validators=[language_code], default="en")
    gender = models.CharField(max_length=20, choices=Gender.choices, blank=True)
    race = models.CharField(max_length=20, choices=Race.choices, blank=True)
    # Clear, for rules and reports; null while the date of birth is not known.
    age_at_offense = models.SmallIntegerField(null=True, editable=False)
    # Equal for equal content, says nothing about it: the same case sent twice is one referral.
    fingerprint = models.BinaryField(max_length=20, editable=False)
    # The like of the case number alone, and of name with date of birth: what a duplicate shares.
    case_key = models.BinaryField(max_length=20, editable=False)
    person_key = models.BinaryField(max_length=20, null=True, editable=False)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.RECEIVED, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=0, editable=False)

    classification = {
        "name": ERASE,
        "date_of_birth": ERASE,
        "phone": ERASE,
        "case_number": ERASE,
        "counsel_name": ERASE,
        "counsel_contact": ERASE,
        "charge": TALLY,
        "offense_on": ERASE,
        "received_on": TALLY,
        "source": TALLY,
        "operation": ERASE,
        "batch": ERASE,
        "assigned_to": KEEP,
        "merged_into": ERASE,
        "court_told_on": ERASE,
        "next_court_on": ERASE,
        "must_appear": ERASE,
        "language": TALLY,
        "gender": TALLY,
        "race": TALLY,
        "age_at_offense": TALLY,
        "fingerprint": ERASE,
        "case_key": ERASE,
        "person_key": ERASE,
        "status": TALLY,
        "created_at": ERASE,
        "version": KEEP,
    }
    in_words = {"language": language_name}

    class Meta(TrackRecord.Meta):
        ordering = ("-received_on", "-id")
        constraints = (
            models.UniqueConstraint(fields=("track", "fingerprint"), name="referral_once"),
            models.CheckConstraint(condition=Q(received_on__gte=F("offense_on")), name="referral_after_offense"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="referral_status_known"),
            models.CheckConstraint(
                condition=Q(status="merged", merged_into__isnull=False)
                | Q(~Q(status="merged"), merged_into__isnull=True),
                name="referral_merged_into_another",
            ),
        )
        indexes = (
            models.Index(fields=("track", "status", "-received_on", "-id"), name="referral_by_status"),
            models.Index(fields=("track", "-received_on", "-id"), name="referral_by_received"),
            models.Index(fields=("track", "next_court_on"), name="referral_by_court"),
            models.Index(fields=("track", "case_key"), name="referral_by_case"),
            models.Index(fields=("track", "person_key"), name="referral_by_person"),
            models.Index(fields=("track", "assigned_to", "status"), name="referral_by_worker"),
        )

    @property
    def is_nameless(self) -> bool:
        """Whether lists show the row without a name, because the person was a child."""
        return self.status in NAMELESS

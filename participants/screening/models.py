"""The track's written criteria, by version, and the decisions made under them."""

from django.db import models
from django.db.models import Q

from participants.screening.rules import Answer
from participants.tracks.models import ERASE, KEEP, TALLY, TrackRecord
from participants.vault.fields import SealedJSONField, SealedTextField


class CriteriaVersion(TrackRecord):
    """The criteria in force from a day on; never changed once they are published.

    `criteria` is a list of {key, question, wanted, reason, reason_es, reason_ht}; a reason that nobody has
    translated is empty or missing.
    """

    number = models.PositiveIntegerField()
    valid_from = models.DateField()
    criteria = models.JSONField()
    published_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, null=True, related_name="+")

    classification = {"number": KEEP, "valid_from": KEEP, "criteria": KEEP, "published_by": KEEP}

    class Meta(TrackRecord.Meta):
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=("track", "number"), name="criteria_version_once"),)

    def keys_kept_from(self, other: "CriteriaVersion") -> set[str]:
        """The questions that both versions ask in the same words, wanting the same answer."""
        theirs = {row["key"]: (row["question"], row["wanted"]) for row in other.criteria}
        return {row["key"] for row in self.criteria if theirs.get(row["key"]) == (row["question"], row["wanted"])}


class Screening(TrackRecord):
    """The decision on a referral: the answers, whether eligible, and the reasons in words.

    While an answer is still to be found out, `eligible`, `decided_on` are None and `decided_by` is who asked last.
    `eligible` is what stands now; what was decided before an override or a second look is kept in the reviews.
    """

    referral = models.OneToOneField("participants.Referral", on_delete=models.PROTECT, related_name="screening")
    criteria_version = models.ForeignKey(CriteriaVersion, on_delete=models.PROTECT, related_name="screenings")
    answers = SealedJSONField()  # criterion key -> "yes", "no" or "unknown"
    notes = SealedJSONField(default=dict)  # criterion key -> remark on the answer
    eligible = models.BooleanField(null=True)
    reasons = SealedJSONField()  # list of sentences
    note = SealedTextField(max_length=2000, blank=True, multiline=True)
    decided_on = models.DateField(null=True)
    decided_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=0, editable=False)

    classification = {
        "referral": ERASE,
        "criteria_version": KEEP,
        "answers": ERASE,
        "notes": ERASE,
        "eligible": TALLY,
        "reasons": ERASE,
        "note": ERASE,
        "decided_on": TALLY,
        "decided_by": KEEP,
        "version": KEEP,
    }

    class Meta(TrackRecord.Meta):
        indexes = (models.Index(fields=("track", "decided_on"), name="screening_by_day"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(eligible__isnull=True, decided_on__isnull=True)
                | Q(eligible__isnull=False, decided_on__isnull=False),
                name="screening_decided_on_a_day",
            ),
        )

    @property
    def audit_subject(self):
        return ("referral", self.referral_id)

    @property
    def open_questions(self) -> list[dict]:
        """The criteria whose answer is still to be found out."""
        return [row for row in self.criteria_version.criteria if self.answers.get(row["key"]) == Answer.UNKNOWN]

    @property
    def decided_again(self) -> list["Review"]:
        """The reviews that are decided, oldest first."""
        decided = (review for review in self.reviews.all() if review.eligible_after is not None)
        return sorted(decided, key=lambda review: (review.decided_on, review.pk))

    @property
    def waiting_review(self) -> "Review | None":
        return next((review for review in self.reviews.all() if review.eligible_after is None), None)

    @property
    def not_met(self) -> list[dict]:
        """The criteria that speak against the person as the decision stands now; none while eligible or open."""
        if self.eligible is not False:
            return []
        criteria = self.criteria_version.criteria
        if again := self.decided_again:
            return [row for row in criteria if row["key"] in again[-1].against]
        return [row for row in criteria if self.answers.get(row["key"]) != row["wanted"]]

    @property
    def answered(self) -> list[dict]:
        """Every question of the version that was asked, with its answer in words and the remark on it."""
        return [
            {
                "question": criterion["question"],
                "answer": Answer(self.answers[criterion["key"]]).label,
                "note": self.notes.get(criterion["key"], ""),
                "open": self.answers[criterion["key"]] == Answer.UNKNOWN,
            }
            for criterion in self.criteria_version.criteria
            if criterion["key"] in self.answers
        ]


class Review(TrackRecord):
    """A decision looked at again: overridden by a manager, asked for by the person, or due because the charge changed.

    `eligible_after` is None while it waits. `against` are the keys of the criteria that are not met after it, of the
    screening's own version, so that the person's letter can say them in the person's language.
    """

    class Kind(models.TextChoices):
        OVERRIDE = "override", "Override"
        SECOND_LOOK = "second_look", "Second look"
        CHARGE_CHANGED = "charge", "Charge changed after the screening"

    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="reviews")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    asked_on = models.DateField()
    asked_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")
    request = SealedTextField("what the person says", max_length=2000, blank=True, multiline=True)
    eligible_before = models.BooleanField()
    eligible_after = models.BooleanField(null=True)
    against = SealedJSONField(default=list)
    reason = SealedTextField(max_length=2000, blank=True, multiline=True)
    decided_on = models.DateField(null=True)
    decided_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, null=True, related_name="+")

    classification = {
        "screening": ERASE,
        "kind": TALLY,
        "asked_on": TALLY,
        "asked_by": KEEP,
        "request": ERASE,
        "eligible_before": TALLY,
        "eligible_after": TALLY,
        "against": ERASE,
        "reason": ERASE,
        "decided_on": TALLY,
        "decided_by": KEEP,
    }

    class Meta(TrackRecord.Meta):
        ordering = ("asked_on", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("screening",), condition=Q(eligible_after__isnull=True), name="one_waiting_review"
            ),
            models.CheckConstraint(
                condition=Q(eligible_after__isnull=True, decided_on__isnull=True, decided_by__isnull=True)
                | Q(eligible_after__isnull=False, decided_on__isnull=False, decided_by__isnull=False),
                name="review_decided_by_somebody",
            ),
        )

    @property
    def audit_subject(self):
        return ("referral", self.screening.referral_id)

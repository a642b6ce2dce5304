"""Texts in their versions and languages, the offer, and the participation agreement: the evidence of choice."""

from django.db import models
from django.db.models import F, Q

from participants.consent.rules import Counsel, Decision, Place
from participants.people.languages import language_name
from participants.people.models import language_code
from participants.tracks.models import ERASE, KEEP, TALLY, TrackRecord
from participants.vault.fields import SealedTextField


class ConsentText(TrackRecord):
    """What a person is given to read. A version is never changed; the next one replaces it."""

    class Kind(models.TextChoices):
        OFFER = "offer", "Offer"
        AGREEMENT = "agreement", "Participation agreement"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    language = models.CharField(max_length=3, validators=[language_code])
    version = models.PositiveIntegerField()
    body = models.TextField()
    certified_by = models.CharField("translation certified by", max_length=150, blank=True)
    certified_on = models.DateField(null=True, blank=True)

    classification = {
        "kind": KEEP,
        "language": KEEP,
        "version": KEEP,
        "body": KEEP,
        "certified_by": KEEP,
        "certified_on": KEEP,
    }

    class Meta(TrackRecord.Meta):
        ordering = ("kind", "language", "-version")
        constraints = (
            models.UniqueConstraint(fields=("track", "kind", "language", "version"), name="consent_text_once"),
        )

    @property
    def in_language(self) -> str:
        return language_name(self.language)

    @property
    def parts(self) -> list[tuple[str, str]]:
        """Pairs of heading and paragraph; a paragraph of one line has no heading."""
        blocks = (block.rpartition("\n") for block in self.body.strip().split("\n\n"))
        return [(heading, paragraph) for heading, _, paragraph in blocks]


class Offer(TrackRecord):
    """Telling a person about the program, with a date to decide by. Declining is a normal end."""

    referral = models.ForeignKey("participants.Referral", on_delete=models.PROTECT, related_name="offers")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="offers")
    language = models.CharField(max_length=3, validators=[language_code])
    interpreter = SealedTextField("interpreter's name", max_length=200, blank=True)
    place = models.CharField("where", max_length=10, choices=Place.choices)
    present = SealedTextField("who else was present", max_length=500, blank=True)
    made_on = models.DateField("offered on")
    explained_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")
    decide_by = models.DateField()
    counsel = models.CharField("defense counsel", max_length=20, choices=Counsel.choices, blank=True)
    counsel_on = models.DateField("on", null=True, blank=True)
    decision = models.CharField(max_length=10, choices=Decision.choices, default=Decision.WAITING)
    decided_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    classification = {
        "referral": ERASE,
        "text": KEEP,
        "language": TALLY,
        "interpreter": ERASE,
        "place": TALLY,
        "present": ERASE,
        "made_on": TALLY,
        "explained_by": KEEP,
        "decide_by": ERASE,
        "counsel": TALLY,
        "counsel_on": ERASE,
        "decision": TALLY,
        "decided_on": TALLY,
        "created_at": ERASE,
    }

    class Meta(TrackRecord.Meta):
        ordering = ("-made_on", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("referral",), condition=Q(decision__in=("waiting", "accepted")), name="one_open_offer"
            ),
            models.CheckConstraint(condition=Q(decide_by__gt=F("made_on")), name="offer_time_to_decide"),
            models.CheckConstraint(
                condition=Q(decision="waiting", decided_on__isnull=True)
                | Q(~Q(decision="waiting"), decided_on__isnull=False, decided_on__gte=F("made_on")),
                name="offer_decided_after_made",
            ),
            models.CheckConstraint(
                condition=~Q(decision="accepted") | Q(counsel__in=("consulted", "declined"), counsel_on__isnull=False),
                name="offer_accepted_with_counsel_answer",
            ),
            models.CheckConstraint(
                condition=Q(counsel_on__isnull=True) | Q(decided_on__isnull=True) | Q(counsel_on__lte=F("decided_on")),
                name="offer_counsel_before_deciding",
            ),
        )
        indexes = (
            models.Index(fields=("track", "made_on"), name="offer_by_day"),
            models.Index(fields=("track", "decision", "decide_by"), name="offer_by_deadline"),
        )

    @property
    def audit_subject(self):
        return ("referral", self.referral_id)


class Agreement(TrackRecord):
    """What the person signed to enter. Withdrawing it ends the stay; no reason is asked."""

    referral = models.ForeignKey("participants.Referral", on_delete=models.PROTECT, related_name="agreements")
    offer = models.OneToOneField(Offer, on_delete=models.PROTECT, related_name="agreement")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="agreements")
    language = models.CharField(max_length=3, validators=[language_code])
    interpreter = SealedTextField("interpreter's name", max_length=200, blank=True)
    signed_on = models.DateField()
    speedy_trial_waived = models.BooleanField("waives speedy trial for the time of the program", default=False)
    waived_until = models.DateField("waiver ends on")
    term_ends_on = models.DateField("program ends on")
    withdrawn_on = models.DateField(null=True, blank=True)
    recorded_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")

    classification = {
        "referral": ERASE,
        "offer": ERASE,
        "text": KEEP,
        "language": TALLY,
        "interpreter": ERASE,
        "signed_on": TALLY,
        "speedy_trial_waived": KEEP,
        "waived_until": ERASE,
        "term_ends_on": ERASE,
        "withdrawn_on": TALLY,
        "recorded_by": KEEP,
    }

    class Meta(TrackRecord.Meta):
        ordering = ("-signed_on", "-id")
        constraints = (
            models.CheckConstraint(condition=Q(speedy_trial_waived=True), name="agreement_waives_speedy_trial"),
            models.CheckConstraint(condition=Q(term_ends_on__gt=F("signed_on")), name="agreement_has_a_term"),
            models.CheckConstraint(
                condition=Q(waived_until__gte=F("term_ends_on")), name="agreement_waiver_covers_term"
            ),
        )

    @property
    def audit_subject(self):
        return ("referral", self.referral_id)

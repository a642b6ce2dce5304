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
        MESSAGES = "messages", "Consent to messages"

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
    fixed = ("kind", "language", "version", "body")
    settled = ("certified_by", "certified_on")

    class Meta(TrackRecord.Meta):
        ordering = ("kind", "language", "-version")
        constraints = (
            models.UniqueConstraint(fields=("track", "kind", "language", "version"), name="consent_text_once"),
        )

    @property
    def in_language(self) -> str:
        return language_name(self.language)

    @property
    def is_certified(self) -> bool:
        return bool(self.certified_by)

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
    with_interpreter = models.BooleanField(default=False, editable=False)  # for the figures, which open no name
    place = models.CharField("where", max_length=10, choices=Place.choices)
    present = SealedTextField("who else was present", max_length=500, blank=True)
    made_at = models.DateTimeField("offered at")
    made_on = models.DateField("offered on")  # the day of `made_at` where the program is
    explained_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")
    decide_by = models.DateField()
    counsel = models.CharField("defense counsel", max_length=20, choices=Counsel.choices, blank=True)
    counsel_on = models.DateField("on", null=True, blank=True)
    counsel_name = SealedTextField("lawyer consulted", max_length=200, blank=True)
    decision = models.CharField(max_length=10, choices=Decision.choices, default=Decision.WAITING)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_on = models.DateField(null=True, blank=True)  # the day of `decided_at`
    accepted_at = models.DateTimeField(null=True, blank=True)  # stays when the person changes their mind
    # Ticked by the person who does not want the 24 hours.
    asked_to_sign_now = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    classification = {
        "referral": ERASE,
        "text": KEEP,
        "language": TALLY,
        "interpreter": ERASE,
        "with_interpreter": TALLY,
        "place": TALLY,
        "present": ERASE,
        "made_at": TALLY,
        "made_on": TALLY,
        "counsel_name": ERASE,
        "decided_at": TALLY,
        "accepted_at": TALLY,
        "asked_to_sign_now": TALLY,
        "explained_by": KEEP,
        "decide_by": ERASE,
        "counsel": TALLY,
        "counsel_on": ERASE,
        "decision": TALLY,
        "decided_on": TALLY,
        "created_at": ERASE,
    }
    fixed = ("referral_id", "text_id", "made_at", "made_on")
    settled = ("accepted_at",)

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
                condition=~Q(decision="accepted") | Q(accepted_at__isnull=False), name="offer_accepted_at_an_instant"
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
    def changed_mind(self) -> bool:
        """Whether the person accepted first and declined later."""
        return self.accepted_at is not None and self.decision == Decision.DECLINED

    @property
    def audit_subject(self):
        return ("referral", self.referral_id)


class Agreement(TrackRecord):
    """What the person signed to enter. Withdrawing it ends the stay; no reason is asked."""

    referral = models.ForeignKey("participants.Referral", on_delete=models.PROTECT, related_name="agreements")
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="agreements")
    version = models.PositiveSmallIntegerField(default=1, editable=False)
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="agreements")
    language = models.CharField(max_length=3, validators=[language_code])
    interpreter = SealedTextField("interpreter's name", max_length=200, blank=True)
    signed_at = models.DateTimeField()
    signed_on = models.DateField()  # the day of `signed_at`
    # What the person agreed to do: a list of {kind, quantity, service}, quantity as text in the kind's unit.
    requirements = models.JSONField(default=list)
    speedy_trial_waived = models.BooleanField("waives speedy trial for the time of the program", default=False)
    waived_until = models.DateField("waiver ends on")
    term_ends_on = models.DateField("program ends on")
    # Some programs watch for a new arrest after the requirements are met, before the charge is dropped.
    monitoring_ends_on = models.DateField("monitoring ends on", null=True, blank=True)
    withdrawn_on = models.DateField(null=True, blank=True)
    recorded_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")

    classification = {
        "referral": ERASE,
        "offer": ERASE,
        "version": KEEP,
        "requirements": KEEP,
        "monitoring_ends_on": ERASE,
        "text": KEEP,
        "language": TALLY,
        "interpreter": ERASE,
        "signed_at": TALLY,
        "signed_on": TALLY,
        "speedy_trial_waived": KEEP,
        "waived_until": ERASE,
        "term_ends_on": ERASE,
        "withdrawn_on": TALLY,
        "recorded_by": KEEP,
    }
    demands = (
        (
            "accepted_offer",
            ("offer_id", "referral_id"),
            "EXISTS (SELECT 1 FROM participants_offer o WHERE o.id = NEW.offer_id "
            "AND o.referral_id = NEW.referral_id AND o.decision = 'accepted')",
        ),
    )
    fixed = (
        "referral_id",
        "offer_id",
        "version",
        "text_id",
        "signed_at",
        "signed_on",
        "requirements",
        "waived_until",
        "term_ends_on",
        "monitoring_ends_on",
    )
    settled = ("withdrawn_on",)

    class Meta(TrackRecord.Meta):
        ordering = ("-signed_on", "-id")
        constraints = (
            models.UniqueConstraint(fields=("offer", "version"), name="agreement_version_once"),
            models.CheckConstraint(
                condition=Q(monitoring_ends_on__isnull=True)
                | Q(monitoring_ends_on__gte=F("term_ends_on"), waived_until__gte=F("monitoring_ends_on")),
                name="agreement_waiver_covers_monitoring",
            ),
            models.CheckConstraint(condition=Q(speedy_trial_waived=True), name="agreement_waives_speedy_trial"),
            models.CheckConstraint(condition=Q(term_ends_on__gt=F("signed_on")), name="agreement_has_a_term"),
            models.CheckConstraint(
                condition=Q(waived_until__gte=F("term_ends_on")), name="agreement_waiver_covers_term"
            ),
        )

    @property
    def audit_subject(self):
        return ("referral", self.referral_id)


class MessageConsent(TrackRecord):
    """A person's consent to be written to or called in one way; apart from the agreement, never its condition."""

    class Channel(models.TextChoices):
        SMS = "sms", "Text messages"
        EMAIL = "email", "E-mail"
        VOICE = "voice", "Voice messages"

    referral = models.ForeignKey("participants.Referral", on_delete=models.PROTECT, related_name="message_consents")
    channel = models.CharField("way", max_length=8, choices=Channel.choices)
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="message_consents")
    given_on = models.DateField()
    recorded_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")
    withdrawn_on = models.DateField(null=True, blank=True)

    classification = {
        "referral": ERASE,
        "channel": ERASE,
        "text": KEEP,
        "given_on": ERASE,
        "recorded_by": KEEP,
        "withdrawn_on": ERASE,
    }

    class Meta(TrackRecord.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("referral", "channel"),
                condition=Q(withdrawn_on__isnull=True),
                name="one_message_consent_per_way",
            ),
        )

    @property
    def audit_subject(self):
        return ("referral", self.referral_id)

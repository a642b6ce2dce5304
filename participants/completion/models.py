"""Proposals to end a stay, the program's recommendation, the prosecutor's disposition.

Requirements met (on the enrollment), recommendation and disposition are three facts, kept in three places.
"""

from django.db import models
from django.db.models import F, Q

from participants.completion.rules import PROPOSABLE, Decision, Disposed, Recommended
from participants.enrollment.rules import ExitDetail
from participants.enrollment.rules import Status as ExitType
from participants.tracks.models import ERASE, KEEP, TALLY, TrackRecord
from participants.vault.fields import SealedJSONField, SealedTextField


class ExitProposal(TrackRecord):
    """One person proposes how a stay ends, another decides. A termination is a notice that can be contested."""

    enrollment = models.ForeignKey("participants.Enrollment", on_delete=models.PROTECT, related_name="proposals")
    participant = models.ForeignKey("participants.Participant", on_delete=models.PROTECT, related_name="+")
    exit_type = models.CharField(max_length=12, choices=ExitType.choices)
    exit_detail = models.CharField(max_length=20, choices=ExitDetail.choices, blank=True)
    reason_codes = SealedJSONField(default=list)  # of a termination: codes of `rules.Reason`
    reasons = SealedTextField(max_length=4000, blank=True, multiline=True)
    proposed_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")
    proposed_on = models.DateField()
    notice_on = models.DateField("notice given on", null=True, blank=True)
    contest_by = models.DateField("may be contested until", null=True, blank=True)
    statement = SealedTextField("the person's statement", max_length=4000, blank=True, multiline=True)
    statement_on = models.DateField("statement recorded on", null=True, blank=True)
    decision = models.CharField(max_length=10, choices=Decision.choices, default=Decision.WAITING)
    decided_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, null=True, related_name="+")
    decided_on = models.DateField(null=True, blank=True)
    decision_reason = SealedTextField(max_length=4000, blank=True, multiline=True)

    classification = {
        "enrollment": ERASE,
        "participant": ERASE,
        "exit_type": TALLY,
        "exit_detail": TALLY,
        "reason_codes": ERASE,
        "reasons": ERASE,
        "proposed_by": KEEP,
        "proposed_on": ERASE,
        "notice_on": ERASE,
        "contest_by": ERASE,
        "statement": ERASE,
        "statement_on": ERASE,
        "decision": TALLY,
        "decided_by": KEEP,
        "decided_on": ERASE,
        "decision_reason": ERASE,
    }
    refused = {"services": ("termination", "NEW.exit_type = 'terminated'")}

    class Meta(TrackRecord.Meta):
        ordering = ("proposed_on", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("enrollment",), condition=Q(decision="waiting"), name="one_waiting_proposal"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")), name="exit_decided_by_another"
            ),
            # A void proposal was decided by nobody: the person withdrew while it waited.
            models.CheckConstraint(
                condition=Q(decision="waiting", decided_by__isnull=True, decided_on__isnull=True)
                | Q(
                    decision="void",
                    decided_by__isnull=True,
                    decided_on__isnull=False,
                    decided_on__gte=F("proposed_on"),
                )
                | Q(
                    decision__in=("approved", "returned"),
                    decided_by__isnull=False,
                    decided_on__isnull=False,
                    decided_on__gte=F("proposed_on"),
                ),
                name="exit_decision_complete",
            ),
            models.CheckConstraint(condition=Q(exit_type__in=PROPOSABLE), name="exit_that_is_proposed"),
            models.CheckConstraint(
                condition=~Q(exit_type="terminated")
                | Q(notice_on__isnull=False, contest_by__isnull=False, contest_by__gt=F("notice_on")),
                name="termination_with_time_to_contest",
            ),
            models.CheckConstraint(
                condition=~Q(exit_type="terminated", decision="approved") | Q(decided_on__gt=F("contest_by")),
                name="termination_after_the_time_to_contest",
            ),
        )
        indexes = (models.Index(fields=("track", "decision", "proposed_on", "id"), name="proposal_by_decision"),)

    @property
    def audit_subject(self):
        return ("participant", self.participant_id)


class Recommendation(TrackRecord):
    """What the program recommends after an exit."""

    enrollment = models.OneToOneField(
        "participants.Enrollment", on_delete=models.PROTECT, related_name="recommendation"
    )
    participant = models.ForeignKey("participants.Participant", on_delete=models.PROTECT, related_name="+")
    recommended = models.CharField("recommendation", max_length=12, choices=Recommended.choices)
    made_on = models.DateField("date")
    made_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")

    classification = {
        "enrollment": ERASE,
        "participant": ERASE,
        "recommended": TALLY,
        "made_on": ERASE,
        "made_by": KEEP,
    }

    @property
    def audit_subject(self):
        return ("participant", self.participant_id)


class Disposition(TrackRecord):
    """What the prosecutor decided about the case."""

    referral = models.OneToOneField("participants.Referral", on_delete=models.PROTECT, related_name="disposition")
    disposed = models.CharField("disposition", max_length=20, choices=Disposed.choices)
    decided_on = models.DateField("date")
    recorded_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")

    classification = {"referral": ERASE, "disposed": TALLY, "decided_on": ERASE, "recorded_by": KEEP}

    @property
    def audit_subject(self):
        return ("referral", self.referral_id)

"""Enrollment: one stay of one participant in the track, from agreement to exit."""

from django.db import models
from django.db.models import F, Q

from participants.enrollment.rules import ExitDetail, Status
from participants.tracks.models import ERASE, KEEP, TALLY, TrackRecord


class Enrollment(TrackRecord):
    """A stay. Placed with an agreement only; at most one of a participant is active."""

    Status = Status

    participant = models.ForeignKey("participants.Participant", on_delete=models.PROTECT, related_name="enrollments")
    referral = models.OneToOneField("participants.Referral", on_delete=models.PROTECT, related_name="enrollment")
    agreement = models.OneToOneField("participants.Agreement", on_delete=models.PROTECT, related_name="enrollment")
    caseworker = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")
    placed_on = models.DateField()
    term_ends_on = models.DateField()
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.ACTIVE, editable=False)
    exited_on = models.DateField(null=True, blank=True, editable=False)
    exit_detail = models.CharField(max_length=20, choices=ExitDetail.choices, blank=True, editable=False)
    # Fixed when completion is approved; a fact of its own beside recommendation and disposition.
    requirements_met_on = models.DateField(null=True, blank=True, editable=False)

    classification = {
        "participant": ERASE,
        "referral": ERASE,
        "agreement": ERASE,
        "caseworker": KEEP,
        "placed_on": TALLY,
        "term_ends_on": ERASE,
        "status": TALLY,
        "exited_on": TALLY,
        "exit_detail": TALLY,
        "requirements_met_on": ERASE,
    }
    refused = {"services": ("termination", "NEW.status = 'terminated'")}
    # Placed by the standing version of an agreement of the same case, under an accepted offer with a counsel answer.
    # A stay that is written after it has ended may carry an agreement that was withdrawn while it went on.
    demands = (
        (
            "standing_agreement",
            ("agreement_id", "referral_id", "status"),
            "EXISTS (SELECT 1 FROM participants_agreement a JOIN participants_offer o ON o.id = a.offer_id "
            "WHERE a.id = NEW.agreement_id AND a.referral_id = NEW.referral_id AND o.referral_id = NEW.referral_id "
            "AND o.decision = 'accepted' AND o.counsel IN ('consulted', 'declined') "
            "AND (a.withdrawn_on IS NULL OR (NEW.status <> 'active' AND a.withdrawn_on >= NEW.placed_on)) "
            "AND NOT EXISTS (SELECT 1 FROM participants_agreement later "
            "WHERE later.offer_id = a.offer_id AND later.version > a.version))",
        ),
    )
    fixed = ("referral_id",)

    class Meta(TrackRecord.Meta):
        ordering = ("-placed_on", "-id")
        constraints = (
            models.UniqueConstraint(fields=("participant",), condition=Q(status="active"), name="one_open_enrollment"),
            models.CheckConstraint(
                condition=Q(status="active", exited_on__isnull=True)
                | Q(~Q(status="active"), exited_on__isnull=False, exited_on__gte=F("placed_on")),
                name="enrollment_ends_after_start",
            ),
            models.CheckConstraint(
                condition=~Q(status="completed") | Q(requirements_met_on__isnull=False),
                name="enrollment_completed_with_requirements_met",
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="enrollment_status_known"),
            models.CheckConstraint(condition=Q(term_ends_on__gte=F("placed_on")), name="enrollment_starts_within_term"),
        )
        indexes = (
            models.Index(fields=("track", "caseworker", "status", "-placed_on", "-id"), name="enrollment_caseload"),
            models.Index(fields=("track", "placed_on"), name="enrollment_by_placement"),
            models.Index(fields=("track", "exited_on"), name="enrollment_by_exit"),
        )

    @property
    def audit_subject(self):
        return ("participant", self.participant_id)

    @property
    def is_active(self) -> bool:
        return self.status == Status.ACTIVE

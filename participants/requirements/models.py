"""What the agreement asks, and credit towards it that comes from elsewhere than sessions."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from participants.requirements.rules import Basis, Kind, plain
from participants.tracks.models import ERASE, KEEP, TALLY, TrackRecord
from participants.vault.fields import SealedTextField

# The services track asks for sessions of the person's own choice; no requirement there names a service.
NAMES_A_SERVICE = ("named_service", "NEW.service <> '' OR NEW.kind NOT IN ('own_choice_sessions', 'fee')")


class RequirementTemplate(TrackRecord):
    """A requirement that every new agreement of the track asks for."""

    kind = models.CharField(max_length=30, choices=Kind.choices)
    quantity = models.DecimalField(max_digits=7, decimal_places=2, validators=[MinValueValidator(0)])
    service = models.CharField("class or service", max_length=100, blank=True)
    basis = models.CharField(max_length=10, choices=Basis.choices)
    position = models.PositiveSmallIntegerField(default=0)
    in_use = models.BooleanField(default=True)

    classification = {
        "kind": KEEP,
        "quantity": KEEP,
        "service": KEEP,
        "basis": KEEP,
        "position": KEEP,
        "in_use": KEEP,
    }
    refused = {"services": NAMES_A_SERVICE}

    class Meta(TrackRecord.Meta):
        ordering = ("position", "id")


class Requirement(TrackRecord):
    """One requirement of one stay; met by facts, waived by a person with a reason."""

    enrollment = models.ForeignKey("participants.Enrollment", on_delete=models.PROTECT, related_name="requirements")
    # The participant of the enrollment, for the audit.
    participant = models.ForeignKey("participants.Participant", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=30, choices=Kind.choices)
    quantity = models.DecimalField(max_digits=7, decimal_places=2)
    service = models.CharField(max_length=100, blank=True)
    basis = models.CharField(max_length=10, choices=Basis.choices)
    position = models.PositiveSmallIntegerField(default=0)
    reduced_from = models.DecimalField(max_digits=7, decimal_places=2, null=True)
    waived_on = models.DateField(null=True)
    changed_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, null=True, related_name="+")
    change_reason = SealedTextField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=0)

    classification = {
        "enrollment": ERASE,
        "participant": ERASE,
        "kind": TALLY,
        "quantity": TALLY,
        "service": ERASE,
        "basis": KEEP,
        "position": KEEP,
        "reduced_from": ERASE,
        "waived_on": TALLY,
        "changed_by": KEEP,
        "change_reason": ERASE,
        "version": KEEP,
    }
    in_words = {"quantity": lambda quantity: str(plain(quantity))}
    refused = {"services": NAMES_A_SERVICE}

    class Meta(TrackRecord.Meta):
        ordering = ("position", "id")
        constraints = (models.CheckConstraint(condition=Q(quantity__gte=0), name="requirement_quantity_not_negative"),)

    @property
    def title(self) -> str:
        return self.service or self.get_kind_display()

    known_as = title

    @property
    def audit_subject(self):
        return ("participant", self.participant_id)


class Credit(TrackRecord):
    """Verified hours, a payment, or another proof towards one requirement, on a day."""

    requirement = models.ForeignKey(Requirement, on_delete=models.PROTECT, related_name="credits")
    participant = models.ForeignKey("participants.Participant", on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=7, decimal_places=2)
    earned_on = models.DateField("date")
    note = SealedTextField("proof or remark", max_length=500, blank=True)
    recorded_by = models.ForeignKey("participants.User", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    classification = {
        "requirement": ERASE,
        "participant": ERASE,
        "quantity": TALLY,
        "earned_on": ERASE,
        "note": ERASE,
        "recorded_by": KEEP,
        "recorded_at": ERASE,
    }

    class Meta(TrackRecord.Meta):
        ordering = ("earned_on", "id")
        constraints = (models.CheckConstraint(condition=Q(quantity__gt=0), name="credit_quantity_positive"),)

    @property
    def audit_subject(self):
        return ("participant", self.participant_id)

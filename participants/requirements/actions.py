"""Writers of requirements and credits."""

import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from participants.audit.actions import record
from participants.enrollment.models import Enrollment
from participants.errors import ProgramError, check_same
from participants.requirements import rules
from participants.requirements.models import Credit, Requirement, RequirementTemplate
from participants.staff.models import User
from participants.tracks.models import new_id
from participants.tracks.scope import active_track


@transaction.atomic
def install_default_templates(*, by) -> list[RequirementTemplate]:
    """The requirements that a new program of this kind asks for."""
    templates = RequirementTemplate.objects.bulk_create(
        RequirementTemplate(
            kind=default.kind,
            quantity=default.quantity,
            service=default.service,
            basis=default.basis,
            position=position,
        )
        for position, default in enumerate(active_track().rules.requirement_defaults)
    )
    record("requirement_templates.installed", by=by, detail={"count": len(templates)})
    return templates


@transaction.atomic
def set_requirements(*, enrollment: Enrollment, by: User) -> list[Requirement]:
    """Give a new stay what the track's templates in use ask for. Raises ProgramError for what it may not ask.

    A stay that has its requirements keeps them: the agreement names what is asked, later templates do not.
    """
    existing = list(Requirement.objects.filter(enrollment=enrollment))
    if existing:
        return existing
    templates = list(RequirementTemplate.objects.filter(in_use=True, quantity__gt=0))
    for template in templates:
        _check_may_ask(template.kind, template.service)
    requirements = Requirement.objects.bulk_create(
        Requirement(
            enrollment=enrollment,
            participant_id=enrollment.participant_id,
            kind=template.kind,
            quantity=template.quantity,
            service=template.service,
            basis=template.basis,
            position=template.position,
        )
        for template in templates
    )
    record("requirements.set", by=by, subjects=[enrollment], detail={"count": len(requirements)})
    return requirements


def _check_may_ask(kind: str, service: str) -> None:
    track_rules = active_track().rules
    rules.check_may_ask(
        kind,
        service,
        kinds=track_rules.requirement_kinds,
        may_name_service=track_rules.requirement_may_name_service,
    )


@transaction.atomic
def record_credit(
    *,
    requirement: Requirement,
    quantity: Decimal,
    earned_on: datetime.date,
    note: str = "",
    today: datetime.date,
    now: datetime.datetime,
    by: User,
    row_id: UUID | None = None,
) -> Credit:
    """Hours served or money paid towards a requirement, in its unit. With `row_id` written once only.

    Raises ProgramError for a requirement that counts sessions, is waived or belongs to an ended stay, for a
    quantity of zero or less, and for a day to come or before the placement.
    """
    requirement = _locked(requirement)
    values = {"requirement_id": requirement.pk, "quantity": quantity, "earned_on": earned_on, "note": note.strip()}
    written = Credit.objects.select_related("requirement", "participant").filter(pk=row_id).first() if row_id else None
    if written is not None:
        saved = rules.amount(written.requirement.kind, written.quantity)
        where = f"What was saved then, {saved}, is on the file of {written.participant.reference}."
        check_same(written, values, where)
        return written
    if requirement.waived_on is not None:
        raise ProgramError("This requirement is waived. Nothing more is asked.")
    if not requirement.enrollment.is_active:
        raise ProgramError("This person's stay has ended.")
    rules.check_credit(requirement.kind, quantity, earned_on, placed_on=requirement.enrollment.placed_on, today=today)
    credit = Credit.objects.create(
        pk=row_id or new_id(),
        participant_id=requirement.participant_id,
        **values,
        recorded_by=by,
        recorded_at=now,
    )
    record(
        "credit.recorded",
        by=by,
        subjects=[credit],
        fields=["quantity", "earned_on", "note"],
        detail={"kind": requirement.kind},
    )
    return credit


def _locked(requirement: Requirement) -> Requirement:
    return Requirement.objects.select_for_update(of=("self",)).select_related("enrollment").get(pk=requirement.pk)


@transaction.atomic
def adjust_requirement(
    *,
    requirement: Requirement,
    version: int,
    quantity: Decimal | None = None,
    waive: bool = False,
    reason: str,
    today: datetime.date,
    by: User,
) -> Requirement:
    """Reduce a requirement to `quantity`, or waive it, for a reason that stays on the file.

    Raises ProgramError without a reason, for a quantity that is not less, when it is waived already, when the stay
    has ended, and when someone else changed it since `version`.
    """
    requirement = _locked(requirement)
    if requirement.version != version:
        raise ProgramError("Someone else changed this requirement meanwhile. Check what it says now and save again.")
    if requirement.waived_on is not None:
        raise ProgramError("This requirement is waived already.")
    if not requirement.enrollment.is_active:
        raise ProgramError("This person's stay has ended.")
    if not reason.strip():
        raise ProgramError("Enter the reason.", field="reason")
    if waive:
        requirement.waived_on = today
    else:
        rules.check_reduction(requirement.quantity, quantity)
        if requirement.reduced_from is None:
            requirement.reduced_from = requirement.quantity
        requirement.quantity = quantity
    requirement.change_reason = reason.strip()
    requirement.changed_by = by
    requirement.version += 1
    requirement.save(update_fields=("quantity", "reduced_from", "waived_on", "change_reason", "changed_by", "version"))
    record(
        "requirement.waived" if waive else "requirement.reduced",
        by=by,
        subjects=[requirement],
        fields=["change_reason", "waived_on" if waive else "quantity"],
        detail={"kind": requirement.kind},
    )
    return requirement

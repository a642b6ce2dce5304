"""Writers of requirements and credits."""

import datetime
from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from participants.audit.actions import record
from participants.audit.changes import keep_all, keep_changes
from participants.consent.models import Agreement
from participants.enrollment.models import Enrollment
from participants.errors import ProgramError, check_same
from participants.requirements import rules
from participants.requirements.agreed import Agreed, read_agreed
from participants.requirements.models import Credit, Requirement, RequirementTemplate
from participants.staff.models import User
from participants.tracks.models import new_id
from participants.tracks.scope import active_track

# What an adjustment writes.
ADJUSTED = ("quantity", "reduced_from", "waived_on", "change_reason", "changed_by", "version")


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
    """Give a new stay what its agreement lists. Raises ProgramError for what the track may not ask.

    A stay that has its requirements keeps them: the agreement names what is asked, the track's list does not.
    """
    existing = list(Requirement.objects.filter(enrollment=enrollment))
    if existing:
        return existing
    agreed = read_agreed(enrollment.agreement.requirements)
    requirements = Requirement.objects.bulk_create(_rows(agreed, enrollment, on=enrollment.placed_on, by=by))
    record("requirements.set", by=by, subjects=[enrollment], detail={"count": len(requirements)})
    return requirements


@transaction.atomic
def follow_requirements(*, enrollment: Enrollment, agreement: Agreement, by: User) -> None:
    """Put the requirements of a stay where a new version of its agreement has them: lowered, waived, or added.

    What is left out is waived; what was lowered or waived since is not asked again by an older list.
    """
    agreed = {row.key: row for row in read_agreed(agreement.requirements)}
    reason = f"Agreement signed anew on {agreement.signed_on:%B %-d, %Y}"
    existing = list(Requirement.objects.select_for_update().filter(enrollment=enrollment))
    changed: list[tuple[Requirement, dict]] = []
    for requirement in existing:
        before = _asked(requirement)
        row = agreed.pop((requirement.kind, requirement.service), None)
        if requirement.waived_on is not None:
            continue
        if row is None or row.waived:
            requirement.waived_on = agreement.signed_on
        elif row.quantity < requirement.quantity:
            requirement.reduced_from = requirement.reduced_from or requirement.quantity
            requirement.quantity = row.quantity
        else:
            continue
        requirement.change_reason, requirement.changed_by = reason, by
        requirement.version += 1
        requirement.save(update_fields=ADJUSTED)
        changed.append((requirement, before))
    added = _rows(agreed.values(), enrollment, on=agreement.signed_on, by=by, after=len(existing))
    Requirement.objects.bulk_create(added)
    detail = {"changed": len(changed), "added": len(added)}
    event = record("requirements.followed", by=by, subjects=[enrollment], detail=detail)
    for requirement, _ in changed:
        requirement.enrollment = enrollment
    keep_all(changed, by=by, at=event.at)


def _asked(requirement: Requirement) -> dict:
    """What of a requirement an adjustment can change, as it stands."""
    return {name: getattr(requirement, name) for name in ("quantity", "waived_on", "change_reason")}


def _rows(agreed: Iterable[Agreed], enrollment: Enrollment, *, on, by: User, after: int = 0) -> list[Requirement]:
    """Unsaved requirements of a stay; `on` is the day from which a waived one is not asked."""
    agreed = list(agreed)
    for row in agreed:
        _check_may_ask(row.kind, row.service)
    bases = {(template.kind, template.service): template.basis for template in RequirementTemplate.objects.all()}
    return [
        Requirement(
            enrollment=enrollment,
            participant_id=enrollment.participant_id,
            kind=row.kind,
            quantity=row.quantity,
            service=row.service,
            basis=bases.get(row.key, rules.Basis.STANDARD),
            position=after + position,
            waived_on=on if row.waived else None,
            change_reason="Waived in the agreement." if row.waived else "",
            changed_by=by if row.waived else None,
        )
        for position, row in enumerate(agreed)
    ]


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
    before = _asked(requirement)
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
    requirement.save(update_fields=ADJUSTED)
    event = record(
        "requirement.waived" if waive else "requirement.reduced",
        by=by,
        subjects=[requirement],
        fields=["change_reason", "waived_on" if waive else "quantity"],
        detail={"kind": requirement.kind},
    )
    keep_changes(requirement, before, by=by, at=event.at)
    return requirement

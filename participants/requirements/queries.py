"""Progress of stays, computed from facts: attendance and credits."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.http import Http404

from participants.enrollment.models import Enrollment
from participants.people.restrictions import readable
from participants.requirements.agreed import Agreed
from participants.requirements.models import Credit, Requirement, RequirementTemplate
from participants.requirements.rules import Asked, Earned, Progress, all_met, progress
from participants.sessions.queries import counted_attendance

__all__ = ["all_met", "progress_of", "requirement_or_404", "track_asks"]


def progress_of(enrollments: Iterable[Enrollment]) -> dict[UUID, list[Progress]]:
    """The progress of every requirement of these stays, in their order. Three statements, however many stays."""
    stays = {enrollment.pk: enrollment for enrollment in enrollments}
    requirements = Requirement.objects.filter(enrollment__in=list(stays)).defer("change_reason")
    facts = defaultdict(list)
    for fact in counted_attendance(stays):
        facts[fact.enrollment_id].append(fact)
    credits = defaultdict(list)
    for requirement_id, on, quantity in (
        Credit.objects.filter(requirement__enrollment__in=list(stays))
        .order_by("earned_on", "id")
        .values_list("requirement_id", "earned_on", "quantity")
    ):
        credits[requirement_id].append(Earned(on, quantity))
    found: dict[UUID, list[Progress]] = {pk: [] for pk in stays}
    for row in requirements.order_by("position", "id"):
        asked = Asked(
            id=row.pk,
            kind=row.kind,
            title=row.title,
            quantity=row.quantity,
            asked_on=stays[row.enrollment_id].placed_on,
            reduced_from=row.reduced_from,
            waived_on=row.waived_on,
        )
        found[row.enrollment_id].append(progress(asked, facts[row.enrollment_id], credits[row.pk]))
    return found


def requirement_or_404(pk: UUID) -> Requirement:
    """A requirement with its stay and participant. Raises Http404."""
    try:
        requirements = Requirement.objects.select_related("enrollment", "participant")
        return readable(requirements, participant="participant_id").get(pk=pk)
    except Requirement.DoesNotExist as error:
        raise Http404 from error


def track_asks() -> list[Agreed]:
    """What the track asks of everybody who enters, by its templates in use."""
    templates = RequirementTemplate.objects.filter(in_use=True, quantity__gt=0).order_by("position", "id")
    return [Agreed(template.kind, template.quantity, template.service) for template in templates]

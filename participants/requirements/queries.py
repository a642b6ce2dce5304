"""Progress of stays, computed from facts: attendance and credits."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from django.http import Http404

from participants.enrollment.models import Enrollment
from participants.people.restrictions import readable
from participants.requirements.agreed import Agreed
from participants.requirements.models import Requirement, RequirementTemplate
from participants.requirements.rules import Asked, Earned, Kind, Progress, all_met, progress
from participants.sessions.queries import counted_attendance
from participants.sessions.rules import Attended

__all__ = ["all_met", "progress_of", "requirement_or_404", "track_asks"]


def progress_of(
    enrollments: Iterable[Enrollment], attended: list[Attended] | None = None
) -> dict[UUID, list[Progress]]:
    """The progress of every requirement of these stays, in their order. Two statements, however many stays; one where
    what they attended is known already."""
    stays = {enrollment.pk: enrollment for enrollment in enrollments}
    facts = defaultdict(list)
    for fact in counted_attendance(stays) if attended is None else attended:
        facts[fact.enrollment_id].append(fact)
    # One row for each credit, and one for a requirement without any. The walls keep both in one stay's track.
    rows = (
        Requirement.objects.filter(enrollment__in=list(stays))
        .order_by("position", "id", "credits__earned_on", "credits__id")
        .values_list(
            "enrollment_id", "id", "kind", "service", "quantity", "reduced_from", "waived_on",
            "credits__earned_on", "credits__quantity",
        )
    )  # fmt: skip
    found: dict[UUID, list[Progress]] = {pk: [] for pk in stays}
    for (stay_id, pk, kind, service, quantity, reduced_from, waived_on), same in groupby(
        rows, key=itemgetter(*range(7))
    ):
        asked = Asked(
            id=pk,
            kind=kind,
            title=service or Kind(kind).label,
            quantity=quantity,
            asked_on=stays[stay_id].placed_on,
            reduced_from=reduced_from,
            waived_on=waived_on,
        )
        credits = [Earned(on, amount) for *_, on, amount in same if on is not None]
        found[stay_id].append(progress(asked, facts[stay_id], credits))
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

"""Writers of requirements and credits."""

from django.db import transaction

from participants.audit.actions import record
from participants.requirements.models import RequirementTemplate
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

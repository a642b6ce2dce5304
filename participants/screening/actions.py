"""Writers of criteria and screenings."""

from dataclasses import asdict

from django.db import transaction

from participants.audit.actions import record
from participants.screening.models import CriteriaVersion
from participants.tracks.scope import active_track


@transaction.atomic
def install_default_criteria(*, on, by) -> CriteriaVersion:
    """Version 1 of the track's written criteria, from the rules of its kind."""
    version = CriteriaVersion.objects.create(
        number=1, valid_from=on, criteria=[asdict(criterion) for criterion in active_track().rules.criteria]
    )
    record("criteria.installed", by=by, detail={"number": 1})
    return version

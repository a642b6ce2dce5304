"""Publishing the written criteria: a version is never changed, the next one replaces it."""

import datetime
from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from django.db import IntegrityError, transaction

from participants.audit.actions import record
from participants.errors import ProgramError, ValuesRefused, saved_before
from participants.screening import rules
from participants.screening.models import CriteriaVersion
from participants.screening.queries import criteria_versions
from participants.staff.models import User
from participants.tracks.models import new_id
from participants.tracks.scope import active_track

OVERTAKEN = "Version {number} was published while you were writing. Nothing of yours is saved yet: compare first."


class OtherVersion(ProgramError):
    """Somebody else has published since the page was opened; `latest` is what stands now."""

    def __init__(self, latest: CriteriaVersion):
        super().__init__(OVERTAKEN.format(number=latest.number))
        self.latest = latest


@transaction.atomic
def install_default_criteria(*, on: datetime.date, by: User | None) -> CriteriaVersion:
    """Version 1 of the track's written criteria, from the rules of its kind."""
    version = CriteriaVersion.objects.create(
        number=1, valid_from=on, criteria=[asdict(criterion) for criterion in active_track().rules.criteria]
    )
    record("criteria.installed", by=by, detail={"number": 1})
    return version


@transaction.atomic
def publish_criteria(
    *,
    criteria: Sequence[rules.Draft],
    valid_from: datetime.date,
    seen: int,
    today: datetime.date,
    by: User,
    row_id: UUID | None = None,
) -> CriteriaVersion:
    """Publish the next version, in force from a day on. `seen` is the number of the latest version that the page
    showed, 0 for none.

    A question that is kept keeps its key; a new one gets a key that no version had. Old screenings keep their own
    version. The same `row_id` again answers with the version that is there.
    Raises ValuesRefused with what has to be put right, OtherVersion when somebody else has published meanwhile.
    """
    pk = row_id or new_id()
    versions = criteria_versions()
    latest = versions[0] if versions else None
    rows = _with_keys(criteria, pk)
    if written := CriteriaVersion.objects.filter(pk=pk).first():
        if (written.criteria, written.valid_from) != (rows, valid_from):
            raise saved_before(f"It is version {written.number} now.", again=False)
        return written
    if latest is not None and latest.number != seen:
        raise OtherVersion(latest)
    refuse = rules.criteria_refusal(
        criteria,
        known={row["key"] for version in versions for row in version.criteria},
        fixed=_fixed(),
        valid_from=valid_from,
        latest_from=latest.valid_from if latest else None,
        today=today,
    )
    if refuse:
        raise ValuesRefused(refuse)
    number = latest.number + 1 if latest else 1
    try:
        with transaction.atomic():
            version = CriteriaVersion.objects.create(
                pk=pk, number=number, valid_from=valid_from, criteria=rows, published_by=by
            )
    except IntegrityError as error:  # somebody was faster by a moment
        raise OtherVersion(criteria_versions()[0]) from error
    record("criteria.published", by=by, detail={"number": number, "valid_from": valid_from.isoformat()})
    return version


def _fixed() -> dict[str, tuple[str, str]]:
    """The questions that every version of this track asks, with the answer wanted."""
    track_rules = active_track().rules
    fixed = (row for row in track_rules.criteria if row.key in track_rules.fixed_criteria)
    return {row.key: (row.question, row.wanted) for row in fixed}


def _with_keys(criteria: Sequence[rules.Draft], pk: UUID) -> list[dict]:
    """As they are stored. A new question's key follows from the version's id, so that the same form posted twice
    makes the same rows."""
    return [
        {**asdict(draft), "key": draft.key or f"q{pk.hex[-12:]}_{number}"}
        for number, draft in enumerate(criteria, start=1)
    ]

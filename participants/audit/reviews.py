"""The weekly review of the trail (CJIS 5.9.5 AU-6): who looked at it, up to when, and what they remarked."""

import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from participants.audit.actions import record
from participants.audit.models import AuditReview, Event
from participants.audit.queries import reviewed_until
from participants.errors import ProgramError
from participants.staff.models import User
from participants.tracks.scope import active_scope_or_none

MEANWHILE = "Somebody has signed off a review after you opened this page. Look at what is new, then sign."


@transaction.atomic
def sign_review(
    *, row_id: UUID, until: datetime.datetime, remark: str, now: datetime.datetime, by: User
) -> AuditReview:
    """Sign off the trail of the active track, or of what belongs to none, up to `until`, which is not after `now`.

    Each review begins where the last one ended. The same `row_id` again writes nothing. Raises ProgramError when
    there is nothing new to sign, or somebody else has signed in between.
    """
    if (known := AuditReview.objects.filter(pk=row_id).first()) is not None:
        return known
    since = reviewed_until(until)
    if until > now or since >= until:
        raise ProgramError(MEANWHILE)
    scope = active_scope_or_none()
    review = AuditReview(
        pk=row_id,
        track_id=scope.track.pk if scope else None,
        at=now,
        reviewer_id=by.pk,
        since=since,
        until=until,
        events=Event.objects.filter(at__gte=since, at__lt=until).count(),
        remark=" ".join(remark.split()),
    )
    try:
        with transaction.atomic():
            review.save(force_insert=True)
    except IntegrityError as error:
        raise ProgramError(MEANWHILE) from error
    record("audit.reviewed", by=by, detail=review.told)
    return review

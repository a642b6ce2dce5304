"""Writers of what is decided again: overrides, second looks that a person asks for, and those that a changed charge
makes due (`referrals.actions` writes those, with the change)."""

import datetime
from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from participants.audit.actions import record
from participants.consent.models import Offer
from participants.consent.rules import Decision
from participants.errors import Problem, ProgramError, ValuesRefused, check_same
from participants.referrals.actions import move_referral
from participants.referrals.models import Referral
from participants.referrals.rules import Status, age_on
from participants.screening import rules
from participants.screening.models import Review, Screening
from participants.screening.queries import deciders_before
from participants.staff.models import User
from participants.tracks.models import new_id
from participants.tracks.scope import active_track


@transaction.atomic
def override(
    *,
    screening: Screening,
    to: bool,
    reason: str,
    against: Collection[str] = (),
    version: int,
    today: datetime.date,
    by: User,
    row_id: UUID | None = None,
) -> Review:
    """Decide a screening otherwise, with a written reason. `against` are the criteria not met, by their keys.

    `version` is the screening's as the page was opened on it. The same `row_id` again answers with the review that
    is there. Raises ProgramError where the decision cannot be changed now.
    """
    referral, screening = _locked(screening)
    if written := Review.objects.filter(pk=row_id).first():
        typed = {"eligible_after": to, "reason": reason.strip(), "against": list(against)}
        check_same(written, typed, "The decision saved then stands on the referral's page.", again=False)
        return written
    if screening.version != version:
        raise ProgramError("Someone else has decided on this screening since you opened this page. Look at it first.")
    if _waiting(screening) is not None:
        raise ProgramError("A second look waits: decide that one.")
    if to and {row["key"] for row in screening.not_met} & active_track().rules.fixed_criteria:
        raise ProgramError(
            "A criterion that is a rule of the program is not met. One person alone does not decide otherwise: record "
            "a second look, and somebody who has not decided before takes it."
        )
    _check(referral, screening, to=to, reason=reason, against=against, today=today)
    review = Review.objects.create(
        pk=row_id or new_id(),
        screening=screening,
        kind=Review.Kind.OVERRIDE,
        asked_on=today,
        asked_by=by,
        eligible_before=screening.eligible,
        eligible_after=to,
        against=list(against),
        reason=reason.strip(),
        decided_on=today,
        decided_by=by,
    )
    _turn(referral, screening, to)
    record("screening.overridden", by=by, subjects=[referral], fields=("reason",), detail={"eligible": to})
    return review


@transaction.atomic
def ask_for_second_look(
    *, screening: Screening, request: str, today: datetime.date, by: User, row_id: UUID | None = None
) -> Review:
    """Record that the person asks for a second look, with what they say, if anything.

    The same `row_id` again answers with the row that is there. Raises ProgramError where there is nothing to look at.
    """
    referral, screening = _locked(screening)
    if written := Review.objects.filter(pk=row_id).first():
        check_same(
            written, {"request": request.strip()}, "The request saved then stands on the referral's page.", again=False
        )
        return written
    if refusal := rules.request_refusal(status=referral.status, waiting=_waiting(screening) is not None):
        raise ProgramError(refusal)
    if len(request) > rules.REASON_LONGEST:
        raise ProgramError(f"This is longer than {rules.REASON_LONGEST} characters.", field="request")
    review = Review.objects.create(
        pk=row_id or new_id(),
        screening=screening,
        kind=Review.Kind.SECOND_LOOK,
        asked_on=today,
        asked_by=by,
        request=request.strip(),
        eligible_before=screening.eligible,
    )
    record("second_look.asked", by=by, subjects=[referral], fields=("request",) if review.request else ())
    return review


@transaction.atomic
def decide_review(
    *,
    review: Review,
    eligible: bool,
    reason: str,
    against: Collection[str] = (),
    today: datetime.date,
    by: User,
) -> Review:
    """Decide a waiting second look: the decision is upheld or changed, with a reason either way.

    What a person asked for is decided by somebody who has not decided on the screening before. The same decision of
    the same person again is answered with the one that is there.
    """
    referral, screening = _locked(review.screening)
    review = Review.objects.get(pk=review.pk)
    if review.eligible_after is not None:
        same = (review.eligible_after, review.reason, review.decided_by_id) == (eligible, reason.strip(), by.pk)
        if same:  # posted twice
            return review
        raise ProgramError(f"This was decided on {review.decided_on:%B %-d, %Y}.")
    if review.kind == Review.Kind.SECOND_LOOK and by.pk in deciders_before(screening):
        raise ProgramError("You have decided on this screening before. Somebody else takes the second look.")
    if eligible == screening.eligible:
        if problems := _words(screening, to=eligible, reason=reason, against=against):
            raise ValuesRefused(problems)
    else:
        changed = review.kind == Review.Kind.CHARGE_CHANGED
        _check(referral, screening, to=eligible, reason=reason, against=against, charge_changed=changed, today=today)
    review.eligible_after = eligible
    review.against = list(against)
    review.reason = reason.strip()
    review.decided_on, review.decided_by = today, by
    review.save(update_fields=("eligible_after", "against", "reason", "decided_on", "decided_by"))
    detail = {"kind": review.kind, "changed": eligible != screening.eligible, "eligible": eligible}
    if eligible != screening.eligible:
        _turn(referral, screening, eligible)
    record("second_look.decided", by=by, subjects=[referral], fields=("reason",), detail=detail)
    return review


def _locked(screening: Screening) -> tuple[Referral, Screening]:
    """Referral and screening as they stand, held until the end of the transaction."""
    referral = Referral.objects.select_for_update().get(pk=screening.referral_id)
    return referral, Screening.objects.select_related("criteria_version").get(pk=screening.pk)


def _waiting(screening: Screening) -> Review | None:
    return Review.objects.filter(screening=screening, eligible_after__isnull=True).first()


def _words(screening: Screening, *, to: bool, reason: str, against: Collection[str]) -> list[Problem]:
    known = [criterion["key"] for criterion in screening.criteria_version.criteria]
    return rules.words_refusal(to=to, reason=reason, against=against, known=known)


def _check(
    referral: Referral,
    screening: Screening,
    *,
    to: bool,
    reason: str,
    against: Collection[str],
    charge_changed: bool = False,
    today: datetime.date,
) -> None:
    """Raises ProgramError where the rules let nobody decide so."""
    born = referral.date_of_birth
    youngest = min(age_on(born, referral.offense_on), age_on(born, today)) if born else None
    if refusal := rules.change_refusal(
        status=referral.status,
        eligible=screening.eligible,
        to=to,
        youngest_age=youngest,
        charge_changed=charge_changed,
    ):
        raise ProgramError(refusal)
    if problems := _words(screening, to=to, reason=reason, against=against):
        raise ValuesRefused(problems)


def _turn(referral: Referral, screening: Screening, eligible: bool) -> None:
    """What stands now. The screening's own answers, reasons and day stay as they were, and so does the answer of a
    person who had accepted before the charge was changed."""
    screening.eligible = eligible
    screening.version += 1
    screening.save(update_fields=("eligible", "version"))
    accepted = Offer.objects.filter(referral=referral, decision=Decision.ACCEPTED).exists()
    found = Status.ACCEPTED if accepted else Status.ELIGIBLE
    move_referral(referral=referral, to=found if eligible else Status.INELIGIBLE)

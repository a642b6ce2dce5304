"""Named reads of completion: proposals, the three facts of an outcome, the cases that the office sent."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, QuerySet

from participants.completion.models import Disposition, ExitProposal, Recommendation
from participants.completion.rules import Decision
from participants.enrollment.models import Enrollment
from participants.enrollment.rules import Status as ExitType
from participants.people.restrictions import readable
from participants.referrals.models import Referral
from participants.referrals.rules import NAMELESS
from participants.referrals.rules import Status as ReferralStatus
from participants.staff.models import User
from participants.tracks.scope import active_track


def waiting_proposals() -> QuerySet[ExitProposal]:
    """What waits for a decision, longest wait first, with the person and who proposed it."""
    return (
        readable(ExitProposal.objects.filter(decision=Decision.WAITING), participant="participant_id")
        .select_related("participant", "enrollment", "proposed_by")
        .order_by("proposed_on", "id")
    )


def returned_to(user: User, since: datetime.date) -> QuerySet[ExitProposal]:
    """What this person proposed and got back since a day, while the stay is still open. Newest first."""
    returned = ExitProposal.objects.filter(
        proposed_by=user,
        decision=Decision.RETURNED,
        decided_on__gte=since,
        enrollment__status=ExitType.ACTIVE,
    )
    return (
        readable(returned, participant="participant_id")
        .select_related("participant", "decided_by")
        .order_by("-decided_on", "-id")
    )


def proposals_of(enrollment: Enrollment) -> QuerySet[ExitProposal]:
    """Every proposal to end one stay, oldest first, with who proposed and who decided."""
    return (
        ExitProposal.objects.filter(enrollment=enrollment)
        .select_related("proposed_by", "decided_by")
        .order_by("proposed_on", "id")
    )


def waiting_proposal(enrollment: Enrollment) -> ExitProposal | None:
    """The one proposal of a stay that waits for a decision, if any."""
    return proposals_of(enrollment).filter(decision=Decision.WAITING).first()


@dataclass(frozen=True)
class Outcome:
    """Three facts that are never read as one: what the person did, what we recommend, what the office decided."""

    requirements_met_on: object
    recommendation: Recommendation | None
    disposition: Disposition | None


def outcome_of(enrollment: Enrollment) -> Outcome:
    """The three facts of one stay. Two statements."""
    return Outcome(
        requirements_met_on=enrollment.requirements_met_on,
        recommendation=Recommendation.objects.filter(enrollment=enrollment).select_related("made_by").first(),
        disposition=Disposition.objects.filter(referral_id=enrollment.referral_id)
        .select_related("recorded_by")
        .first(),
    )


def cases_sent() -> QuerySet[Referral]:
    """Every case of the track, placed or not, so that being on the list says nothing, but for a child's, what is
    part of another case, and what the acting person may not open.

    The stay is read only where the agreement lets the office learn something of it.
    """
    cases = readable(Referral.objects.exclude(status__in=(*NAMELESS, ReferralStatus.MERGED)), referral="pk")
    cases = cases.select_related("disposition").only("track", "name", "case_number", "received_on", "disposition")
    if active_track().rules.words_by_agreement:
        cases = cases.annotate(stay=F("enrollment__status"))
    return cases.order_by("-received_on", "-id")


@dataclass(frozen=True)
class CaseSent:
    """What the prosecutor's office reads of one of its cases: nothing else is there to be shown."""

    id: UUID
    case_number: str
    name: str
    word: str
    disposition: Disposition | None


def as_cases(referrals: Iterable[Referral]) -> list[CaseSent]:
    """The rows of `cases_sent` with the one status word of each."""
    rules = active_track().rules
    return [
        CaseSent(
            id=referral.pk,
            case_number=referral.case_number,
            name=referral.name,
            word=rules.status_word(getattr(referral, "stay", None) or ""),
            disposition=getattr(referral, "disposition", None),
        )
        for referral in referrals
    ]

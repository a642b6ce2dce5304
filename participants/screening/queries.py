"""Named reads of criteria, screenings and their reviews."""

import datetime
from collections.abc import Collection
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404

from participants.people.restrictions import readable
from participants.referrals.models import Referral
from participants.screening.models import CriteriaVersion, Review, Screening
from participants.staff.models import User

# What stands under "waiting for your decision" on one page; more are counted there.
MOST_WAITING = 20


def current_criteria(on: datetime.date) -> CriteriaVersion | None:
    """The criteria in force on a day."""
    return CriteriaVersion.objects.filter(valid_from__lte=on).order_by("-valid_from", "-number").first()


def criteria_versions() -> list[CriteriaVersion]:
    """Every version, latest first, with who published it. One statement."""
    return list(CriteriaVersion.objects.select_related("published_by").order_by("-number"))


def with_reviews(path: str = "") -> Prefetch:
    """For `prefetch_related`: the reviews of a screening, oldest first, with who asked and who decided."""
    rows = Review.objects.select_related("asked_by", "decided_by").order_by("asked_on", "id")
    return Prefetch(f"{path}reviews", queryset=rows)


def screening_of(referral: Referral) -> Screening | None:
    """The screening of a referral, decided or still open, with criteria, reviews and who decided. Two statements."""
    found = Screening.objects.filter(referral=referral)
    return found.select_related("criteria_version", "decided_by").prefetch_related(with_reviews()).first()


def second_look_waits(referral: Referral) -> bool:
    """Whether a second look at the screening is due; until it is decided no new offer is made."""
    return Review.objects.filter(screening__referral=referral, eligible_after__isnull=True).exists()


def second_looks_waiting(referrals: Collection[UUID]) -> set[UUID]:
    """Those of some referrals, by id, whose screening is due for a second look. One statement."""
    waiting = Review.objects.filter(screening__referral__in=referrals, eligible_after__isnull=True).order_by()
    return set(waiting.values_list("screening__referral_id", flat=True))


def review_or_404(pk: UUID) -> Review:
    """A review with its screening, criteria and referral, if the acting person may open it. Raises Http404."""
    rows = Review.objects.select_related(
        "screening__referral", "screening__criteria_version", "screening__decided_by", "asked_by", "decided_by"
    )
    try:
        return readable(rows, referral="screening__referral_id").get(pk=pk)
    except Review.DoesNotExist as error:
        raise Http404 from error


def deciders_before(screening: Screening) -> set[UUID]:
    """Who has decided on a screening so far: who screened, and who changed or upheld it since."""
    decided = Review.objects.filter(screening=screening, decided_by__isnull=False).order_by()
    return {screening.decided_by_id, *decided.values_list("decided_by", flat=True)}


def second_looks_for(user: User) -> QuerySet[Review]:
    """The waiting second looks that a person may decide, oldest first. At most 21 rows: 20 to show, one for "more"."""
    own = Q(screening__decided_by=user) | Q(screening__in=Review.objects.filter(decided_by=user).values("screening"))
    asked_for = Q(kind=Review.Kind.SECOND_LOOK)
    rows = Review.objects.filter(eligible_after__isnull=True).exclude(asked_for & own)
    rows = readable(rows, referral="screening__referral_id").select_related("screening__referral")
    return rows.order_by("asked_on", "id")[: MOST_WAITING + 1]

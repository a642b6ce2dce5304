"""Named reads of operations."""

from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from participants.operations.models import Operation
from participants.people.restrictions import readable
from participants.referrals.models import Referral
from participants.referrals.rules import Status


def operations() -> QuerySet[Operation]:
    """The operations that referrals came from, newest first."""
    return Operation.objects.order_by("-held_on", "-id")


# A case that turned out to be the same as another one is counted once.
COUNTED = ~Q(referrals__status=Status.MERGED)


def operation_or_404(pk: UUID) -> Operation:
    """The operation of the active track with this id. Raises Http404."""
    try:
        return Operation.objects.get(pk=pk)
    except Operation.DoesNotExist as error:
        raise Http404 from error


def operation_years() -> list[int]:
    """The years in which operations were held, newest first. One statement."""
    return [day.year for day in Operation.objects.order_by().dates("held_on", "year", order="DESC")]


def operations_of(year: int | None) -> QuerySet[Operation]:
    """Operations, newest first, with `received`: how many cases of each came to this track; `None` asks for all."""
    found = Operation.objects.order_by("-held_on", "-id")
    if year is not None:
        found = found.filter(held_on__year=year)
    return found.annotate(received=Count("referrals", filter=COUNTED))


def referrals_from(operation: Operation) -> QuerySet[Referral]:
    """The cases of an operation that the reader may open, newest first, each once."""
    found = Referral.objects.filter(operation=operation).exclude(status=Status.MERGED)
    return readable(found.order_by("-received_on", "-id"), referral="pk")

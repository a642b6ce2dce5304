"""Named reads of referrals."""

import datetime
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Value
from django.http import Http404

from participants.audit.queries import events_about
from participants.referrals.models import Operation, Referral
from participants.referrals.rules import OPEN, Status
from participants.staff.models import User

DUPLICATES_SHOWN = 10


@dataclass(frozen=True)
class Changes:
    """What others have changed since a version: names of fields, and who changed them."""

    fields: list[str]
    by: list[str]


def referral_list(status: str | None = None, source: str | None = None) -> QuerySet[Referral]:
    """The track's referrals, newest first; `None` asks for all."""
    found = Referral.objects.order_by("-received_on", "-id")
    if status is not None:
        found = found.filter(status=status)
    if source is not None:
        found = found.filter(source=source)
    return found


def waiting_steps() -> dict[str, int]:
    """How many referrals wait for the program's next step, by status. One statement."""
    return dict(
        Referral.objects.filter(status__in=OPEN).order_by().values_list("status").annotate(number=Count(Value(1)))
    )


def referral_or_404(pk: UUID) -> Referral:
    """The referral of the active track with this id. Raises Http404."""
    try:
        return Referral.objects.select_related("operation").get(pk=pk)
    except Referral.DoesNotExist as error:
        raise Http404 from error


def sources() -> list[str]:
    """Who has sent cases, by name."""
    return list(Referral.objects.order_by("source").values_list("source", flat=True).distinct())


def operations() -> QuerySet[Operation]:
    """The operations that referrals came from, newest first."""
    return Operation.objects.order_by("-held_on", "-id")


def same_case(fingerprint: bytes) -> Referral | None:
    """The referral with exactly this content, if it was received before."""
    return Referral.objects.filter(fingerprint=fingerprint).first()


def possible_duplicates(referral: Referral) -> list[Referral]:
    """Referrals with the same case number and another person, or the same person and another case number."""
    case_key, person_key = bytes(referral.case_key), referral.person_key
    same = Q(case_key=case_key)
    if person_key is not None:
        person_key = bytes(person_key)
        same &= Q(person_key__isnull=True) | ~Q(person_key=person_key)
        same |= Q(person_key=person_key) & ~Q(case_key=case_key)
    found = Referral.objects.filter(same).exclude(pk=referral.pk)
    return list(found.order_by("-received_on", "-id")[:DUPLICATES_SHOWN])


def court_dates(start: datetime.date, end: datetime.date, caseworker: User | None = None) -> QuerySet[Referral]:
    """Cases heard from `start` to `end` (both included) that are open, or whose person is placed and active.

    With a caseworker only those whose stay this caseworker accompanies.
    """
    going_on = Q(status=Status.PLACED, enrollment__status="active")
    if caseworker is None:
        going_on |= Q(status__in=OPEN)
    else:
        going_on &= Q(enrollment__caseworker=caseworker)
    return (
        Referral.objects.filter(going_on, next_court_on__range=(start, end))
        .select_related("enrollment__participant")
        .order_by("next_court_on", "id")
    )


def changes_since(referral: Referral, version: int) -> Changes:
    """What the audit trail says was changed after `version`. Two statements."""
    fields, actors = set(), set()
    for event in events_about(referral.pk).filter(action="referral.changed"):
        if event.detail.get("version", 0) > version:
            fields.update(event.detail.get("fields", ()))
            actors.add(event.actor_id)
    names = User.objects.filter(pk__in=actors).order_by("name").values_list("name", flat=True)
    return Changes(fields=sorted(fields), by=list(names))

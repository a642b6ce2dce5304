"""Named reads of referrals."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Value
from django.http import Http404

from participants.audit.queries import events_about
from participants.people.restrictions import hidden_ids, readable
from participants.referrals.case import known_by
from participants.referrals.models import Referral
from participants.referrals.rules import NAMELESS, OPEN, Status
from participants.staff.models import User


@dataclass(frozen=True)
class Changes:
    """What others have changed since a version: names of fields, and who changed them."""

    fields: list[str]
    by: list[str]


def referral_list(
    status: str | None = None, source: str | None = None, assigned: str | None = None, *, user: User | None = None
) -> QuerySet[Referral]:
    """The track's referrals, newest first; `None` asks for all. `assigned` is "me", which is `user`, or "nobody".

    Without those that the acting person may not open, but for children's, which stand in no list with their name,
    and without those that are part of another case.
    """
    closed = hidden_ids("referral")
    found = Referral.objects.exclude(status=Status.MERGED).order_by("-received_on", "-id")
    if closed:
        found = found.filter(Q(status__in=NAMELESS) | ~Q(pk__in=closed))
    if status is not None:
        found = found.filter(status=status)
    if source is not None:
        found = found.filter(source=source)
    if assigned is not None:
        found = found.filter(assigned_to=user if assigned == "me" else None)
    return found


def waiting_steps() -> dict[str, int]:
    """How many referrals wait for the program's next step, by status. One statement."""
    return dict(
        Referral.objects.filter(status__in=OPEN).order_by().values_list("status").annotate(number=Count(Value(1)))
    )


def referral_or_404(pk: UUID) -> Referral:
    """The referral of the active track with this id, if the acting person may open it. Raises Http404."""
    try:
        return readable(Referral.objects.select_related("operation"), referral="pk").get(pk=pk)
    except Referral.DoesNotExist as error:
        raise Http404 from error


def sources() -> list[str]:
    """Who has sent cases, by name."""
    counted = Referral.objects.exclude(status=Status.MERGED)
    return list(counted.order_by("source").values_list("source", flat=True).distinct())


def same_case(referral: Referral) -> Referral | None:
    """The stored referral with exactly the content of this one, if it was received before."""
    key = bytes(referral.fingerprint)
    spellings = known_by(referral)["fingerprint"]
    return Referral.objects.filter(fingerprint__in=spellings if key in spellings else (key,)).first()


def changes_since(referral: Referral, version: int) -> Changes:
    """What the audit trail says was changed after `version`. Two statements."""
    fields, actors = set(), set()
    for event in events_about(referral.pk).filter(action="referral.changed"):
        if event.detail.get("version", 0) > version:
            fields.update(event.detail.get("fields", ()))
            actors.add(event.actor_id)
    names = User.objects.filter(pk__in=actors).order_by("name").values_list("name", flat=True)
    return Changes(fields=sorted(fields), by=list(names))

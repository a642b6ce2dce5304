"""Records that one member of staff may not open: restricted files, and hand-offs that are somebody else's.

Two lines of defence: lists leave the rows out with `readable`, and a sealed value of such a row never opens
(`vault.fields`), so that a page which forgets ends in a refusal, not in a name.
"""

from collections.abc import Iterator

from django.apps import apps
from django.db.models import QuerySet, Value
from django.db.models.fields import UUIDField

from participants.people.models import Restriction
from participants.staff.permissions import Permission
from participants.tracks.scope import Scope, Subject, active_scope


def hidden_from(scope: Scope) -> Iterator[Subject]:
    """What the actor of a scope may not open, with what was merged into it. One statement, three where there is any."""
    rows = (
        Restriction.objects.filter(staff=scope.by, lifted_on__isnull=True)
        .order_by()
        .values_list("referral_id", "participant_id")
    )
    if Permission.READ_HAND_OFFS not in scope.privileges:
        handoffs = apps.get_model("participants", "Handoff").objects.filter(done_at__isnull=True)
        others = handoffs.exclude(started_by=scope.by).order_by()
        rows = rows.union(others.values_list("referral_id", Value(None, output_field=UUIDField())), all=True)
    closed = {"referral": set(), "participant": set()}
    for referral_id, participant_id in rows:
        closed["referral" if referral_id else "participant"].add(referral_id or participant_id)
    for kind, ids in closed.items():
        if ids:
            merged = apps.get_model("participants", kind).objects.filter(merged_into__in=ids).order_by()
            ids |= set(merged.values_list("pk", flat=True))
        yield from ((kind, pk) for pk in ids)


def hidden_ids(kind: str) -> list:
    """The ids of the records of a kind ("referral", "participant") that the active actor may not open."""
    return [pk for hidden_kind, pk in active_scope().hidden if hidden_kind == kind]


def readable(rows: QuerySet, *, referral: str = "", participant: str = "") -> QuerySet:
    """The rows without those that the active actor may not open.

    `referral` and `participant` are the fields that hold the record's id: "pk", "referral_id", "participant_id".
    """
    for kind, path in (("referral", referral), ("participant", participant)):
        if path and (hidden := hidden_ids(kind)):
            rows = rows.exclude(**{f"{path}__in": hidden})
    return rows

"""Records that one member of staff may not open: restricted files, and hand-offs that are somebody else's.

Two lines of defence: lists leave the rows out with `readable`, and a sealed value of such a row never opens
(`vault.fields`), so that a page which forgets ends in a refusal, not in a name.
"""

from collections.abc import Iterator

from django.apps import apps
from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.fields import UUIDField
from django.utils import timezone

from participants.people.models import BreakGlass, Participant, Restriction
from participants.referrals.rules import NAMELESS
from participants.staff.permissions import Permission
from participants.tracks.scope import Scope, Subject, active_scope

# How a row of the one statement says which of the two it is.
CLOSED, OPENED = "closed", "opened"


def hidden_from(scope: Scope) -> Iterator[Subject]:
    """What the actor of a scope may not open, with what was merged into it, without what is open by break-glass for
    now. One statement, three where there is any, six where a closed record is open by break-glass."""
    no_id = Value(None, output_field=UUIDField())
    restricted = Restriction.objects.filter(staff=scope.by, lifted_on__isnull=True)
    parts = [_marked(restricted, CLOSED, "referral_id", "participant_id")]
    if Permission.READ_HAND_OFFS not in scope.privileges:
        parts.append(_marked(_hand_offs_of_others(scope), CLOSED, "referral_id", no_id))
    if Permission.BREAK_GLASS in scope.privileges:
        parts.append(_marked(open_now(scope), OPENED, "referral_id", "participant_id"))
    rows = list(parts[0].union(*parts[1:], all=True))
    closed = {"referral": set(), "participant": set()}
    for mark, referral_id, participant_id in rows:
        if mark == CLOSED:
            closed["referral" if referral_id else "participant"].add(referral_id or participant_id)
    for kind, ids in closed.items():
        if ids:
            merged = apps.get_model("participants", kind).objects.filter(merged_into__in=ids).order_by()
            ids |= set(merged.values_list("pk", flat=True))
    subjects = {(kind, pk) for kind, ids in closed.items() for pk in ids}
    if subjects and any(mark == OPENED for mark, *_ in rows):
        scope.opened = {subject: row for subject, row in _through_glass(scope) if subject in subjects}
    yield from subjects - scope.opened.keys()


def _marked(rows: QuerySet, mark: str, *ids) -> QuerySet:
    return rows.order_by().values_list(Value(mark, output_field=CharField()), *ids)


def _hand_offs_of_others(scope: Scope) -> QuerySet:
    handoffs = apps.get_model("participants", "Handoff").objects.filter(done_at__isnull=True)
    return handoffs.exclude(started_by=scope.by)


def open_now(scope: Scope) -> QuerySet[BreakGlass]:
    """What the actor has open by break-glass at this instant: a page that is asked for later finds it closed."""
    return BreakGlass.objects.filter(opened_by=scope.by, until__gt=timezone.now(), ended_at__isnull=True)


def _through_glass(scope: Scope) -> Iterator[tuple[Subject, BreakGlass]]:
    """The records of each file that is open by break-glass: a case with what was merged into it, or a participant
    with the cases of the stays. Never a minor's case, nor what somebody else is handing over. Three statements."""
    rows = list(open_now(scope).select_related("participant").defer("reason"))
    by_id = {row.participant_id or row.referral_id: row for row in rows}
    ways = ("pk", "merged_into_id", "enrollment__participant_id", "merged_into__enrollment__participant_id")
    of_file = Q()
    for way in ways:
        of_file |= Q(**{f"{way}__in": by_id})
    cases = apps.get_model("participants", "referral").objects.filter(of_file).exclude(status__in=NAMELESS).order_by()
    handed_over = _hand_offs_of_others(scope).order_by().values("referral_id")
    for pk, *others in cases.exclude(pk__in=handed_over).values_list(*ways):
        yield ("referral", pk), next(by_id[way] for way in (pk, *others) if way in by_id)
    files = Participant.objects.filter(Q(pk__in=by_id) | Q(merged_into__in=by_id))
    for pk, merged_into in files.order_by().values_list("pk", "merged_into_id"):
        yield ("participant", pk), by_id[pk] if pk in by_id else by_id[merged_into]


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

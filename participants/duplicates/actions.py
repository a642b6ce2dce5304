"""What a person decides about two cases that look alike, and the way back: the same case, the same person, or not.

Two cases that are one become one: the one that is kept takes over what the person chose of the other, the other one
stays on its own page, which says where it went, and is counted nowhere.
"""

import datetime
import secrets
from collections.abc import Collection, Mapping
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Q
from django.utils.dateformat import format as format_date

from participants.audit.actions import record
from participants.audit.changes import keep_changes
from participants.duplicates.finding import likeness
from participants.duplicates.models import Comparison
from participants.duplicates.rules import SameAs, merge_refusal
from participants.errors import ProgramError
from participants.operations.models import Operation
from participants.people.actions import index_participant
from participants.people.models import BreakGlass, Restriction
from participants.people.restricting import OneFile, carry_restrictions
from participants.referrals.actions import (
    ChangedMeanwhile,
    change_referral,
    fold_referral,
    index_referral,
    receive_referral,
    update_court_details,
)
from participants.referrals.assignment import assign
from participants.referrals.case import FIELDS, content_of
from participants.referrals.models import Referral
from participants.referrals.queries import changes_since
from participants.referrals.rules import COURT_FIELDS, NAMELESS, Status
from participants.staff.models import User
from participants.vault.tokens import fingerprint

DATES = {"date_of_birth", "offense_on", "received_on", "next_court_on"}


@transaction.atomic
def decide_comparison(
    *, referral: Referral, other: Referral, decision: str, today: datetime.date, by: User
) -> Comparison:
    """Record that two cases are one person's, or of different people. The same decision again answers with the one
    that stands. What one person wishes is closed to staff on both cases, and stays so when the link is undone.

    Raises ProgramError when another one stands, and when somebody works on one and may not open the other."""
    if decision not in (SameAs.SAME_PERSON, SameAs.DIFFERENT):
        raise ProgramError("Say whether this is the same person or somebody else.", field="decision")
    one, two = _both(referral.pk, other.pk)
    if standing := standing_comparison(one, two):
        return _same(standing, decision)
    if Status.MERGED in (one.status, two.status):
        raise ProgramError("One of the two is part of another case already. Compare that one.")
    if {one.status, two.status} & set(NAMELESS):
        raise ProgramError("One of the two is a child's: nothing is written down about it but its hand-off.")
    if decision == SameAs.SAME_PERSON:
        _check_nobody_shut_out(one, two)
    row = _write(one, two, decision, likeness(one, two).score, None, today=today, by=by)
    if decision == SameAs.SAME_PERSON:
        carry_restrictions(referral=one, today=today, by=by)
    return row


@transaction.atomic
def receive_compared(
    *, row_id: UUID, decisions: Mapping[UUID, str], today: datetime.date, by: User, **values
) -> Referral:
    """Receive a case of which a person has said, for each stored case that looks like it, what the two are.

    Raises what `receive_referral` raises; nothing is stored then.
    """
    referral = receive_referral(row_id=row_id, **values, today=today, by=by)
    for pk, decision in decisions.items():
        decide_comparison(referral=Referral.objects.get(pk=pk), other=referral, decision=decision, today=today, by=by)
    return referral


@transaction.atomic
def merge_referrals(
    *,
    kept: Referral,
    absorbed: Referral,
    versions: tuple[int, int],
    take: Collection[str] = (),
    today: datetime.date,
    by: User,
) -> Comparison:
    """Two cases are one, received twice. `take` are the fields in which the absorbed one is right, `versions` those
    of both as they were compared.

    Raises ChangedMeanwhile, ValuesRefused, or ProgramError where the absorbed one has gone its own way.
    """
    kept, absorbed = _both(kept.pk, absorbed.pk)
    if standing := standing_comparison(kept, absorbed):
        return _same(standing, SameAs.SAME_CASE)
    for row, version in zip((kept, absorbed), versions, strict=True):
        if row.version != version:
            raise ChangedMeanwhile(row, changes_since(row, version))
    if sentence := why_not_merged(kept, absorbed):
        raise ProgramError(sentence)
    taken = {field: getattr(absorbed, field) for field in take if getattr(absorbed, field) != getattr(kept, field)}
    if unknown := taken.keys() - set(takeable(kept)):
        raise TypeError(f"Not taken from another case: {', '.join(sorted(unknown))}.")
    before = {
        "fields": {field: _plain(getattr(kept, field)) for field in taken},
        "court_told_on": _plain(kept.court_told_on),
        "contents": [content_of(row) for row in (kept, absorbed)],
    }
    score = likeness(kept, absorbed).score
    _check_nobody_shut_out(kept, absorbed)
    absorbed = fold_referral(referral=absorbed, into=kept, fingerprint=secrets.token_bytes(20))
    kept = _take(kept, taken, today=today, by=by)
    # Either row of the file that brought the two is known again: where the kept one now has the content of the
    # absorbed one, they exchange their fingerprints.
    first, second = (fingerprint(kept.track_id, *content) for content in before["contents"])
    Referral.objects.filter(pk=absorbed.pk).update(fingerprint=first if bytes(kept.fingerprint) == second else second)
    before["restrictions"] = [str(pk) for pk in _copy_restrictions(kept)]
    before["versions"], before["status"] = [kept.version, absorbed.version], kept.status
    _index(kept, absorbed)
    return _write(kept, absorbed, SameAs.SAME_CASE, score, before, today=today, by=by)


@transaction.atomic
def undo_comparison(*, comparison: Comparison, today: datetime.date, by: User) -> Comparison:
    """Take a decision back. Two cases that were made one stand again as they stood.

    Raises ProgramError when one of them was changed since.
    """
    comparison = Comparison.objects.select_for_update().get(pk=comparison.pk)
    if comparison.undone_on:
        return comparison
    one, two = _both(comparison.referral_id, comparison.other_id)
    told: dict = {}
    if comparison.decision == SameAs.SAME_CASE:
        one, told = _take_apart(one, two, comparison.before, today=today, by=by)
    comparison.undone_on, comparison.undone_by = today, by
    comparison.save(update_fields=("undone_on", "undone_by"))
    event = record("comparison.undone", by=by, subjects=[one, two], detail={"decision": comparison.decision})
    keep_changes(one, told, by=by, at=event.at)
    return comparison


def standing_comparison(one: Referral, two: Referral) -> Comparison | None:
    """What stands decided about two cases, whichever was named first."""
    between = Q(referral=one, other=two) | Q(referral=two, other=one)
    return Comparison.objects.filter(between, undone_on__isnull=True).select_related("decided_by").first()


def in_order(one: Referral, two: Referral) -> tuple[Referral, Referral, str | None]:
    """Of two cases the one to keep, the one that would become part of it, and why that cannot be, if so.

    The one that was received first is kept, unless only the other one can take it in.
    """
    first, second = sorted((one, two), key=lambda row: (row.received_on, row.pk))
    why_not = why_not_merged(first, second)
    if why_not and why_not_merged(second, first) is None:
        return second, first, None
    return first, second, why_not


def why_not_merged(kept: Referral, absorbed: Referral) -> str | None:
    """Why one of two cases cannot become part of the other, in a sentence; None if it can."""
    return merge_refusal(kept=kept.status, absorbed=absorbed.status) or _kept_with(absorbed)


def takeable(kept: Referral) -> tuple[str, ...]:
    """What a case may take over from another: of a placed person's the court details only."""
    return COURT_FIELDS if kept.status == Status.PLACED else FIELDS


def _kept_with(absorbed: Referral) -> str | None:
    """A sentence if anything hangs on a case that would be lost from sight with it."""
    for relation in Referral._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and (relation.one_to_many or relation.one_to_one)):
            continue
        # Decisions and openings stay where they are, restrictions are copied.
        if relation.related_model in (Comparison, Restriction, BreakGlass):
            continue
        if relation.related_model.objects.filter(**{relation.field.name: absorbed}).exists():
            what = relation.related_model._meta.verbose_name
            return f"Something is kept with the other case already ({what}). Keep that one, and merge this one into it."
    return None


def _both(one: UUID, two: UUID) -> tuple[Referral, Referral]:
    """Both rows, locked, in the order asked for; locked in one order whoever asks, so that nobody waits in a ring."""
    if one == two:
        raise ProgramError("A case cannot be compared with itself.")
    rows = {row.pk: row for row in Referral.objects.select_for_update().filter(pk__in=(one, two)).order_by("pk")}
    return rows[one], rows[two]


def _same(standing: Comparison, decision: str) -> Comparison:
    if standing.decision == decision:
        return standing
    day = format_date(standing.decided_on, "F j, Y")
    raise ProgramError(
        f"{standing.decided_by.name} decided on {day}: {standing.get_decision_display().lower()}. Undo that first."
    )


def _write(
    one: Referral, two: Referral, decision: str, score: int, before: dict | None, *, today: datetime.date, by: User
) -> Comparison:
    row = Comparison.objects.create(
        referral=one, other=two, score=score, decision=decision, before=before, decided_on=today, decided_by=by
    )
    record("comparison.decided", by=by, subjects=[one, two], detail={"decision": str(decision), "score": score})
    return row


def _take(kept: Referral, values: Mapping, *, today: datetime.date, by: User) -> Referral:
    if not values:
        return kept
    if kept.status == Status.PLACED:
        court = {field: getattr(kept, field) for field in COURT_FIELDS} | values
        return update_court_details(referral=kept, version=kept.version, **court, by=by)
    return change_referral(referral=kept, version=kept.version, **values, today=today, by=by)


def _check_nobody_shut_out(one: Referral, two: Referral) -> None:
    """Raises ProgramError when somebody works on one of two cases and may not open the other."""
    files = OneFile(referral=one), OneFile(referral=two)
    closed = {pk for file in files for pk in file.restrictions().order_by().values_list("staff_id", flat=True)}
    if working := User.objects.filter(pk__in=(files[0].workers | files[1].workers) & closed).order_by("name").first():
        raise ProgramError(
            f"{working.name} works on one of the two cases and may not open the other one, as the person wishes. "
            "Hand it over to somebody else first."
        )


def _copy_restrictions(kept: Referral) -> list[UUID]:
    """Who may not open one of two cases that are one by now may not open the other, nor what has grown out of them."""
    file = OneFile(referral=kept)
    rows = list(file.restrictions().select_related("staff", "recorded_by").order_by("id"))
    standing = {(row.staff_id, row.participant_id or row.referral_id) for row in rows}
    first = {row.staff_id: row for row in reversed(rows)}
    copies = [
        Restriction.objects.create(
            **{part._meta.model_name: part},
            staff=row.staff,
            recorded_on=row.recorded_on,
            recorded_by=row.recorded_by,
        )
        for row in first.values()
        for part in file.rows
        if (row.staff_id, part.pk) not in standing
    ]
    return [copy.pk for copy in copies]


def _take_apart(
    kept: Referral, absorbed: Referral, before: dict, *, today: datetime.date, by: User
) -> tuple[Referral, dict]:
    """The kept case as it stands after it was parted from the other one, and what was put back in it without a new
    version."""
    if [kept.version, absorbed.version] != before["versions"] or kept.status != before["status"]:
        raise ProgramError(
            "The case was changed or has moved on since the two were made one, so they cannot be parted without "
            "losing that. Receive the other case anew instead."
        )
    first, second = (fingerprint(kept.track_id, *content) for content in before["contents"])
    absorbed = fold_referral(referral=absorbed, into=None, fingerprint=secrets.token_bytes(20))
    values = {field: _value(field, text) for field, text in before["fields"].items()}
    kept = _take(kept, values, today=today, by=by)
    told = {"court_told_on": kept.court_told_on}
    kept.fingerprint, kept.court_told_on = first, _value("next_court_on", before["court_told_on"])
    kept.save(update_fields=("fingerprint", "court_told_on"))
    Referral.objects.filter(pk=absorbed.pk).update(fingerprint=second)
    # What the merge copied goes with it. What the person has asked for since stands on both cases: `restrict_file`
    # has written it on either, and what was linked with one of them meanwhile keeps it too.
    Restriction.objects.filter(pk__in=before["restrictions"]).delete()
    for row in (kept, absorbed):
        carry_restrictions(referral=row, today=today, by=by)
    if OneFile(referral=absorbed).restrictions().filter(staff=absorbed.assigned_to_id).exists():
        # Named since, so somebody else takes it on.
        assign(referral=absorbed, to=None, seen=absorbed.assigned_to_id, today=today, by=by)
    _index(kept, absorbed)
    return kept, told


def _index(kept: Referral, absorbed: Referral) -> None:
    for row in (kept, absorbed):
        index_referral(row)
    try:
        index_participant(kept.enrollment.participant)
    except ObjectDoesNotExist:
        return


def _plain(value) -> str | None:
    """A field's value as JSON keeps it."""
    if isinstance(value, Operation):
        return str(value.pk)
    return value.isoformat() if isinstance(value, datetime.date) else value


def _value(field: str, text: str | None):
    if field == "operation":
        return Operation.objects.get(pk=text) if text else None
    return datetime.date.fromisoformat(text) if field in DATES and text else text

"""Writers of screenings: one by one, and for a batch."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction

from participants.audit.actions import record
from participants.audit.changes import keep_changes
from participants.audit.models import Event
from participants.errors import Problem, ProgramError, ValuesRefused
from participants.referrals.actions import move_referral
from participants.referrals.models import Referral
from participants.referrals.rules import Status, age_on, text_problem
from participants.screening.models import CriteriaVersion, Screening
from participants.screening.queries import current_criteria
from participants.screening.rules import NOTE_LONGEST, NOTE_OF, decide
from participants.staff.models import User

# What stands in a screening that is begun and can be written over by whoever goes on with it.
KEPT = ("answers", "notes", "note")
NO_CRITERIA = "The track has no written criteria in force today, so nobody can be screened."


class ScreeningChanged(ProgramError):
    """Someone else has saved since the page was opened; `screening` is how it stands now."""

    def __init__(self, screening: Screening):
        super().__init__(
            f"{screening.decided_by.name} saved answers after you opened this page. Nothing of yours is saved yet: "
            "compare, then save again."
        )
        self.screening = screening


class CriteriaChanged(ProgramError):
    """Other criteria are in force than those that the answers were given to."""

    def __init__(self, criteria: CriteriaVersion):
        super().__init__(
            f"Version {criteria.number} of the written criteria is in force now, and everybody is decided on under "
            "the version of the day. Nothing is saved yet: look at the questions again, then save."
        )
        self.criteria = criteria


@transaction.atomic
def screen(
    *,
    referral: Referral,
    answers: Mapping[str, str],
    notes: Mapping[str, str] | None = None,
    note: str = "",
    version: int = 0,
    criteria: CriteriaVersion | None = None,
    today: datetime.date,
    by: User,
) -> Screening | None:
    """Screen a received referral under the criteria in force today, and keep answers, remarks and reasons.

    With an answer still unknown the screening is kept open: nothing is decided and the referral stays where it is.
    `version` is the screening's as the page was opened on it, 0 when none was begun; `criteria` those that the
    answers were given to, those of the day when left out. Returns None when the person turns out to be under 18:
    the referral is stopped and nothing is decided.
    Raises ProgramError when nothing can be kept; ScreeningChanged and CriteriaChanged say what to look at first.
    """
    in_force = current_criteria(today)
    if in_force is None:
        raise ProgramError(NO_CRITERIA)
    if criteria is not None and criteria.pk != in_force.pk:
        raise CriteriaChanged(in_force)
    row = Referral.objects.select_for_update().get(pk=referral.pk)
    screening = _screen(
        row,
        Screening.objects.filter(referral=row).select_related("decided_by").first(),
        in_force,
        answers=answers,
        notes=notes or {},
        note=note,
        version=version,
        today=today,
        by=by,
    )
    referral.status = row.status
    return screening


@dataclass
class Screened:
    """What became of a batch. `refused` are pairs of a referral and the sentence that says why."""

    eligible: list[Referral] = field(default_factory=list)
    ineligible: list[Referral] = field(default_factory=list)
    open: list[Referral] = field(default_factory=list)
    stopped: list[Referral] = field(default_factory=list)
    refused: list[tuple[Referral, str]] = field(default_factory=list)


@transaction.atomic
def screen_all(
    *,
    referrals: Iterable[Referral],
    answers: Mapping[UUID, Mapping[str, str]],
    notes: Mapping[UUID, str] | None = None,
    criteria: CriteriaVersion | None = None,
    today: datetime.date,
    by: User,
) -> Screened:
    """Screen referrals of a batch, each with its own answers (by the referral's id) under the criteria of the day.

    What is refused for one referral leaves the others alone and is told with it: a referral that is screened
    already, a screening that somebody has begun, a missing date of birth. Raises ProgramError when the track has no
    criteria, or others than those that the answers were given to.
    """
    in_force = current_criteria(today)
    if in_force is None:
        raise ProgramError(NO_CRITERIA)
    if criteria is not None and criteria.pk != in_force.pk:
        raise CriteriaChanged(in_force)
    ids = [referral.pk for referral in referrals]
    rows = Referral.objects.select_for_update().filter(pk__in=ids).order_by("pk").in_bulk()
    begun = {
        screening.referral_id: screening
        for screening in Screening.objects.filter(referral__in=ids).select_related("decided_by")
    }
    outcome = Screened()
    for row in (rows[pk] for pk in ids if pk in rows):
        try:
            with transaction.atomic():
                screening = _screen(
                    row,
                    begun.get(row.pk),
                    in_force,
                    answers=answers.get(row.pk, {}),
                    notes={},
                    note=(notes or {}).get(row.pk, ""),
                    version=0,
                    today=today,
                    by=by,
                )
        except ProgramError as error:
            outcome.refused.append((row, error.message))
            continue
        if screening is None:
            outcome.stopped.append(row)
        else:
            {True: outcome.eligible, False: outcome.ineligible, None: outcome.open}[screening.eligible].append(row)
    return outcome


def _screen(
    referral: Referral,
    screening: Screening | None,
    criteria: CriteriaVersion,
    *,
    answers: Mapping[str, str],
    notes: Mapping[str, str],
    note: str,
    version: int,
    today: datetime.date,
    by: User,
) -> Screening | None:
    """Screen one locked referral; `screening` is the one that was begun, if any."""
    if referral.status != Status.RECEIVED:
        raise ProgramError(f"This referral stands at “{referral.get_status_display()}”: it is screened already.")
    born = referral.date_of_birth
    decision = decide(
        criteria.criteria,
        answers,
        age_at_offense=age_on(born, referral.offense_on) if born else None,
        age_today=age_on(born, today) if born else None,
    )
    if decision.stopped:
        move_referral(referral=referral, to=Status.STOPPED)
        record("referral.stopped", by=by, subjects=[referral])
        return None
    keys = [criterion["key"] for criterion in criteria.criteria]
    values = {
        "criteria_version": criteria,
        "answers": {key: answers[key] for key in keys},
        "notes": {key: text for key in keys if (text := notes.get(key, "").strip())},
        "note": note.strip(),
        "eligible": decision.eligible,
        "reasons": list(decision.reasons),
        "decided_on": None if decision.open else today,
    }
    _check_texts(values["notes"], values["note"])
    if screening is not None and screening.version != version:
        if screening.decided_by_id == by.pk and _same(screening, values):  # posted twice
            return screening
        raise ScreeningChanged(screening)
    if screening is None:
        screening = Screening(referral=referral)
    begun = {name: getattr(screening, name) for name in KEPT} if screening.version else {}
    for name, value in values.items():
        setattr(screening, name, value)
    screening.decided_by = by
    screening.version += 1
    screening.save(force_insert=screening._state.adding)
    event = _put_on_record(referral, screening, decision.open, by)
    keep_changes(screening, begun, by=by, at=event.at)
    return screening


def _put_on_record(referral: Referral, screening: Screening, open_keys: tuple[str, ...], by: User) -> Event:
    """Move a decided referral on, and say what was written."""
    fields = [name for name in ("answers", "notes", "note") if getattr(screening, name)]
    criteria = screening.criteria_version.number
    if open_keys:
        detail = {"open": len(open_keys), "criteria": criteria, "version": screening.version}
        return record("screening.kept_open", by=by, subjects=[referral], fields=fields, detail=detail)
    move_referral(referral=referral, to=Status.ELIGIBLE if screening.eligible else Status.INELIGIBLE)
    detail = {"eligible": screening.eligible, "criteria": criteria}
    return record("referral.screened", by=by, subjects=[referral], fields=fields, detail=detail)


def _same(screening: Screening, values: Mapping) -> bool:
    return all(getattr(screening, name) == value for name, value in values.items())


def _check_texts(notes: Mapping[str, str], note: str) -> None:
    """Raises ValuesRefused with one problem for each text that cannot be kept."""
    problems = []
    for key, text in notes.items():
        if sentence := text_problem(text):
            problems.append(Problem(NOTE_OF + key, sentence))
        elif len(text) > NOTE_LONGEST:
            problems.append(Problem(NOTE_OF + key, f"The remark is longer than {NOTE_LONGEST} characters."))
    longest = Screening._meta.get_field("note").max_length
    if len(note) > longest:
        problems.append(Problem("note", f"The note is longer than {longest} characters."))
    if problems:
        raise ValuesRefused(problems)

"""Value history: what it was, what it became, who and when; complete for cases and files, and no more than that."""

import ast
import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from participants.audit.models import FieldChange
from participants.court.actions import mark_told, record_court_result
from participants.duplicates.actions import merge_referrals, undo_comparison
from participants.models import Operation, Participant, Referral
from participants.people.actions import change_participant
from participants.referrals.actions import change_referral, update_court_details
from participants.referrals.assignment import assign, assign_all
from participants.tracks.models import KEEP
from participants.tracks.scope import in_track
from tests import builders

TODAY = datetime.date(2026, 4, 1)
DAY = datetime.timedelta(days=1)
ROOT = Path(__file__).parent.parent.parent / "participants"

# What the two models hold beside what is kept here, and where its history is instead.
ELSEWHERE = {
    "fingerprint": "a key that is computed from the others, no value",
    "case_key": "a key that is computed from the others, no value",
    "person_key": "a key that is computed from the others, no value",
    "status": "each step has a row of its own: screening, offer, agreement, stay, comparison, hand-off",
    "merged_into": "Comparison and FileMerge, with the way back",
    "batch": "set once, when the file is stored",
    "reference": "never changes",
    "created_at": "never changes",
}


@dataclass
class Case:
    """What stands before a change, and the change: called with the cast and what was built."""

    build: Callable
    change: Callable


def referral_of(cast, **over):
    over = {"next_court_on": TODAY + 3 * DAY, "must_appear": "yes", "counsel_name": "Mo Counsel", **over}
    return builders.make_referral(cast, cast.education, **over)


def change_everything(cast, row):
    by = cast.education_caseworker
    operation = Operation.objects.create(agency="Police", name="Clear", held_on=builders.RECEIVED - 20 * DAY)
    values = {
        "name": "Alexandra Rivera",
        "date_of_birth": datetime.date(1991, 6, 18),
        "phone": "305-555-0199",
        "case_number": "F26-999999",
        "charge": "796.07(2)(i)",
        "offense_on": row.offense_on + DAY,
        "received_on": row.received_on + DAY,
        "source": "Defense counsel",
        "operation": operation,
        "next_court_on": TODAY + 9 * DAY,
        "must_appear": "no",
        "counsel_name": "Jo Defender",
        "counsel_contact": "jo@example.org",
        "language": "es",
        "gender": "woman",
        "race": "white",
    }
    change_referral(referral=row, version=row.version, **values, today=TODAY, by=by)


def change_court_details(cast, row):
    update_court_details(
        referral=row,
        version=row.version,
        next_court_on=TODAY + 9 * DAY,
        must_appear="no",
        counsel_name="Jo Defender",
        counsel_contact="jo@example.org",
        by=cast.education_caseworker,
    )


def tell(cast, row):
    told_of = {"court_on": row.next_court_on, "must_appear": row.must_appear}
    mark_told(referral=row, **told_of, today=TODAY, by=cast.education_caseworker)


def told_one(cast):
    row = referral_of(cast)
    with act(cast):
        tell(cast, row)
    return row


def hear(cast, row):
    record_court_result(
        referral=row,
        version=row.version,
        held_on=row.next_court_on,
        outcome="appeared",
        next_court_on=TODAY + 9 * DAY,
        must_appear="no",
        today=TODAY,
        by=cast.education_caseworker,
    )


def hand_out(cast, rows):
    locked = Referral.objects.select_related("assigned_to").filter(pk__in=[row.pk for row in rows])
    assign_all(referrals=locked, to=cast.education_caseworker, today=TODAY, by=cast.education_manager)


def one_with_somebody(cast):
    rows = [referral_of(cast), referral_of(cast)]
    with act(cast):
        assign(referral=rows[0], to=cast.education_intake_clerk, seen=None, today=TODAY, by=cast.education_manager)
    return rows


def double(cast):
    return told_one(cast), referral_of(cast, phone="305-555-0199", next_court_on=TODAY + 20 * DAY)


def make_one(cast, rows):
    kept, absorbed = rows
    return merge_referrals(
        kept=kept,
        absorbed=absorbed,
        take=["phone", "next_court_on"],
        versions=(kept.version, absorbed.version),
        today=TODAY,
        by=cast.education_caseworker,
    )


def made_one(cast):
    rows = double(cast)
    with act(cast):
        return make_one(cast, rows)


def change_person(cast, person):
    change_participant(
        participant=person,
        version=person.version,
        by=cast.education_caseworker,
        name="Alexandra Rivera",
        preferred_name="Lex",
        phone="305-555-0199",
        safe_contact="Text only, after six.",
        language="ht",
        gender="non_binary",
        race="multiple",
    )


CASES = {
    "case": Case(told_one, change_everything),
    "court": Case(told_one, change_court_details),
    "told": Case(referral_of, tell),
    "heard": Case(lambda cast: referral_of(cast, next_court_on=builders.RECEIVED + DAY), hear),
    "assigned": Case(one_with_somebody, hand_out),
    "made one": Case(double, make_one),
    "parted": Case(
        made_one, lambda cast, made: undo_comparison(comparison=made, today=TODAY, by=cast.education_caseworker)
    ),
    "file": Case(lambda cast: builders.make_enrollment(cast, cast.education).participant, change_person),
}


def act(cast, by=None):
    return in_track(cast.education, by=by or cast.education_caseworker, write=True)


def state():
    """Every classified value of every case and file that is not only kept, in words, by record and field."""
    return {
        (model._meta.model_name, row.pk, name): in_words(row, name)
        for model in (Referral, Participant)
        for row in model.objects.all()
        for name, what in model.classification.items()
        if name not in ELSEWHERE and (what != KEEP or name == "assigned_to")
    }


def in_words(row, name) -> str:
    value = getattr(row, name)
    if value is None:
        return ""
    if name == "language":
        return {"en": "English", "es": "Spanish", "ht": "Haitian Creole"}[value]
    shown = getattr(row, f"get_{name}_display", lambda: value)()
    return shown.isoformat() if isinstance(shown, datetime.date) else str(shown)


def history(**of):
    rows = FieldChange.objects.filter(**of).order_by("id")
    return [(row.field, row.before, row.after, row.changed_by_id) for row in rows]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_field_of_a_case_or_file_that_changes_leaves_its_history(cast, case):
    """The rows are compared as they stood before and after; the history leads from the one to the other, and tells
    nothing that did not change."""
    built = case.build(cast)
    with act(cast):
        before, old = state(), set(FieldChange.objects.values_list("pk", flat=True))
        case.change(cast, built)
        after = state()
        told = {}
        for row in FieldChange.objects.exclude(pk__in=old).order_by("id"):
            first, _ = told.get((row.kind, row.subject_id, row.field), (row.before, None))
            told[row.kind, row.subject_id, row.field] = (first, row.after)
    changed = {key: (value, after[key]) for key, value in before.items() if after[key] != value}
    assert changed
    assert told == changed


def test_every_field_is_changed_by_one_of_these(cast):
    """Or the test above would say nothing about it."""
    seen = set()
    for case in CASES.values():
        built = case.build(cast)
        with act(cast):
            case.change(cast, built)
    with in_track(cast.education):
        seen = set(FieldChange.objects.values_list("kind", "field"))
    known = {
        (model._meta.model_name, name)
        for model in (Referral, Participant)
        for name, what in model.classification.items()
        if name not in ELSEWHERE and (what != KEEP or name == "assigned_to")
    }
    assert known - seen == {("participant", "date_of_birth")}  # kept right on the case; the file's is not changed


# Functions that write over a stored row and keep no history of its values, and why.
WITHOUT = {
    "referrals/actions.py:_save": "saves for `_change`, which keeps it",
    "referrals/actions.py:move_referrals": "status: each step has a row of its own",
    "referrals/actions.py:_set_status": "status: each step has a row of its own",
    "referrals/actions.py:fold_referral": "made one with another: Comparison, with the way back",
    "duplicates/actions.py:merge_referrals": "a key, no value; what is taken over goes through `change_referral`",
    "duplicates/actions.py:_take_apart": "keys; the rest is kept by `undo_comparison`",
    "enrollment/actions.py:end_stay": "set once, when the stay ends: ExitProposal or withdrawal",
    "people/joining.py:merge_files": "FileMerge keeps what was moved",
    "people/joining.py:undo_merge": "FileMerge",
    "people/joining.py:_count_up": "FileMerge; a version",
    "people/restricting.py:lift_restriction": "set once, on a row that keeps both days",
    "people/break_glass.py:close_again": "set once",
    "people/break_glass.py:mark_seen": "set once",
    "consent/actions.py:decide_offer": "each answer is an event; the first acceptance stays in `accepted_at`",
    "consent/actions.py:lapse_offers": "set once, from waiting",
    "consent/actions.py:withdraw_agreement": "set once, and settled in the database",
    "consent/messages.py:withdraw_message_consent": "set once",
    "consent/versions.py:certify_text": "set once; a text, no person",
    "completion/actions.py:record_statement": "what was said before stays, the new words follow it",
    "completion/actions.py:decide_exit": "set once",
    "completion/actions.py:withdraw": "set once",
    "documents/paper.py:_written": "writes a picture, no row",
    "screening/reviews.py:decide_review": "set once",
    "screening/reviews.py:_turn": "Review keeps what it was and what it became",
    "sessions/actions.py:cancel_session": "from booked to cancelled, with the session",
    "sessions/keeping.py:give_notes": "privileged: a history that others read would tell of the notes",
    "handoffs/erasure.py:erase_case": "erased on purpose",
    "handoffs/actions.py:take_over_handoff": "who began it is in the event of the beginning",
    "handoffs/actions.py:finish_handoff": "set once",
    "files/batches.py:_leave": "which file named an operation first",
    "files/batches.py:close_batch": "set once",
    "files/waiting.py:name_columns": "a file that waits, no case yet",
    "files/waiting.py:remember_columns": "headings of files, no person",
    "files/waiting.py:take_rows": "a file that waits, no case yet",
    "operations/actions.py:_save": "counts of a night, no person",
}


def writers() -> dict[str, bool]:
    """Functions of the program that write over stored rows, each with whether it keeps what was there."""
    found = {}
    rooms = {path for path in ROOT.rglob("*.py") if not {"demo", "management", "bench", "migrations"} & set(path.parts)}
    for path in sorted(rooms):
        room = path.relative_to(ROOT).parts[0]
        if room in {"staff", "access", "tracks", "vault", "audit", "web"}:  # no records of people
            continue
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
            if any(writes_over(call) for call in calls):
                names = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
                found[f"{path.relative_to(ROOT).as_posix()}:{function.name}"] = bool(
                    names & {"keep_changes", "keep_all"}
                )
    return found


def writes_over(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    keywords = {keyword.arg for keyword in call.keywords}
    if name == "save":
        inserts = any(keyword.arg == "force_insert" and is_true(keyword.value) for keyword in call.keywords)
        return not inserts
    return (name == "update" and bool(keywords)) or (name == "bulk_create" and "update_conflicts" in keywords)


def is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def test_who_writes_over_a_row_keeps_what_was_there_or_is_listed_with_the_reason():
    found = writers()
    assert len(found) > 20
    silent = {name for name, keeps in found.items() if not keeps}
    assert silent == WITHOUT.keys()

"""Versions of the written criteria: published by a manager, never changed, never over what was decided."""

import datetime
import threading
from dataclasses import asdict, replace

import pytest
from django.db import connections

from participants.audit.models import Event
from participants.errors import ProgramError, ValuesRefused
from participants.screening.criteria import OtherVersion, publish_criteria
from participants.screening.models import CriteriaVersion
from participants.screening.queries import current_criteria, screening_of
from participants.screening.rules import Draft
from participants.tracks.models import new_id
from participants.tracks.scope import in_track
from tests import builders
from tests.referrals.typed import text_of

D = datetime.date
TODAY = D(2026, 4, 1)
NEW = Draft("", "Is the person willing to talk in English?", "yes", "New in English.", "Nuevo.", "Nouvo.")


@pytest.fixture
def inside(track, people):
    with in_track(track, by=people["manager"], write=True):
        yield people["manager"]


def drafts() -> list[Draft]:
    """The questions in force as a manager finds them."""
    return [Draft(**row) for row in current_criteria(TODAY).criteria]


def publish(by, rows, **over) -> CriteriaVersion:
    return publish_criteria(**{"criteria": rows, "valid_from": TODAY, "seen": 1, "today": TODAY, **over}, by=by)


def test_next_version_keeps_the_keys_of_kept_questions(cast, track, inside):
    rows = drafts()
    rows = [rows[1], replace(rows[0], reason="Put better."), *rows[2:], NEW]
    version = publish(inside, rows, valid_from=D(2026, 5, 1))
    assert (version.number, version.valid_from, version.published_by) == (2, D(2026, 5, 1), inside)
    keys = [row["key"] for row in version.criteria]
    assert keys[:-1] == [row.key for row in rows[:-1]]
    assert keys[-1] not in [row.key for row in drafts()]
    assert version.criteria[1]["reason"] == "Put better."
    assert version.criteria[-1] == {**asdict(NEW), "key": keys[-1]}
    assert [current_criteria(day).number for day in (D(2026, 4, 30), D(2026, 5, 1))] == [1, 2]
    assert Event.objects.get(action="criteria.published").detail == {"number": 2, "valid_from": "2026-05-01"}


def test_old_decision_keeps_its_version_and_its_questions(cast, track, inside):
    referral = builders.make_ineligible(cast, track)
    before = screening_of(referral)
    kept = (before.answered, before.not_met, before.reasons, before.eligible)
    fixed = track.rules.fixed_criteria
    rows = [
        replace(row, question=row.question if row.key in fixed else "Put differently?", reason="Other words.")
        for row in drafts()
    ]
    publish(inside, rows)
    after = screening_of(referral)
    assert (after.answered, after.not_met, after.reasons, after.eligible) == kept
    assert after.criteria_version.number == 1


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        (lambda rows: [], "", "At least one"),
        (lambda rows: rows + [NEW] * 20, "", "At most 20"),
        (lambda rows: [*rows, replace(NEW, question=" ")], "-question", "Write the question"),
        (lambda rows: [*rows, replace(NEW, reason="")], "-reason", "Write the reason"),
        (lambda rows: [*rows, replace(NEW, reason_es="x" * 301)], "-reason_es", "At most 300"),
        (lambda rows: [*rows, replace(NEW, reason_ht="a\x07")], "-reason_ht", "control character"),
        (lambda rows: [*rows, replace(NEW, question="a\nb")], "-question", "one line"),
        (lambda rows: [*rows, replace(NEW, wanted="unknown")], "-wanted", "Choose the answer"),
        (lambda rows: [*rows, replace(NEW, key="made_up")], "", "no version that is known"),
        (lambda rows: [*rows, rows[0]], "", "no version that is known"),
    ],
)
def test_what_cannot_be_published(cast, track, inside, change, field, words):
    with pytest.raises(ValuesRefused) as refusal:
        publish(inside, change(drafts()))
    assert [problem for problem in refusal.value.problems if problem.field.endswith(field) and words in problem.text]
    assert CriteriaVersion.objects.count() == 1


@pytest.mark.parametrize("day", [D(2026, 3, 31), D(2020, 1, 1)])
def test_nobody_is_judged_by_criteria_after_the_fact(cast, track, inside, day):
    with pytest.raises(ValuesRefused, match="today or later"):
        publish(inside, drafts(), valid_from=day)


def test_next_version_does_not_begin_before_the_latest(cast, track, inside):
    publish(inside, drafts(), valid_from=D(2026, 6, 1))
    with pytest.raises(ValuesRefused, match="June 1, 2026"):
        publish(inside, drafts(), valid_from=D(2026, 5, 1), seen=2)
    publish(inside, drafts(), valid_from=D(2026, 6, 1), seen=2)
    assert current_criteria(D(2026, 6, 1)).number == 3


def test_rule_of_the_program_is_neither_dropped_nor_turned_round(cast):
    track = cast.services
    manager = cast.services_manager
    with in_track(track, by=manager, write=True):
        rows = drafts()
        third = next(row for row in rows if row.key == "third_party")
        rest = [row for row in rows if row != third]
        for wrong in (rest, [*rest, replace(third, wanted="yes")], [*rest, replace(third, question="Is it day?")]):
            with pytest.raises(ValuesRefused, match="rule of the program"):
                publish(manager, wrong)
        version = publish(manager, [replace(third, reason="Put better."), *rest])
        assert version.criteria[0]["reason"] == "Put better."


def test_posted_twice_makes_one_version(cast, track, inside):
    key, rows = new_id(), [*drafts(), NEW]
    first = publish(inside, rows, row_id=key)
    assert publish(inside, rows, row_id=key) == first
    with pytest.raises(ProgramError, match="saved before with other content"):
        publish(inside, rows[:-1], row_id=key)
    assert CriteriaVersion.objects.count() == 2


def test_two_managers_do_not_overwrite_each_other(cast, track, inside, people):
    publish(people["second"], [*drafts(), NEW])
    with pytest.raises(OtherVersion, match="Version 2") as refusal:
        publish(inside, drafts())
    assert refusal.value.latest.published_by == people["second"]
    assert CriteriaVersion.objects.count() == 2
    assert publish(inside, drafts(), seen=2).number == 3


def test_two_managers_at_one_moment(standing_cast, live_db):
    """Each has seen version 1; one is published, the other one is told."""
    cast = standing_cast.put()
    outcomes, ready = [], threading.Barrier(2)

    def work(manager):
        try:
            with in_track(cast.education, by=manager):
                rows = [Draft(**row) for row in current_criteria(TODAY).criteria]
            ready.wait()
            try:
                with in_track(cast.education, by=manager, write=True):
                    publish(manager, [*rows, NEW])
                outcomes.append("published")
            except OtherVersion:
                outcomes.append("told")
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=work, args=(who,)) for who in (cast.education_manager, cast.education_second_manager)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["published", "told"]
    with in_track(cast.education):
        assert CriteriaVersion.objects.count() == 2


def test_other_track_keeps_its_own(cast):
    with in_track(cast.education, by=cast.education_manager, write=True):
        publish(cast.education_manager, [*drafts(), NEW])
    with in_track(cast.services):
        assert CriteriaVersion.objects.count() == 1
    shown = text_of(cast.client("services_manager").get(cast.url(cast.services, "criteria")))
    assert NEW.question not in shown

"""The story on its own, without a database."""

import random
import re
from collections import Counter

import pytest

from participants.demo.people import FAMILY, GIVEN, invent
from participants.demo.stays import stays
from participants.demo.story import STORIES, Course, courses, people_of, waves
from participants.referrals.rules import Status, is_minor
from tests.demo.conftest import TODAY


def told(kind: str, people: int, seed: int = 1, today=TODAY) -> list[Course]:
    """Every course of a track."""
    found = []
    for wave in waves(kind, people, today=today, rng=random.Random(f"{seed}:{kind}")):
        rng = random.Random(f"{seed}:{kind}:{wave.number}")
        found += courses(kind, wave, first=len(found) + 1, today=today, rng=rng)
        stays(kind, wave, found[-len(wave.plans) :] if wave.plans else [], today=today, rng=rng)
    return found


@pytest.mark.parametrize("people", [1, 2, 3, 10, 47, 119, 120, 121, 1000, 20_000])
def test_everybody_asked_for_comes_to_one_of_the_tracks(people):
    coming = {kind: people_of(kind, people) for kind in STORIES}
    assert sum(coming.values()) == people
    for kind, number in coming.items():
        drawn = waves(kind, number, today=TODAY, rng=random.Random(1))
        assert sum(len(wave.plans) for wave in drawn) == number


def test_same_seed_and_day_tell_the_same_story():
    assert told("education", 80) == told("education", 80)
    assert told("education", 80) != told("education", 80, seed=2)


@pytest.mark.parametrize("kind", STORIES)
@pytest.mark.parametrize("people", [70, 900])
def test_nothing_has_happened_after_today(kind, people):
    for course in told(kind, people):
        happened = (
            course.offense_on,
            course.received_on,
            course.screened_on,
            course.offered_on,
            course.answered_on,
            course.signed_on,
            course.placed_on,
            course.exit.proposed_on,
            course.exit.exited_on,
            course.exit.met_on,
            course.exit.recommended_on,
            course.exit.disposed_on,
        )
        days = [day for day in happened[:7] if day is not None]
        assert days == sorted(days)
        assert max(day for day in happened if day is not None) <= TODAY


@pytest.mark.parametrize("kind", STORIES)
def test_only_who_is_stopped_is_a_minor(kind):
    for course in told(kind, 500):
        minor = is_minor(course.person.date_of_birth, offense_on=course.offense_on, today=TODAY)
        assert minor == (course.status == Status.STOPPED)


@pytest.mark.parametrize("kind", STORIES)
def test_people_decline(kind):
    """A decline rate of nought would be an alarm, and so not fit to be shown."""
    answers = Counter(course.answer for course in told(kind, 600) if course.offered_on)
    assert 0.05 < answers["declined"] / answers.total() < 0.3


def test_numbers_are_of_the_range_kept_for_fiction():
    rng = random.Random(5)
    people = [invent(rng, on=TODAY) for _ in range(500)]
    phones = [phone for person in people for phone in (person.phone, person.counsel_contact) if phone]
    assert all(re.fullmatch(r"\(\d{3}\) 555-01\d\d", phone) for phone in phones)
    assert all(course.case_number.startswith("DEMO-") for course in told("services", 50))


def test_names_are_invented_in_three_languages():
    rng = random.Random(6)
    people = [invent(rng, on=TODAY) for _ in range(500)]
    assert {person.language for person in people} == {"en", "es", "ht"}
    for person in people:
        given, *family = person.name.split(" ")
        assert given in GIVEN[person.language]
        assert set(family) <= set(FAMILY[person.language])

"""Patterns worth a look: each with a case that must be found and one that must not."""

import datetime
import uuid
import zoneinfo

import pytest

from participants.audit.patterns import (
    MOST_FILES_AFTER_HOURS,
    MOST_FILES_IN_AN_HOUR,
    MOST_FILES_OUTSIDE_CASELOAD,
    Finding,
    Opening,
    after_hours,
    crowded_hours,
    many_a_day,
    many_in_an_hour,
    outside_caseload,
    own_surname,
)

ZONE = zoneinfo.ZoneInfo("America/New_York")
ADA, BEN = uuid.uuid4(), uuid.uuid4()
FILES = [uuid.uuid4() for _ in range(60)]
MINUTE = datetime.timedelta(minutes=1)


def at(day: int, hour: int, minute: int = 0) -> datetime.datetime:
    """In March 2026; the 6th is a Friday."""
    return datetime.datetime(2026, 3, day, hour, minute, tzinfo=ZONE)


def opening(when, *numbers, person=ADA, people=True) -> Opening:
    files = frozenset(FILES[number] for number in numbers)
    return Opening(person, when, files, files if people else frozenset())


def test_more_than_twenty_files_in_an_hour():
    rows = [opening(at(4, 10) + number * 2 * MINUTE, number) for number in range(MOST_FILES_IN_AN_HOUR + 1)]
    assert many_in_an_hour(rows) == [Finding(ADA, 21, at(4, 10), at(4, 10, 40))]
    assert many_in_an_hour(rows[:-1]) == []


def test_the_same_files_again_and_files_over_many_hours_are_few():
    again = [opening(at(4, 10) + number * MINUTE, number % 3) for number in range(50)]
    slowly = [opening(at(4, 9) + number * 3 * MINUTE, number) for number in range(50)]
    two = [opening(at(4, 10) + number * MINUTE, number, person=(ADA, BEN)[number % 2]) for number in range(40)]
    assert many_in_an_hour(again) == many_in_an_hour(slowly) == many_in_an_hour(two) == []


def test_the_hour_is_any_sixty_minutes():
    rows = [opening(at(4, 10, 31) + number * 2 * MINUTE, number) for number in range(25)]
    assert many_in_an_hour(rows)[0].number == 25


def test_crowded_hours_of_each_person():
    def shown(*rows):
        return [(number, person, when, count) for number, (person, when, count) in enumerate(rows)]

    rows = [(ADA, at(4, 9), 50), (ADA, at(4, 10), 50), (BEN, at(4, 10), 50), (ADA, at(4, 10, 59), 50)]
    assert crowded_hours(shown(*rows), 99) == {1, 3}
    assert crowded_hours(shown(*rows), 100) == set()
    assert crowded_hours(shown(*rows, (ADA, at(4, 11), 1)), 50) == {1, 3, 4}


def test_surname_of_ones_own():
    namesakes = {ADA: frozenset({FILES[0], FILES[5]}), BEN: frozenset({FILES[1]})}
    rows = [opening(at(4, 10), 0, 1), opening(at(5, 10), 0), opening(at(4, 10), 0, person=BEN)]
    assert own_surname(rows, namesakes) == [Finding(ADA, 2, at(4, 10), at(5, 10), FILES[0])]
    assert own_surname(rows, {}) == []


def test_files_outside_the_caseload():
    rows = [opening(at(4, 10), number) for number in range(MOST_FILES_OUTSIDE_CASELOAD + 2)]
    own = {ADA: frozenset(FILES[:1])}
    assert outside_caseload(rows, own, frozenset({ADA})) == [Finding(ADA, 6, at(4, 10), at(4, 10))]
    assert outside_caseload(rows, {ADA: frozenset(FILES[:2])}, frozenset({ADA})) == []
    assert outside_caseload(rows, own, frozenset({BEN})) == []


def test_cases_of_people_who_take_no_part_yet_are_nobodys_caseload():
    rows = [opening(at(4, 10), number, people=False) for number in range(40)]
    assert outside_caseload(rows, {}, frozenset({ADA})) == []


@pytest.mark.parametrize("when", [at(6, 6, 59), at(6, 20), at(7, 12), at(8, 12), at(6, 0), at(6, 23, 59)])
def test_after_hours(when):
    rows = [opening(when, number) for number in range(MOST_FILES_AFTER_HOURS + 1)]
    assert after_hours(rows, {}) == [Finding(ADA, 4, when, when)]
    assert after_hours(rows[:-1], {}) == []


@pytest.mark.parametrize("when", [at(6, 7), at(6, 12), at(6, 19, 59), at(2, 9)])
def test_office_hours(when):
    assert after_hours([opening(when, number) for number in range(9)], {}) == []


def test_around_a_session_of_ones_own_the_evening_is_work():
    rows = [opening(at(6, 21, 30), number) for number in range(9)]
    session = [(at(6, 18), at(6, 20, 30))]
    assert after_hours(rows, {ADA: session}) == []
    assert len(after_hours(rows, {BEN: session})) == 1
    assert len(after_hours(rows, {ADA: [(at(5, 18), at(5, 20, 30))]})) == 1


def test_many_a_day():
    on_one = [(ADA, at(4, 9) + number * MINUTE) for number in range(11)]
    assert many_a_day(on_one, 10) == [Finding(ADA, 11, at(4, 9), at(4, 9, 10))]
    assert many_a_day(on_one[1:], 10) == []
    assert many_a_day([(ADA, at(3 + number % 2, 9)) for number in range(20)], 10) == []
    assert many_a_day([((ADA, BEN)[number % 2], at(3, 9)) for number in range(20)], 10) == []

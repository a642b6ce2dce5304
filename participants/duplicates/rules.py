"""How much two records look like one person or one case, 0 to 100, with the reasons in words. Plain values only.

Points are added: what the names share, the birth dates, the phone, the case number. Weighed against pairs whose truth
is known; `docs/intake.md` has the figures.
"""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import TextChoices
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from participants.referrals.rules import Status
from participants.vault.names import counting, full_name, sound
from participants.vault.tokens import Known, name_words, number_key, phone_key, swapped

# From here on a person is asked.
LINE = 70
SAME_NAME, LIKE_NAME, PART_OF_NAME, ONE_NAME = 60, 54, 50, 32
# A name of one word only tells less.
SINGLE_NAME, LIKE_SINGLE_NAME = 53, 45
# Added where two people of the track would hardly share the name by chance: that many, at most, could be expected.
RARE_NAME, RARE_CHANCE = 17, 0.03
SAME_BIRTH, SWAPPED_BIRTH, NEAR_BIRTH, NO_BIRTH = 42, 38, 34, 18
SAME_PHONE = 25
SAME_CASE = 70
# From here on two words are one, written differently; shorter words than this must be equal or sound alike.
NEAR_WORD = 0.7
SHORT_WORD = 3
NEAR_WHOLE = 92


@dataclass(frozen=True)
class Likeness:
    score: int
    reasons: tuple[str, ...]

    @property
    def asks(self) -> bool:
        """Whether a person has to decide."""
        return self.score >= LINE


def compare(one: Known, other: Known, *, chance: float = 1.0) -> Likeness:
    """How much two records look alike. `chance` is how many records of the track could be expected to have a name
    that sounds alike, though they are other people's; a name of which it is not known counts as a common one."""
    name = max((_names(a, b) for a in one.names for b in other.names), default=(0, ""))
    rare = chance <= RARE_CHANCE and name[0] >= LIKE_NAME
    findings = [
        name,
        (RARE_NAME, "a name that few have here") if rare else (0, ""),
        _births(one.born, other.born),
        _phones(one.phone, other.phone),
        _cases(one.numbers, other.numbers),
    ]
    return Likeness(
        score=min(sum(points for points, _ in findings), 100),
        reasons=tuple(reason for points, reason in findings if reason),
    )


def chance_of(counts: Iterable[int], records: int) -> float:
    """How many of some records have a name by chance of which so many have each word, if the words were drawn apart.

    >>> chance_of([180, 260], 5000), chance_of([10, 2], 5000)
    (9.36, 0.004)
    """
    expected = float(records)
    for count in counts:
        expected *= max(count, 1) / max(records, 1)
    return expected


def _names(one: str, other: str) -> tuple[int, str]:
    mine, theirs = counting(name_words(one)), counting(name_words(other))
    if not mine or not theirs:
        return 0, ""
    if len(mine) == len(theirs) == 1:
        return _single(mine, theirs)
    if mine == theirs:
        return SAME_NAME, "same name"
    if sorted(mine) == sorted(theirs):
        return SAME_NAME, "same name in another order"
    if fuzz.ratio("".join(mine), "".join(theirs)) >= NEAR_WHOLE:
        return LIKE_NAME, "names written almost the same"
    few, many = sorted((mine, theirs), key=len)
    alike, how = _pairs(few, many)
    if alike == len(many):
        return LIKE_NAME, _said(how)
    if alike == len(few) and alike > 1:
        return PART_OF_NAME, "one name is part of the other"
    if alike:
        return ONE_NAME, "one of the names is the same or nearly"
    return 0, ""


def _single(mine: list[str], theirs: list[str]) -> tuple[int, str]:
    alike, how = _pairs(mine, theirs)
    if not alike:
        return 0, ""
    return (SINGLE_NAME, "same name") if mine == theirs else (LIKE_SINGLE_NAME, _said(how))


def _pairs(few: list[str], many: list[str]) -> tuple[int, set[str]]:
    """How many words of a name find one of their own in the other, and in which ways."""
    rest, alike, how = list(many), 0, set()
    for test, way in WAYS:
        for word in list(few):
            if found := next((candidate for candidate in rest if test(word, candidate)), None):
                rest.remove(found)
                few = [left for left in few if left is not word]
                alike += 1
                how.add(way)
    return alike, how


def _near(one: str, other: str) -> bool:
    return (
        min(len(one), len(other)) > SHORT_WORD
        and OSA.normalized_similarity(one, other, score_cutoff=NEAR_WORD) >= NEAR_WORD
    )


def _initial(one: str, other: str) -> bool:
    return one[0] == other[0] and 1 in (len(one), len(other))


WAYS: tuple[tuple[Callable[[str, str], bool], str], ...] = (
    (lambda one, other: one == other, ""),
    (lambda one, other: full_name(one) == full_name(other), "a nickname of the same name"),
    (lambda one, other: sound(one) == sound(other), "names sound alike"),
    (_near, "names written almost the same"),
    (_initial, "an initial that fits"),
)


def _said(how: set[str]) -> str:
    """The weakest of the ways in which the words agree says it."""
    return next(way for _, way in reversed(WAYS) if way in how)


def _births(one: datetime.date | None, other: datetime.date | None) -> tuple[int, str]:
    if one is None or other is None:
        return NO_BIRTH, "a birth date is not known"
    if one == other:
        return SAME_BIRTH, "same birth date"
    if other == swapped(one):
        return SWAPPED_BIRTH, "day and month of the birth date swapped"
    if OSA.distance(f"{one:%Y%m%d}", f"{other:%Y%m%d}") <= 1:
        return NEAR_BIRTH, "birth dates differ in one digit"
    return 0, ""


def _phones(one: str, other: str) -> tuple[int, str]:
    key = phone_key(one)
    return (SAME_PHONE, "same phone") if key and key == phone_key(other) else (0, "")


def _cases(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[int, str]:
    shared = {number_key(number) for number in one} & {number_key(number) for number in other} - {""}
    return (SAME_CASE, "same case number") if shared else (0, "")


class SameAs(TextChoices):
    """What a person decided about two records that look alike."""

    SAME_CASE = "same_case", "The same case, received twice"
    SAME_PERSON = "same_person", "The same person, another case"
    DIFFERENT = "different", "Different people"


def merge_refusal(*, kept: str, absorbed: str) -> str | None:
    """Why of two cases one cannot become part of the other, by where they stand; None if it can."""
    if kept in (Status.STOPPED, Status.HANDED_OFF):
        return "The case to keep is stopped because the person is under 18. That has to be settled first."
    if kept == Status.MERGED:
        return "The case to keep is part of another one already. Compare that one."
    if absorbed != Status.RECEIVED:
        return (
            f"The other case stands at “{Status(absorbed).label}” already. Only one that nothing was done with yet "
            "can become part of another."
        )
    return None

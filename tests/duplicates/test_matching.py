"""How much two records look alike: points and reasons, on plain values."""

import datetime

import pytest

from participants.duplicates.rules import LINE, compare
from participants.vault.names import NICKNAMES, full_name
from participants.vault.tokens import Known

BORN = datetime.date(1990, 5, 7)


def known(name: str, born=BORN, phone: str = "", number: str = "") -> Known:
    return Known((name,), (number,), born, phone)


@pytest.mark.parametrize(
    ("one", "other", "score", "reasons"),
    [
        (known("José Hernández"), known("HERNANDEZ, Jose"), 100, ("same name in another order", "same birth date")),
        (known("Bob Keller"), known("Robert Keller"), 96, ("a nickname of the same name", "same birth date")),
        (known("Lupita Cruz"), known("Guadalupe Cruz"), 96, ("a nickname of the same name", "same birth date")),
        (known("Catherine Filips"), known("Kathryn Phillips"), 96, ("names sound alike", "same birth date")),
        (known("Ana de la Cruz"), known("Ana Cruz"), 100, ("same name", "same birth date")),
        (known("J. Keller"), known("Jonas Keller"), 96, ("an initial that fits", "same birth date")),
        (
            known("Ana Cruz"),
            known("Ana Cruz", datetime.date(1990, 7, 5)),
            98,
            ("same name", "day and month of the birth date swapped"),
        ),
        (
            known("Ana Cruz"),
            known("Ana Cruz", datetime.date(1980, 5, 7)),
            94,
            ("same name", "birth dates differ in one digit"),
        ),
        (known("Ana Cruz"), known("Ana Cruz", None), 78, ("same name", "a birth date is not known")),
        (known("Ana Cruz"), known("Ana Cruz", datetime.date(1971, 11, 30)), 60, ("same name",)),
        (
            known("María José Cruz"),
            known("Maria Cruz"),
            92,
            ("one name is part of the other", "same birth date"),
        ),
        (known("Ana Cruz"), known("Ana Palmer"), 74, ("one of the names is the same or nearly", "same birth date")),
        (known("Ana Cruz"), known("Luz Palmer"), 42, ("same birth date",)),
        (
            known("Ana Cruz", phone="(305) 555-0101"),
            known("Luz Palmer", phone="+1 305 5550101"),
            67,
            ("same birth date", "same phone"),
        ),
        (
            known("Ana Cruz", number="F26-0012"),
            known("Luz Palmer", datetime.date(1971, 11, 30), number="f26 0012"),
            70,
            ("same case number",),
        ),
        (known("Ana Cruz"), known("Luz Palmer", datetime.date(1971, 11, 30)), 0, ()),
    ],
)
def test_score_and_reasons(one, other, score, reasons):
    like = compare(one, other)
    assert (like.score, like.reasons) == (score, reasons)
    assert compare(other, one) == like


def test_a_rare_name_weighs_more_than_a_common_one():
    one, other = known("Ana Fenwhistle"), known("Ana Fenwhistle", datetime.date(1971, 11, 30))
    rare, common = compare(one, other, chance=0.01), compare(one, other, chance=0.3)
    assert (rare.asks, rare.reasons) == (True, ("same name", "a name that few have here"))
    assert (common.asks, common.reasons) == (False, ("same name",))


def test_the_best_of_several_names_counts():
    one = Known(("Robert Keller", "Ana Cruz"), (), BORN)
    assert compare(one, known("Ana Cruz")).reasons == ("same name", "same birth date")


def test_every_nickname_leads_to_one_full_name():
    for full, nicknames in NICKNAMES.items():
        assert full_name(full) == full
        assert all(full_name(nickname) in NICKNAMES for nickname in nicknames.split())
    assert LINE == 70

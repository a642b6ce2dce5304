"""Cells of an export: shown as text by a spreadsheet, never run."""

import pytest

from participants.reports.formats import harmless
from tests.shared_data import shared_data

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\tx")
FULL_WIDTH = ("＝1+1", "＋1", "－1", "＠SUM(A1)", "﹢1", "﹣1", "﹫x")
BEFORE = (" ", "  ", "\u00a0", "\u200b", "\ufeff", "\u3000", "\u2060", "\u200e", " \u200b\t", "\x00")


@pytest.mark.parametrize("cell", [*FORMULAS, *FULL_WIDTH, *(f"{before}=1+1" for before in BEFORE)], ids=ascii)
def test_cell_that_begins_like_a_formula_is_text(cell):
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize(
    "cell", ["Police", "A=B", "10-4", "½", "", " ", "\u200b", "'=1", "田中", "’s court", "a\u200b=1"]
)
def test_other_text_stays_as_it_is(cell):
    assert harmless(cell) == cell


def test_figures_and_nothing():
    assert (harmless(-1), harmless(0.5), harmless(None)) == (-1, 0.5, "")


@pytest.mark.shared_data
@pytest.mark.parametrize("before", ["", " ", "\ufeff"], ids=ascii)
def test_known_payloads_are_text(before):
    payloads = shared_data("payloads/csv-injection.txt").read_text(encoding="utf-8").splitlines()
    assert len(payloads) >= 6
    for payload in payloads:
        cell = before + payload
        # One of them begins with a letter, which no spreadsheet takes for a formula.
        assert harmless(cell) == (cell if payload[0].isalpha() else f"'{cell}")

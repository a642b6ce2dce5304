"""The demand table: sums of what is known, this track's own cases, safe cells, on record."""

import csv
import datetime
import io

import pytest
import time_machine

from participants.audit.models import Event
from participants.models import Referral
from participants.operations.actions import add_operation
from participants.referrals.case import NewOperation
from participants.reports.demand import COLUMNS, demand_of
from participants.tracks.scope import in_track
from tests import builders
from tests.statements import exactly
from tests.words import text_of

TODAY = datetime.date(2026, 4, 1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel("2026-04-01T13:00:00Z", tick=False) as traveller:
        yield traveller


def add(cast, name, held_on=builders.RECEIVED, track=None, **counts):
    track = track or cast.education
    by = builders.staff(cast, track, "manager")
    values = {"agency": "County Police", "place_kind": "", "calls": None, "came": None} | counts
    values = {"arrested": None, "referred": None} | values
    with in_track(track, by=by, write=True):
        return add_operation(name=name, held_on=held_on, **values, today=TODAY, by=by)


def from_operation(row):
    return {"operation": NewOperation(row.agency, row.name, row.held_on)}


def make_year(cast):
    """Two operations of 2026, one of them half counted, and one of another year."""
    first = add(cast, "First Night", calls=200, came=80, arrested=60, referred=50)
    second = add(cast, "Second Night", held_on=datetime.date(2026, 2, 1), calls=10, arrested=0)
    add(cast, "Old Night", held_on=datetime.date(2025, 2, 1), calls=1, came=1, arrested=1, referred=1)
    builders.make_referral(cast, cast.education, **from_operation(first))
    builders.make_enrollment(cast, cast.education, **from_operation(first))
    merged = builders.make_referral(cast, cast.education, **from_operation(second))
    kept = builders.make_referral(cast, cast.education, **from_operation(second))
    with in_track(cast.education, write=True):
        Referral.objects.filter(pk=merged.pk).update(status="merged", merged_into=kept)
    return first, second


def table(cast, year=2026, track=None):
    with in_track(track or cast.education):
        return demand_of(year)


def test_lines_and_totals(cast):
    make_year(cast)
    demand = table(cast)
    assert [(line.operation.name, line.counts) for line in demand.lines] == [
        ("Second Night", (10, None, 0, None, 1, 0)),
        ("First Night", (200, 80, 60, 50, 2, 1)),
    ]
    assert [(total.name, total.value, total.known, total.of) for total in demand.totals] == [
        ("calls", 210, 2, 2),
        ("came", 80, 1, 2),
        ("arrested", 60, 2, 2),
        ("referred", 50, 1, 2),
        ("received", 3, 2, 2),
        ("placed", 1, 2, 2),
    ]
    assert [total.name for total in demand.left_out] == ["came", "referred"]


def test_a_count_known_of_no_operation_has_no_sum(cast):
    add(cast, "Quiet Night")
    assert dict(zip(COLUMNS, [total.value for total in table(cast).totals], strict=True)) == {
        "calls": None,
        "came": None,
        "arrested": None,
        "referred": None,
        "received": 0,
        "placed": 0,
    }


def test_a_year_without_operations(cast):
    assert [total.value for total in table(cast, 1999).totals] == [0] * 6
    page = cast.client("education_manager").get(cast.url(cast.education, "demand"))
    assert "No operation in this year" in text_of(page)


def test_the_other_track_counts_its_own(cast):
    make_year(cast)
    row = add(cast, "First Night", track=cast.services, arrested=7)
    builders.make_referral(cast, cast.services, **from_operation(row))
    (line,) = table(cast, track=cast.services).lines
    assert line.counts == (None, None, 7, None, 1, 0)


def test_the_page_has_a_caption_totals_and_a_word_about_what_is_left_out(cast):
    make_year(cast)
    page = cast.client("education_manager").get(cast.url(cast.education, "demand"))
    text = text_of(page)
    assert "Operations of 2026, earliest first" in text
    assert "Total 210 80 60 50 3 1" in text
    assert "“Came” is known of 1 of 2 operations." in text
    assert "Old Night" not in text
    older = cast.client("education_manager").get(cast.url(cast.education, "demand") + "?year=2025")
    assert "Old Night" in text_of(older)
    assert "left out" not in text_of(older)


@pytest.mark.parametrize("asked", ["x", "²", "1", "99999999999999999999"])
def test_a_year_that_is_not_there_asks_for_the_newest(cast, asked):
    make_year(cast)
    page = cast.client("education_manager").get(cast.url(cast.education, "demand") + f"?year={asked}")
    assert "Demand by operation, 2026" in text_of(page)


def test_csv_is_safe_and_on_record(cast):
    add(cast, '=HYPERLINK("http://x")', calls=5)
    page = cast.client("education_manager").get(cast.url(cast.education, "demand") + "?year=2026&format=csv")
    assert page["Content-Disposition"] == 'attachment; filename="demand-2026.csv"'
    assert list(csv.reader(io.StringIO(page.text))) == [
        ["date", "operation", "agency", "place_kind", *COLUMNS],
        ["2026-03-02", '\'=HYPERLINK("http://x")', "County Police", "", "5", *["not known"] * 3, "0", "0"],
        ["Total", "", "", "", "5", *["not known"] * 3, "0", "0"],
        ["Operations counted", "", "", "", "1", "0", "0", "0", "1", "1"],
    ]
    with in_track(cast.education):
        event = Event.objects.get(action="report.exported")
        assert event.detail == {"report": "demand", "format": "csv", "year": 2026, "audience": "internal"}


@pytest.mark.parametrize("number", [1, 3])
def test_two_statements_for_any_number_of_operations(cast, number):
    for extra in range(number):
        add(cast, f"Night {extra}", calls=extra)
    with in_track(cast.education), exactly(2):
        assert len(demand_of(2026).lines) == number


def test_who_may_not_read_figures(cast):
    assert cast.client("education_intake_clerk").get(cast.url(cast.education, "demand")).status_code == 403

"""The page of the completion report."""

import csv
import io
import re

import pytest
import time_machine

from participants.audit.models import Event
from participants.tracks.scope import in_track
from tests.reports.facts import START, Case, worked_example, write
from tests.statements import exactly
from tests.words import text_of

APRIL = "2026-04-05 16:00Z"


@pytest.fixture
def manager(cast):
    return cast.client("education_manager")


@pytest.fixture
def url(cast):
    return cast.url(cast.education, "reports")


@pytest.fixture
def example(cast):
    with in_track(cast.education, write=True):
        write(worked_example(), by=cast.education_caseworker)


@time_machine.travel(APRIL)
def test_opens_with_the_exits_of_the_last_quarter(example, manager, url):
    response = manager.get(url)
    assert response.status_code == 200
    text = text_of(response)
    assert "January 1, 2026 to March 31, 2026, both days included. As of April 5, 2026." in text
    assert "79.2 % 38 / 48: completed / (completed + terminated + withdrew); neutral exits left out" in text
    assert "86.4 % 38 / 44" in text
    assert "76.0 % 38 / 50" in text
    assert "0 + 68 = 50 + 18" in text
    assert "Days in diversion of 50 exits: median 49.5, nine of ten within 69." in text
    assert "Internal: contains small groups." in text
    assert "Nobody declined." not in text


@time_machine.travel(APRIL)
def test_entry_cohort_by_source(example, manager, url):
    text = text_of(manager.get(url, {"cohort": "entry", "by": "source"}))
    assert "55.9 % 38 / 68: completed / all placed in the period" in text
    assert "By source" in text
    for name in ("Court", "Office", "Police", "Total"):
        assert name in text


@time_machine.travel(APRIL)
def test_chart_says_what_its_table_says(example, manager, url):
    page = manager.get(url).text
    charts = re.findall(r"<svg viewBox.*?</svg>", page, flags=re.DOTALL)
    assert len(charts) == 2
    assert re.findall(r"font-weight=\"600\">(\d+)</text>", charts[0]) == ["120", "110", "80", "78", "10", "68"]
    assert re.findall(r"font-weight=\"600\">(\d+)</text>", charts[1]) == ["38", "6", "4", "2"]
    widths = [int(width) for width in re.findall(r"<rect [^>]*width=\"(\d+)\"", charts[0])]
    assert widths == [round(280 * count / 120) for count in (120, 110, 80, 78, 10, 68)]
    assert all(" style=" not in chart for chart in charts)


@time_machine.travel(APRIL)
def test_nobody_declining_is_flagged(cast, manager, url):
    with in_track(cast.education, write=True):
        write([Case(START, reach="placed")], by=cast.education_caseworker)
    assert "Nobody declined." in text_of(manager.get(url))


def test_track_that_terminates_nobody_has_no_such_row(cast):
    page = cast.client("services_manager").get(cast.url(cast.services, "reports"), {"by": "source"}).text
    assert "How stays ended" in page
    assert ">Terminated<" not in page


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"from": "2026-13-01"}, "Enter a valid date."),
        ({"from": "2026-04-01", "to": "2026-03-31"}, "The last day comes after the first."),
        ({"to": ""}, "This field is required."),
        ({"cohort": "all"}, "Select a valid choice."),
        ({"by": "name"}, "Select a valid choice."),
    ],
)
@pytest.mark.parametrize("form", ["", "csv"])
def test_bad_choice_shows_the_form_again(cast, manager, url, asked, message, form):
    response = manager.get(url, {**asked, "format": form})
    assert response.status_code == 422
    assert message in text_of(response)
    if asked.get("from"):
        assert f'value="{asked["from"]}"' in response.text
    with in_track(cast.education):
        assert not Event.objects.filter(action="report.exported").exists()


@time_machine.travel(APRIL)
def test_csv_has_the_figures_of_the_page_and_is_on_record(cast, example, manager, url):
    page = manager.get(url, {"by": "source"}).text
    link = re.search(r'href="(\?[^"]*format=csv[^"]*)"', page)[1].replace("&amp;", "&")
    response = manager.get(url + link)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="completion-exit-2026-01-01-2026-03-31.csv"'
    lines = list(csv.DictReader(io.StringIO(response.text)))
    assert [(line["group"], line["referred"]) for line in lines] == [
        ("Court", "87"),
        ("Office", "16"),
        ("Police", "17"),
        ("Total", "120"),
    ]
    with in_track(cast.education):
        (event,) = Event.objects.filter(action="report.exported")
    assert event.actor_id == cast.education_manager.pk
    assert event.detail["from"] == "2026-01-01"


@pytest.mark.parametrize("member", ["education_caseworker", "education_liaison", "education_administrator"])
def test_figures_are_for_the_manager(cast, url, member):
    assert cast.client(member).get(url).status_code == 403


def test_figures_of_the_other_track_do_not_exist(cast, manager):
    assert manager.get(cast.url(cast.services, "reports")).status_code == 404


@time_machine.travel(APRIL)
def test_page_has_a_fixed_number_of_statements(cast, manager, url):
    """Session, user, grants; five statements of the report; the event of the reading."""
    with in_track(cast.education, write=True):
        write([Case(START, reach="placed")], by=cast.education_caseworker)
    manager.get(url, {"by": "source"})
    for sources in ((), ("Police", "Office")):
        with in_track(cast.education, write=True):
            write([Case(START, reach="placed", source=source) for source in sources], by=cast.education_caseworker)
        with exactly(9):
            manager.get(url, {"by": "source"})

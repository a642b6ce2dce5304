"""`manage.py report completion`: what it prints, and the codes it ends with."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command

from participants.audit.models import Event
from participants.management.commands.report import Command
from participants.tracks.scope import in_track
from tests.reports.facts import START, Case, worked_example, write

ASKED = {
    "--program": "harbor",
    "--track": "education",
    "--from": "2026-01-01",
    "--to": "2026-03-31",
    "--cohort": "exit",
}
RATES = ("success_rate", "success_rate_without_withdrawals", "rate_of_closed")
FIGURES = [
    "referred",
    "screened",
    "eligible",
    "offered",
    "declined",
    "placed",
    "completed",
    "terminated",
    "withdrew",
    "neutral",
    "active",
    "active_at_start",
    "active_at_end",
    *RATES,
    "days_in_diversion",
]


def run(**changes) -> tuple[int, str, str]:
    """Exit code, standard output, standard error; a keyword `by` stands for --by, None leaves the argument out."""
    asked = {**ASKED, **{f"--{name.rstrip('_')}": value for name, value in changes.items()}}
    arguments = [word for name, value in asked.items() if value is not None for word in (name, value)]
    out, err = io.StringIO(), io.StringIO()
    command = Command(stdout=out, stderr=err)
    command._called_from_command_line = True
    code = 0
    try:
        call_command(command, "completion", *arguments)
    except SystemExit as end:
        code = end.code
    except CommandError as error:
        code = error.returncode
        err.write(str(error))
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def example(cast):
    with in_track(cast.education, write=True):
        write(worked_example(), by=cast.education_caseworker)
    return cast


@time_machine.travel("2026-04-05 16:00Z")
def test_json_in_the_shape_that_is_fixed(example):
    code, out, err = run(by="source")
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert {key: report[key] for key in report if key not in {"groups", "total"}} == {
        "program": "harbor",
        "track": "education",
        "cohort": "exit",
        "from": "2026-01-01",
        "to": "2026-03-31",
        "as_of": "2026-04-05",
        "audience": "internal",
        "by": "source",
    }
    assert list(report["total"]) == FIGURES
    assert [list(group) for group in report["groups"]] == [["group", *FIGURES]] * 3
    assert [group["group"] for group in report["groups"]] == ["Court", "Office", "Police"]
    assert [group["completed"] for group in report["groups"]] == [13, 12, 13]
    total = report["total"]
    assert {key: total[key] for key in FIGURES if key not in {*RATES, "days_in_diversion"}} == {
        "referred": 120,
        "screened": 110,
        "eligible": 80,
        "offered": 78,
        "declined": 10,
        "placed": 68,
        "completed": 38,
        "terminated": 6,
        "withdrew": 4,
        "neutral": 2,
        "active": 18,
        "active_at_start": 0,
        "active_at_end": 18,
    }
    assert [(total[name]["value"], total[name]["numerator"], total[name]["denominator"]) for name in RATES] == [
        (0.7917, 38, 48),
        (0.8636, 38, 44),
        (0.7917, 38, 48),
    ]
    assert all(isinstance(total[name]["formula"], str) for name in RATES)
    assert total["days_in_diversion"] == {"median": 49.5, "p90": 69, "n": 50}


def test_entry_cohort_divides_by_all_placed(example):
    _, out, _ = run(cohort="entry")
    report = json.loads(out)
    assert report["by"] is None
    assert report["groups"] == []
    assert report["total"]["success_rate"] == {
        "value": 0.5588,
        "numerator": 38,
        "denominator": 68,
        "formula": "completed / all placed in the period",
    }


def test_rate_of_nothing_is_null(cast):
    _, out, _ = run()
    assert json.loads(out)["total"]["success_rate"]["value"] is None
    assert json.loads(out)["total"]["days_in_diversion"] == {"median": None, "p90": None, "n": 0}


def test_csv_has_a_line_per_group_and_the_total(example):
    code, out, _ = run(by="source", format="csv")
    assert code == 0
    lines = list(csv.DictReader(io.StringIO(out)))
    assert [line["group"] for line in lines] == ["Court", "Office", "Police", "Total"]
    assert {line["cohort"] for line in lines} == {"exit"}
    assert lines[-1]["success_rate_value"] == "0.7917"
    assert lines[-1]["success_rate_numerator"] == "38"
    assert lines[-1]["days_in_diversion_median"] == "49.5"


@pytest.mark.parametrize("source", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)"])
def test_csv_cell_is_no_formula(cast, source):
    with in_track(cast.education, write=True):
        write([Case(START, source=source)], by=cast.education_caseworker)
    _, out, _ = run(by="source", format="csv")
    assert next(csv.DictReader(io.StringIO(out)))["group"] == f"'{source}"


@time_machine.travel("2026-04-01 03:30Z")
def test_as_of_is_the_local_day(cast):
    """Half past eleven at night in New York; in London it is April already."""
    _, out, _ = run()
    assert json.loads(out)["as_of"] == "2026-03-31"


def test_export_is_on_record_in_the_track(cast):
    run(by="source", format="csv")
    with in_track(cast.education):
        (event,) = Event.objects.filter(action="report.exported")
    assert event.actor_id is None
    assert event.detail == {
        "report": "completion",
        "format": "csv",
        "cohort": "exit",
        "from": "2026-01-01",
        "to": "2026-03-31",
        "by": "source",
        "audience": "internal",
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"by": "shoe_size"},
        {"cohort": "all"},
        {"cohort": None},
        {"from_": "01/02/2026"},
        {"from_": "2026-04-01"},
        {"to": None},
        {"track": "both"},
        {"program": "nowhere"},
        {"format": "pdf"},
        {"audience": "external"},
        {"audience": "press"},
    ],
    ids=str,
)
def test_wrong_usage_ends_with_2_and_prints_nothing(cast, capsys, wrong):
    code, out, err = run(**wrong)
    assert (code, out) == (2, "")
    assert err or capsys.readouterr().err
    with in_track(cast.education):
        assert not Event.objects.filter(action="report.exported").exists()


def test_external_audience_is_refused_in_words(cast):
    assert run(audience="external")[2] == (
        "A report for outside needs its small groups hidden, which this version does not do. "
        "Only --audience internal is possible."
    )


def test_exit_code_of_the_process():
    manage = Path(__file__).parent.parent.parent / "manage.py"
    arguments = [word for pair in ASKED.items() for word in pair]
    ended = subprocess.run(
        [sys.executable, manage, "report", "completion", *arguments, "--audience", "external"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "small groups hidden" in ended.stderr

"""The completion report as JSON and CSV: one set of names for page, command and export."""

import csv
import io
import json
import unicodedata
from decimal import Decimal

from participants.reports.queries import Report
from participants.reports.rules import (
    Counts,
    Rate,
    days_in_diversion,
    rate_of_closed,
    success_rate,
    success_rate_without_withdrawals,
)

COUNTS = (
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
)
# A spreadsheet takes a cell that begins so for a formula (OWASP, "CSV Injection"), some of them also when blanks or
# invisible characters stand before it, or when it is written in full width.
FORMULA_STARTS = ("=", "+", "-", "@")
CONTROLS = ("\t", "\r", "\n")


def rates(counts: Counts, cohort: str) -> dict[str, Rate]:
    return {
        "success_rate": success_rate(counts, cohort),
        "success_rate_without_withdrawals": success_rate_without_withdrawals(counts, cohort),
        "rate_of_closed": rate_of_closed(counts),
    }


def as_dict(report: Report, *, audience: str) -> dict:
    """The report in the shape that other programs read."""
    return {
        "program": report.track.program.slug,
        "track": report.track.kind,
        "cohort": report.cohort,
        "from": report.start.isoformat(),
        "to": report.end.isoformat(),
        "as_of": report.as_of.isoformat(),
        "audience": audience,
        "by": report.by or None,
        "groups": [{"group": group.name, **_figures(group.counts, report.cohort)} for group in report.groups],
        "total": _figures(report.total, report.cohort),
    }


def as_json(report: Report, *, audience: str) -> str:
    return json.dumps(as_dict(report, audience=audience), ensure_ascii=False, indent=2)


def as_csv(report: Report, *, audience: str) -> str:
    """One line per group and one for the total; every line says what it is of."""
    whole = as_dict(report, audience=audience)
    about = {key: value for key, value in whole.items() if key not in {"groups", "total"}}
    lines = [_flat({**about, **figures}) for figures in (*whole["groups"], {"group": "Total", **whole["total"]})]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(lines[0]))
    writer.writeheader()
    writer.writerows({name: harmless(value) for name, value in line.items()} for line in lines)
    return text.getvalue()


def harmless(value) -> object:
    """A cell that a spreadsheet shows as text and never runs."""
    if isinstance(value, str) and (value.startswith(CONTROLS) or _first_seen(value) in FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value


def _first_seen(text: str) -> str:
    """The first character that is neither a blank nor invisible, in its plain form; "" when there is none."""
    plain = unicodedata.normalize("NFKC", text)
    return next((char for char in plain if unicodedata.category(char)[0] not in "CZ"), "")


def _figures(counts: Counts, cohort: str) -> dict:
    days = days_in_diversion(counts.days)
    return {
        **{name: getattr(counts, name) for name in COUNTS},
        **{
            name: {
                "value": _number(rate.value),
                "numerator": rate.numerator,
                "denominator": rate.denominator,
                "formula": rate.formula,
            }
            for name, rate in rates(counts, cohort).items()
        },
        "days_in_diversion": {"median": _number(days.median), "p90": days.p90, "n": days.n},
    }


def _number(value: Decimal | None) -> int | float | None:
    """A number as JSON knows it: exact for at most four places."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() and value.as_tuple().exponent == 0 else float(value)


def _flat(figures: dict) -> dict:
    """Nested figures side by side: success_rate_value, success_rate_numerator, …"""
    line = {}
    for name, value in figures.items():
        if isinstance(value, dict):
            line |= {f"{name}_{part}": of_part for part, of_part in value.items()}
        else:
            line[name] = value
    return line

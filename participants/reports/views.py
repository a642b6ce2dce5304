"""The completion report as a page and as a file."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from participants.access.fresh import fresh_file
from participants.access.gate import requires
from participants.operations.queries import operation_years
from participants.reports.actions import export_completion
from participants.reports.charts import bar_chart
from participants.reports.demand import HEADINGS, Demand, demand_of, export_demand
from participants.reports.equity import Equity, equity_of, export_equity
from participants.reports.formats import rates
from participants.reports.forms import DaysForm, PeriodForm
from participants.reports.queries import Report, completion_report
from participants.reports.rules import (
    Cohort,
    Counts,
    days_in_diversion,
    last_quarter,
    nobody_declined,
    rate_of_all_exits,
)
from participants.reports.voluntariness import export_voluntariness, voluntariness_of
from participants.staff.permissions import Permission
from participants.web.clock import today
from participants.web.forms import page_status


@require_GET
@requires(Permission.VIEW_REPORTS)
@fresh_file
def reports(request):
    start, end = last_quarter(today())
    asked = {"from": start.isoformat(), "to": end.isoformat(), "cohort": Cohort.EXIT.value, "by": ""}
    asked |= {name: value for name, value in request.GET.items() if name in asked}
    form = PeriodForm(asked, user=request.user, track=request.track)
    if not form.is_valid():
        return render(request, "reports/completion.html", {"form": form}, status=page_status(form))
    report = completion_report(
        track=request.track,
        start=form.cleaned_data["from"],
        end=form.cleaned_data["to"],
        cohort=form.cleaned_data["cohort"],
        by=form.cleaned_data["by"],
        as_of=today(),
    )
    if request.GET.get("format") == "csv":
        return _download(report, request.user)
    query = request.GET.copy()
    query.update({"format": "csv"})
    return render(
        request,
        "reports/completion.html",
        {"form": form, "report": report, "csv_url": f"?{query.urlencode()}", **_shown(report, request.track.rules)},
    )


def _download(report: Report, user) -> HttpResponse:
    text = export_completion(report=report, form="csv", audience="internal", by=user)
    name = f"completion-{report.cohort}-{report.start}-{report.end}.csv"
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _shown(report: Report, track_rules) -> dict:
    total = report.total
    funnel = [
        ("Referred", total.referred, "cases received in the period"),
        ("Screened", total.screened, "cases screened in the period"),
        ("Eligible", total.eligible, "of those screened"),
        ("Offered", total.offered, "cases offered the program in the period"),
        ("Declined", total.declined, "cases declined in the period"),
        ("Placed", total.placed, "stays begun in the period"),
    ]
    exits = [
        (label, getattr(total, name))
        for name, label in (
            ("completed", "Completed"),
            ("terminated", "Terminated"),
            ("withdrew", "Withdrew"),
            ("neutral", "Neutral"),
        )
        if name in track_rules.exit_types
    ]
    return {
        "rates": _named_rates(total, report.cohort),
        "funnel": funnel,
        "funnel_chart": bar_chart([(label, value) for label, value, _ in funnel]),
        "exits": exits,
        "exits_chart": bar_chart(exits),
        "days": days_in_diversion(total.days),
        "nobody_declined": nobody_declined(total),
        "groups": [
            {
                "name": group.name,
                "counts": group.counts,
                "rate": rates(group.counts, report.cohort)["success_rate"],
                "days": days_in_diversion(group.counts.days),
            }
            for group in report.groups
        ],
        "entry": report.cohort == Cohort.ENTRY,
        "may_terminate": track_rules.may_terminate,
    }


def _named_rates(total: Counts, cohort: str) -> list[tuple]:
    of = rates(total, cohort)
    named = [
        ("Success rate", of["success_rate"]),
        ("Success rate without withdrawals", of["success_rate_without_withdrawals"]),
        ("Rate of all exits", rate_of_all_exits(total)),
    ]
    # In the exit cohort the rate of closed stays is the success rate itself.
    return [*named, ("Rate of closed stays", of["rate_of_closed"])] if cohort == Cohort.ENTRY else named


@require_GET
@requires(Permission.VIEW_REPORTS)
@fresh_file
def demand(request):
    """What the operations of a year counted, and what of it came here; without a year, of the newest that has any."""
    years = operation_years()
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdecimal() and int(asked) in years else next(iter(years), today().year)
    table = demand_of(year)
    if request.GET.get("format") == "csv":
        return _download_demand(table, request.user)
    context = {
        "table": table,
        "years": years or [year],
        "headings": HEADINGS.values(),
        "left_out": [(HEADINGS[total.name], total) for total in table.left_out],
    }
    return render(request, "reports/demand.html", context)


def _download_demand(table: Demand, user) -> HttpResponse:
    return HttpResponse(
        export_demand(demand=table, by=user),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="demand-{table.year}.csv"'},
    )


@require_GET
@requires(Permission.VIEW_REPORTS)
@fresh_file
def equity(request):
    """The cases screened in a period, by self-reported group."""
    start, end = last_quarter(today())
    asked = {"from": start.isoformat(), "to": end.isoformat()}
    asked |= {name: value for name, value in request.GET.items() if name in asked}
    form = DaysForm(asked, user=request.user, track=request.track)
    if not form.is_valid():
        return render(request, "reports/equity.html", {"form": form}, status=page_status(form))
    tables = equity_of(start=form.cleaned_data["from"], end=form.cleaned_data["to"], as_of=today())
    if request.GET.get("format") == "csv":
        return _download_equity(tables, request.user)
    query = request.GET.copy()
    query.update({"format": "csv"})
    context = {"form": form, "equity": tables, "csv_url": f"?{query.urlencode()}"}
    return render(request, "reports/equity.html", context)


def _download_equity(tables: Equity, user) -> HttpResponse:
    return HttpResponse(
        export_equity(equity=tables, by=user),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="equity-{tables.start}-{tables.end}.csv"'},
    )


@require_GET
@requires(Permission.VIEW_REPORTS)
@fresh_file
def voluntariness(request):
    """How the offers of a period were made and answered; names nobody."""
    start, end = last_quarter(today())
    asked = {"from": start.isoformat(), "to": end.isoformat()}
    asked |= {name: value for name, value in request.GET.items() if name in asked}
    form = DaysForm(asked, user=request.user, track=request.track)
    if not form.is_valid():
        return render(request, "reports/voluntariness.html", {"form": form}, status=page_status(form))
    panel = voluntariness_of(start=form.cleaned_data["from"], end=form.cleaned_data["to"], as_of=today())
    if request.GET.get("format") == "csv":
        return HttpResponse(
            export_voluntariness(panel=panel, by=request.user),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="voluntariness-{panel.start}-{panel.end}.csv"'},
        )
    query = request.GET.copy()
    query.update({"format": "csv"})
    context = {"form": form, "panel": panel, "csv_url": f"?{query.urlencode()}"}
    return render(request, "reports/voluntariness.html", context)

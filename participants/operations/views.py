"""Pages of operations."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.audit.actions import shown
from participants.errors import ProgramError
from participants.operations import queries
from participants.operations.actions import COUNTS, AlreadyRecorded, OperationChanged, add_operation, change_operation
from participants.operations.forms import OperationEditForm, OperationForm
from participants.operations.models import Operation
from participants.staff.permissions import Permission
from participants.web.clock import today
from participants.web.forms import page_status, posted
from participants.web.paging import page_of
from participants.web.urls import track_url


@require_GET
@requires(Permission.VIEW_REFERRALS)
def operations(request):
    """The operations of one year, the newest one with an operation unless another is asked for."""
    years = queries.operation_years()
    year = chosen_year(request.GET.get("year", ""), years)
    page = page_of(queries.operations_of(year), request, order="-held_on")
    return render(request, "operations/operations.html", {"years": years, "year": year, "page": page})


def chosen_year(text: str, years: list[int]) -> int | None:
    """The year that an address asks for; one that is not there asks for the newest."""
    if text.isdecimal() and int(text) in years:
        return int(text)
    return years[0] if years else None


@require_http_methods(["GET", "POST"])
@requires(Permission.RECEIVE_REFERRALS)
def operation_new(request):
    form = OperationForm(posted(request), user=request.user, track=request.track)
    same = None
    if request.method == "POST" and form.is_valid():
        try:
            row = add_operation(row_id=form.row_id, **form.values(), today=today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
            same = error.operation if isinstance(error, AlreadyRecorded) else None
        else:
            messages.success(request, "The operation is recorded.")
            return redirect(track_url("operation", pk=row.pk))
    context = {"form": form, "operation": None, "same": same, "conflicts": [], "agencies": agencies()}
    return render(request, "operations/operation_form.html", context, status=page_status(form))


def agencies() -> list[str]:
    """Agencies that operations are recorded of, to choose from."""
    return list(Operation.objects.order_by("agency").values_list("agency", flat=True).distinct())


@require_GET
@requires(Permission.VIEW_REFERRALS)
def operation(request, pk):
    row = queries.operation_or_404(pk)
    shown(row)
    page = page_of(queries.referrals_from(row), request, order="-received_on")
    context = {"operation": row, "page": page, "facts": facts(row)}
    return render(request, "operations/operation.html", context)


def facts(row: Operation) -> list[dict]:
    """What is known of an operation; a count that is not known says so."""
    return [
        {"label": "Agency", "value": row.agency},
        {"label": "Date", "value": f"{row.held_on:%B} {row.held_on.day}, {row.held_on.year}"},
        {"label": "Kind of place", "value": row.get_place_kind_display()},
        *(
            {
                "label": str(Operation._meta.get_field(name).verbose_name).capitalize(),
                "value": "not known" if getattr(row, name) is None else getattr(row, name),
            }
            for name in COUNTS
        ),
    ]


@require_http_methods(["GET", "POST"])
@requires(Permission.RECEIVE_REFERRALS)
def operation_edit(request, pk):
    row = queries.operation_or_404(pk)
    form = OperationEditForm(posted(request), user=request.user, track=request.track, operation=row)
    same, conflicts = None, []
    if request.method == "POST" and form.is_valid():
        try:
            changed = change_operation(operation=row, **form.values(), today=today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
            same = error.operation if isinstance(error, AlreadyRecorded) else None
            if isinstance(error, OperationChanged):
                conflicts = compare(error, form)
                form.renew(error.operation.version)
        else:
            words = "The operation is saved." if changed.version != row.version else "Nothing was changed."
            messages.success(request, words)
            return redirect(track_url("operation", pk=row.pk))
    context = {"form": form, "operation": row, "same": same, "conflicts": conflicts, "agencies": agencies()}
    return render(request, "operations/operation_form.html", context, status=page_status(form))


def compare(error: OperationChanged, form) -> list[dict]:
    """What is stored now, beside what was typed, for each field that somebody else has changed."""
    now = error.operation
    found = []
    for name in error.changes.fields:
        if name in form.cleaned_data and form.cleaned_data[name] != getattr(now, name):
            value = now.get_place_kind_display() if name == "place_kind" else getattr(now, name)
            found.append({"label": form.fields[name].label, "value": "not known" if value in ("", None) else value})
    return found

"""Pages of referrals."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.audit.actions import shown
from participants.errors import ProgramError
from participants.referrals import queries, summary
from participants.referrals.actions import (
    AlreadyReceived,
    ChangedMeanwhile,
    change_referral,
    correct_dates,
    receive_referral,
)
from participants.referrals.forms import (
    DatesForm,
    FilterForm,
    ReferralEditForm,
    ReferralFileForm,
    ReferralForm,
)
from participants.referrals.intake import receive_file
from participants.referrals.rules import HOTLINE, Status
from participants.referrals.sheet import COLUMNS, REQUIRED
from participants.staff.permissions import Permission
from participants.web.clock import today
from participants.web.forms import page_status
from participants.web.paging import page_of
from participants.web.urls import track_url


@require_GET
@requires(Permission.VIEW_REFERRALS)
def referrals(request):
    filters = FilterForm(request.GET, sources=queries.sources())
    chosen = filters.chosen()
    page = page_of(queries.referral_list(**chosen), request, order="-received_on")
    context = {"filters": filters, "filtered": any(chosen.values()), "page": page}
    return render(request, "referrals/list.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.RECEIVE_REFERRALS)
def referral_new(request):
    form = ReferralForm(request.POST or None, user=request.user, track=request.track, today=today())
    same = None
    if request.method == "POST" and form.is_valid():
        try:
            referral = receive_referral(row_id=form.row_id, **form.values(), today=today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
            if isinstance(error, AlreadyReceived):
                same = error.referral
                shown(same)
        else:
            if referral.status != Status.STOPPED:
                messages.success(request, "The referral is received.")
            return redirect(track_url("referral", pk=referral.pk))
    context = {"form": form, "same": same, **choices(request)}
    return render(request, "referrals/new.html", context, status=page_status(form))


def choices(request) -> dict:
    """What the fields for charge and source suggest: charges that are taken in this track."""
    track = request.track
    return {
        "charges": [charge for charge, kind in track.program.charges.items() if kind in ("", track.kind)],
        "sources": queries.sources(),
    }


@require_GET
@requires(Permission.VIEW_REFERRALS)
def referral(request, pk):
    row = queries.referral_or_404(pk)
    way = summary.way_of(row)
    context = {
        "referral": row,
        "way": way,
        "facts": summary.facts(row),
        "timeline": summary.timeline(row, way, request.permissions),
        "step": summary.next_step(row, way, request.permissions),
        "duplicates": queries.possible_duplicates(row),
        "may_edit": request.may(Permission.RECEIVE_REFERRALS) and row.status != Status.PLACED,
        "stopped": row.status == Status.STOPPED,
        "hotline": HOTLINE,
    }
    return render(request, "referrals/referral.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.RECEIVE_REFERRALS)
def referral_edit(request, pk):
    row = queries.referral_or_404(pk)
    if row.status == Status.PLACED:
        messages.info(request, "The person is placed: the case is kept on the participant's page now.")
        return redirect(track_url("referral", pk=row.pk))
    stopped = row.status == Status.STOPPED
    form_class, change = (DatesForm, correct_dates) if stopped else (ReferralEditForm, change_referral)
    form = form_class(request.POST or None, user=request.user, track=request.track, referral=row)
    same, conflicts = None, []
    if request.method == "POST" and form.is_valid():
        try:
            changed = change(referral=row, **form.values(), today=today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
            if isinstance(error, AlreadyReceived):
                same = error.referral
                shown(same)
            if isinstance(error, ChangedMeanwhile):
                conflicts = compare(error, form)
                form.renew(error.referral.version)
        else:
            words = "The referral is saved." if changed.version != row.version else "Nothing was changed."
            messages.success(request, words)
            return redirect(track_url("referral", pk=row.pk))
    context = {
        "form": form,
        "referral": row,
        "stopped": stopped,
        "same": same,
        "conflicts": conflicts,
        "hotline": HOTLINE,
        **choices(request),
    }
    return render(request, "referrals/edit.html", context, status=page_status(form))


def compare(error: ChangedMeanwhile, form) -> list[dict]:
    """What is stored now, beside what was typed, for each field that somebody else has changed."""
    now = error.referral
    found = []
    for name in error.changes.fields:
        if name in form.cleaned_data and form.cleaned_data[name] != getattr(now, name):
            display = getattr(now, f"get_{name}_display", None)
            found.append({"label": form.fields[name].label, "value": display() if display else getattr(now, name)})
    return found


@require_http_methods(["GET", "POST"])
@requires(Permission.RECEIVE_REFERRALS)
def referral_import(request):
    """Check a file or receive its good rows. Answering the same file twice stores nothing twice, so the result
    is shown at once and a reload does no harm."""
    form = ReferralFileForm(request.POST or None, request.FILES or None, user=request.user, track=request.track)
    commit = "receive" in request.POST
    sheet = outcome = None
    if request.method == "POST" and form.is_valid():
        try:
            content = form.cleaned_data["file"].read()
            sheet, outcome = receive_file(content, today=today(), commit=commit, by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            if not sheet.count:
                form.add_error("file", sheet.refused[0].problem)
                outcome = None
    columns = [
        {"name": aliases[0], "also": aliases[1:4], "needed": name in REQUIRED or name == "source"}
        for name, aliases in COLUMNS.items()
    ]
    context = {"form": form, "sheet": sheet, "outcome": outcome, "committed": commit, "columns": columns}
    return render(request, "referrals/import.html", context, status=page_status(form))

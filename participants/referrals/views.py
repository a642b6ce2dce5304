"""Pages of referrals."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.audit.actions import shown
from participants.consent.choice import choice_of
from participants.documents.queries import documents_of
from participants.documents.rules import takes_papers
from participants.duplicates.actions import receive_compared
from participants.duplicates.finding import decided_about, looks_like, possible_duplicates
from participants.duplicates.sides import sides
from participants.errors import ProgramError
from participants.handoffs.queries import handoff_of
from participants.referrals import queries, summary
from participants.referrals.actions import (
    PLACED_ALREADY,
    AlreadyReceived,
    ChangedMeanwhile,
    change_referral,
    correct_dates,
)
from participants.referrals.assignment import ASSIGNABLE, AssignedMeanwhile, assign
from participants.referrals.forms import (
    AssignForm,
    DatesForm,
    FilterForm,
    ReceivingForm,
    ReferralEditForm,
)
from participants.referrals.models import Referral
from participants.referrals.rules import HOTLINE, Status
from participants.staff.permissions import Permission
from participants.tracks.scope import active_scope
from participants.web.clock import today
from participants.web.forms import page_status, posted
from participants.web.paging import page_of
from participants.web.urls import track_url

# What a typed case and a stored one are compared by before the typed one is received.
ASKED = ("name", "date_of_birth", "phone", "case_number", "charge", "offense_on", "received_on", "source")


@require_GET
@requires(Permission.VIEW_REFERRALS)
def referrals(request):
    filters = FilterForm(request.GET, sources=queries.sources())
    chosen = filters.chosen()
    page = page_of(queries.referral_list(**chosen, user=request.user), request, order="-received_on")
    context = {"filters": filters, "filtered": any(chosen.values()), "page": page}
    return render(request, "referrals/list.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.RECEIVE_REFERRALS)
def referral_new(request):
    """Receive a case. What looks like a stored one is asked about before anything is created."""
    form = ReceivingForm(posted(request), user=request.user, track=request.track, today=today())
    same, typed = None, None
    if request.method == "POST" and form.is_valid():
        row_id, values, now = form.row_id, form.values(), {"today": today()}
        try:
            typed, matches = looks_like(row_id=row_id, **values, **now)
            form.ask(matches)
            if form.is_valid():
                row = receive_compared(row_id=row_id, decisions=form.decisions, **values, **now, by=request.user)
                if row.status != Status.STOPPED:
                    messages.success(request, "The referral is received.")
                return redirect(track_url("referral", pk=row.pk))
        except ProgramError as error:
            form.apply_error(error)
            if isinstance(error, AlreadyReceived):
                same = _to_open(error.referral)
    questions = [(match, field, sides(typed, match.referral, ASKED)) for match, field in form.questions()]
    context = {"form": form, "same": same, "questions": questions, **choices(request)}
    return render(request, "referrals/new.html", context, status=page_status(form))


def _to_open(same: Referral) -> Referral | None:
    """The case that is here already, for a link to it; none to a file that is closed to who typed it."""
    if same.audit_subject in active_scope().hidden:
        return None
    shown(same)
    return same


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
    if row.status == Status.HANDED_OFF:
        shown(row)
        return render(request, "handoffs/handed_off.html", {"referral": row, "handoff": handoff_of(row)})
    way = summary.way_of(row)
    court = summary.court_of(row, way, request.permissions, today=today())
    context = {
        "referral": row,
        "way": way,
        "facts": summary.facts(row),
        "court": court,
        "papers": documents_of([row.pk]) if request.may(Permission.VIEW_DOCUMENTS) else [],
        "shut": not takes_papers(row.status),
        "choice": choice_of(row, stay=way.enrollment, may_read=request.may(Permission.VIEW_PARTICIPANTS)),
        "timeline": summary.timeline(row, way, request.permissions, court=court),
        "step": summary.next_step(row, way, request.permissions),
        "matches": possible_duplicates(row),
        "decided": decided_about(row),
        "may_edit": request.may(Permission.RECEIVE_REFERRALS) and row.status not in (Status.PLACED, Status.MERGED),
        "stopped": row.status == Status.STOPPED,
        "hotline": HOTLINE,
    }
    return render(request, "referrals/referral.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.RECEIVE_REFERRALS)
def referral_edit(request, pk):
    row = queries.referral_or_404(pk)
    if row.status in (Status.HANDED_OFF, Status.MERGED):
        return redirect(track_url("referral", pk=row.pk))
    if row.status == Status.PLACED:
        messages.info(request, PLACED_ALREADY)
        return redirect(track_url("referral", pk=row.pk))
    stopped = row.status == Status.STOPPED
    form_class, change = (DatesForm, correct_dates) if stopped else (ReferralEditForm, change_referral)
    form = form_class(posted(request), user=request.user, track=request.track, referral=row)
    same, conflicts = None, []
    if request.method == "POST" and form.is_valid():
        try:
            changed = change(referral=row, **form.values(), today=today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
            if isinstance(error, AlreadyReceived):
                same = _to_open(error.referral)
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
def referral_assign(request, pk):
    """Who works on a case; the referral's page has the same form."""
    row = queries.referral_or_404(pk)
    if row.status not in ASSIGNABLE:
        messages.info(request, f"The case stands at “{row.get_status_display()}”, so nobody is assigned to it now.")
        return redirect(track_url("referral", pk=row.pk))
    form = AssignForm(posted(request), user=request.user, track=request.track, referral=row, today=today())
    if request.method == "POST" and form.is_valid():
        try:
            changed = assign(referral=row, **form.values(), today=today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
            if isinstance(error, AssignedMeanwhile):
                form.renew(error.referral)
        else:
            whom = changed.assigned_to.name if changed.assigned_to else "nobody"
            messages.success(request, f"The case is assigned to {whom}.")
            return redirect(track_url("referral", pk=row.pk))
    context = {"form": form, "referral": row}
    return render(request, "referrals/assign.html", context, status=page_status(form))

"""The audit trail of the track, for the privacy officer: who looked at whom, one event, and the trail as a file."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from participants.access.fresh import fresh
from participants.access.gate import requires
from participants.audit.export import export_trail
from participants.audit.forms import OversightFilterForm, TrailFilterForm
from participants.audit.queries import events, trail
from participants.audit.trail import lines_of, staff_of_track, whole
from participants.errors import ProgramError
from participants.staff.permissions import Permission
from participants.tracks.scope import active_scope
from participants.web import clock
from participants.web.forms import page_status
from participants.web.paging import page_of
from participants.web.urls import track_url

NEWEST = "-at"


@require_GET
@requires(Permission.VIEW_AUDIT)
def audit(request):
    return listed(request, filter_form(request), "audit/audit.html", export_url=track_url("audit_export"))


@require_GET
@requires(Permission.VIEW_AUDIT)
def audit_event(request, pk):
    """One event with every record that it concerned."""
    row = events().filter(pk=pk).first()
    if row is None:
        raise Http404
    line, records = whole(row)
    told = ((name.replace("_", " "), in_plain_words(value)) for name, value in sorted(row.detail.items()))
    counts = [(name, words) for name, words in told if words and name != "fields"]
    return render(request, "audit/event.html", {"line": line, "records": records, "counts": counts})


@require_GET
@requires(Permission.VIEW_AUDIT)
@fresh
def audit_export(request):
    form = filter_form(request)
    return downloaded(request, form, "audit") or listed(
        request, form, "audit/audit.html", export_url=track_url("audit_export")
    )


def filter_form(request) -> TrailFilterForm:
    return TrailFilterForm(request.GET, user=request.user, track=request.track, people=staff_of_track())


def in_plain_words(value) -> str:
    """A detail of an event, which is a word, a number, or a few of them; "" for anything else."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(in_plain_words, value))
    return str(value) if isinstance(value, str | int | float) else ""


def listed(request, form: OversightFilterForm, template: str, *, export_url: str) -> HttpResponse:
    """The part of the trail that a filter asks for; of a filter that cannot be read nothing at all."""
    page = page_of(trail(form.asked()), request, order=NEWEST) if form.is_valid() else None
    if page and form.sought():  # asking who looked at one person is a look at them
        active_scope().read.update(form.sought())
    query = request.GET.copy()
    query.pop("after", None)
    context = {
        "form": form,
        "lines": lines_of(page.rows) if page else [],
        "next_url": page.next_url if page else None,
        "filtered": not page or bool(form.used()),
        "export_url": f"{export_url}?{query.urlencode()}",
    }
    return render(request, template, context, status=page_status(form))


def downloaded(request, form: OversightFilterForm, name: str) -> HttpResponse | None:
    """The trail as a file; None where the filter cannot be read or asks for too much, which the form then says."""
    if not form.is_valid():
        return None
    try:
        text = export_trail(rows=trail(form.asked()), filters=form.used(), sought=form.sought(), by=request.user)
    except ProgramError as error:
        form.apply_error(error)
        return None
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{clock.today()}.csv"'},
    )

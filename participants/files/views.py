"""Pages of a file of referrals: send it, see row by row what it would bring, receive it."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.audit.actions import record
from participants.errors import ProgramError
from participants.files import preview as look
from participants.files import queries, waiting
from participants.files.forms import ColumnsForm, ReferralFileForm, UndecidedForm
from participants.files.headings import COLUMNS, REQUIRED
from participants.files.models import Batch, WaitingFile
from participants.files.preview import GOOD, Preview, Verdict, preview_of
from participants.files.queries import last_sender, senders
from participants.files.refused import refused_csv
from participants.people.restrictions import hidden_ids
from participants.referrals.rules import HOTLINE
from participants.staff.permissions import Permission
from participants.tracks.scope import active_scope
from participants.web.clock import now, today
from participants.web.forms import page_status, posted
from participants.web.paging import PAGE_SIZE, Page
from participants.web.urls import track_url

GONE = "A file is kept for an hour and then deleted. Send it once more, please."


@require_http_methods(["GET", "POST"])
@requires(Permission.RECEIVE_REFERRALS)
def referral_import(request):
    form = ReferralFileForm(
        posted(request),
        request.FILES or None,
        user=request.user,
        track=request.track,
        initial={"sender": last_sender(request.user)},
    )
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            kept = waiting.keep_file(
                file_name=file.name,
                content=file.read(),
                sender=form.cleaned_data["sender"],
                today=today(),
                now=now(),
                by=request.user,
            )
        except ProgramError as error:
            form.apply_error(error)
        else:
            return redirect(track_url("import_preview", pk=kept.pk))
    columns = [
        {"name": aliases[0], "also": aliases[1:4], "needed": name in REQUIRED} for name, aliases in COLUMNS.items()
    ]
    context = {"form": form, "columns": columns, "senders": senders()}
    return render(request, "files/import.html", context, status=page_status(form))


def opened(request, pk) -> WaitingFile | HttpResponse:
    """The reader's own waiting file, or the way on when it was received or has expired. Raises Http404."""
    try:
        kept = queries.own_file_or_404(pk, request.user)
    except Http404:
        if Batch.objects.filter(pk=pk, received_by=request.user).exists():
            return redirect(track_url("batch", pk=pk))
        raise
    if kept.expires_at <= now():
        messages.info(request, GONE)
        return redirect(track_url("referral_import"))
    return kept


@require_http_methods(["GET", "POST"])
@requires(Permission.RECEIVE_REFERRALS)
def import_preview(request, pk):
    """The rows of a file. Sent: receive the good ones, discard the file, or decide rows that the charge does not."""
    kept = opened(request, pk)
    if not isinstance(kept, WaitingFile):
        return kept
    if "receive" in request.POST:
        return receive(request, kept)
    if "discard" in request.POST:
        waiting.discard_waiting(pk=kept.pk, by=request.user)
        messages.success(request, "The file is discarded. Nothing of it was stored.")
        return redirect(track_url("referral_import"))
    preview = preview_of(kept, today=today())
    if preview.sheet.missing:
        return redirect(track_url("import_columns", pk=kept.pk))
    if request.method == "POST":
        return take(request, kept, preview)
    return render(request, "files/preview.html", {"file": kept, "hotline": HOTLINE, **shown(request, preview)})


def receive(request, kept: WaitingFile) -> HttpResponse:
    try:
        outcome = waiting.receive_waiting(pk=kept.pk, today=today(), now=now(), by=request.user)
    except ProgramError as error:
        messages.error(request, error.message)
        return redirect(track_url("referral_import"))
    if outcome.batch is None:
        messages.info(request, "There was nothing new in the file, so nothing was stored. The file is deleted.")
        return redirect(track_url("referral_import"))
    return redirect(track_url("batch", pk=outcome.batch.pk))


def take(request, kept: WaitingFile, preview: Preview) -> HttpResponse:
    rows = [line.number for line in look.shown_of(preview.lines(), Verdict.UNDECIDED)]
    form = UndecidedForm(request.POST, user=request.user, track=request.track, rows=rows)
    if form.is_valid():
        waiting.take_rows(waiting=kept, **form.values(), today=today(), by=request.user)
        messages.success(request, "Saved: the rows that you have ticked belong to this track.")
    else:
        messages.error(request, "These rows have changed. Look at them once more.")
    return redirect(f"{track_url('import_preview', pk=kept.pk)}?{urlencode({'show': Verdict.UNDECIDED})}")


def shown(request, preview: Preview) -> dict:
    """One page of the rows that were asked for, and the figures of all. What the page tells of stored cases is put
    on record with it; of a case that the reader may not open it says no more than that the row is here already."""
    lines = preview.lines()
    chosen = request.GET.get("show")
    verdict = chosen if chosen in Verdict.values else None
    after = request.GET.get("after", "")
    found = look.shown_of(lines, verdict)
    rows, following = look.page_after(found, int(after) if after.isascii() and after.isdigit() else 0, PAGE_SIZE)
    hidden = {*hidden_ids("referral")}
    met = {pk for line in rows for pk in line.meets}
    active_scope().read.update(("referral", pk) for pk in met)
    counts = look.counted(lines)
    query = {**({"show": verdict} if verdict else {}), "after": following}
    return {
        "preview": preview,
        "page": Page(rows, f"?{urlencode(query)}" if following else None),
        "tabs": [
            {"label": "All rows", "count": len(lines), "url": "?", "active": verdict is None},
            *(
                {"label": kind.label, "count": counts[kind], "url": f"?show={kind.value}", "active": verdict == kind}
                for kind in Verdict
                if counts[kind] or verdict == kind or (kind == Verdict.UNDECIDED and preview.taken)
            ),
        ],
        "verdict": verdict,
        "good": sum(counts[kind] for kind in GOOD),
        "refused": len(lines) - sum(counts[kind] for kind in (*GOOD, Verdict.SAME)),
        "deciding": verdict == Verdict.UNDECIDED and bool(rows),
        "openable": met - hidden,
    }


@require_http_methods(["GET", "POST"])
@requires(Permission.RECEIVE_REFERRALS)
def import_columns(request, pk):
    kept = opened(request, pk)
    if not isinstance(kept, WaitingFile):
        return kept
    sheet = preview_of(kept, today=today(), judged=False).sheet
    form = ColumnsForm(posted(request), user=request.user, track=request.track, sheet=sheet)
    if request.method == "POST" and form.is_valid():
        try:
            waiting.name_columns(waiting=kept, columns=form.columns(), today=today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, f"The columns are remembered for files from {kept.sender}.")
            return redirect(track_url("import_preview", pk=kept.pk))
    missing = [COLUMNS[name][0] for name in sheet.missing]
    context = {"form": form, "file": kept, "missing": missing}
    return render(request, "files/columns.html", context, status=page_status(form))


@require_GET
@requires(Permission.RECEIVE_REFERRALS)
def import_refused(request, pk):
    """The refused rows as a file, with what is wrong with each: for the uploader, to be put right and sent again."""
    kept = opened(request, pk)
    if not isinstance(kept, WaitingFile):
        return kept
    preview = preview_of(kept, today=today(), compare=False)
    text, rows = refused_csv(preview.sheet, preview.outcome.refused)
    record("waiting_file.refused_downloaded", by=request.user, subjects=[kept], detail={"rows": rows})
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="refused-rows.csv"'},
    )

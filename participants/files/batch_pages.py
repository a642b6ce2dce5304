"""Pages of batches: what came in one file, and what is still to do with it."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.errors import ProgramError
from participants.files import queries
from participants.files.batches import close_batch, undo_batch
from participants.referrals.rules import HOTLINE, OPEN, Status
from participants.staff.permissions import Permission
from participants.web.clock import today
from participants.web.paging import page_of
from participants.web.urls import track_url


@require_GET
@requires(Permission.VIEW_REFERRALS)
def batches(request):
    page = page_of(queries.batch_list(), request, order="-received_on")
    return render(request, "files/batches.html", {"page": page})


@require_GET
@requires(Permission.VIEW_REFERRALS)
def batch(request, pk):
    row = queries.batch_or_404(pk)
    counts = queries.statuses_of(row)
    chosen = request.GET.get("status")
    status = chosen if chosen in counts else None
    context = {
        "batch": row,
        "page": page_of(queries.referrals_of(row, status), request, order="id"),
        "tabs": [
            {"label": "All", "count": sum(counts.values()), "url": "?", "active": status is None},
            *(
                {"label": Status(key).label, "count": n, "url": f"?status={key}", "active": status == key}
                for key, n in counts.items()
            ),
        ],
        "waiting": sum(counts.get(key, 0) for key in OPEN),
        "unfinished": counts.get(Status.STOPPED, 0),
        "hotline": HOTLINE,
    }
    return render(request, "files/batch.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.RECEIVE_REFERRALS)
def batch_undo(request, pk):
    row = queries.batch_or_404(pk)
    refusal = None
    if request.method == "POST":
        try:
            number = undo_batch(batch=row, answered="answered" in request.POST, by=request.user)
        except ProgramError as error:
            refusal = error.message
        else:
            messages.success(request, f"The file is taken back: {number} referral{'s' * (number != 1)} deleted.")
            return redirect(track_url("batches"))
    stopped = queries.referrals_of(row, Status.STOPPED)[:20]
    context = {"batch": row, "refusal": refusal, "stopped": stopped, "hotline": HOTLINE}
    return render(request, "files/batch_undo.html", context, status=422 if refusal else 200)


@require_http_methods(["GET", "POST"])
@requires(Permission.RECEIVE_REFERRALS)
def batch_close(request, pk):
    row = queries.batch_or_404(pk)
    refusal = None
    if request.method == "POST":
        try:
            close_batch(batch=row, today=today(), by=request.user)
        except ProgramError as error:
            refusal = error.message
        else:
            messages.success(request, "The file is closed.")
            return redirect(track_url("batch", pk=row.pk))
    stopped = queries.referrals_of(row, Status.STOPPED)[:20]
    context = {"batch": row, "refusal": refusal, "stopped": stopped, "hotline": HOTLINE}
    return render(request, "files/batch_close.html", context, status=422 if refusal else 200)

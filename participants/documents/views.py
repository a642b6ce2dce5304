"""Pages of papers: adding one, its download, removing one. No paper is ever shown on a page."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.audit.actions import shown
from participants.documents import actions, queries
from participants.documents.forms import DocumentForm
from participants.documents.rules import ENDINGS, takes_papers
from participants.errors import ProgramError
from participants.people.restrictions import readable
from participants.referrals.models import Referral
from participants.referrals.queries import referral_or_404
from participants.referrals.rules import Status
from participants.staff.permissions import Permission
from participants.web.clock import now
from participants.web.forms import page_status, posted
from participants.web.urls import track_url


@require_http_methods(["GET", "POST"])
@requires(Permission.ADD_DOCUMENTS)
def document_new(request, pk):
    row = _case_or_404(pk)
    form = DocumentForm(posted(request), request.FILES or None, user=request.user, track=request.track)
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_document(row_id=form.row_id, referral=row, **form.values(), now=now(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "The paper is kept.")
            return redirect(_case_url(request, row))
    context = {"form": form, "referral": row, "case_url": _case_url(request, row)}
    return render(request, "documents/new.html", context, status=page_status(form))


@require_GET
@requires(Permission.VIEW_DOCUMENTS)
def document(request, pk):
    """A paper as a download, under a name that says nothing. No browser opens it on this address."""
    paper = queries.document_or_404(pk)
    content = actions.hand_out(document=paper, by=request.user)
    return HttpResponse(
        content,
        headers={
            "Content-Type": paper.content_type,
            # The end of the id is drawn at random; its beginning says when the paper was added.
            "Content-Disposition": f'attachment; filename="paper-{paper.pk.hex[-8:]}.{ENDINGS[paper.content_type]}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "no-store",
        },
    )


@require_http_methods(["GET", "POST"])
@requires(Permission.ADD_DOCUMENTS)
def document_remove(request, pk):
    """Ask once, then remove a paper that was added wrongly."""
    paper = queries.document_or_404(pk)
    row = paper.referral
    if request.method == "POST":
        actions.remove_document(document=paper, by=request.user)
        messages.success(request, "The paper is removed.")
        return redirect(_case_url(request, row))
    shown(row)
    context = {"paper": paper, "referral": row, "case_url": _case_url(request, row)}
    return render(request, "documents/remove.html", context)


def _case_or_404(pk) -> Referral:
    """A case that takes papers and that this person may open."""
    if not readable(Referral.objects.filter(pk=pk), referral="pk", participant="enrollment__participant_id").exists():
        raise Http404
    row = referral_or_404(pk)
    if not takes_papers(row.status):
        raise Http404
    return row


def _case_url(request, row: Referral) -> str:
    """Where the case is kept now, for this reader."""
    if row.status == Status.PLACED and request.may(Permission.VIEW_PARTICIPANTS):
        return track_url("participant", reference=row.enrollment.participant.reference)
    return track_url("referral", pk=row.pk)

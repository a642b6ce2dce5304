"""Patterns that are worth a look, and the weekly sign-off."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.audit.forms import ReviewForm
from participants.audit.looking import PATTERN_DAYS, findings
from participants.audit.queries import REVIEW_DAYS, counts_by_group, is_overdue, reviewed_until, reviews
from participants.audit.reviews import sign_review
from participants.audit.rules import label_of
from participants.audit.trail import names_of, when
from participants.errors import ProgramError
from participants.staff.permissions import Permission
from participants.web import clock
from participants.web.forms import page_status, posted
from participants.web.paging import page_of
from participants.web.urls import track_url


@require_GET
@requires(Permission.VIEW_AUDIT)
def audit_patterns(request):
    context = {"findings": findings(track=request.track, now=clock.now()), "days": PATTERN_DAYS}
    return render(request, "audit/patterns.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.VIEW_AUDIT)
def audit_review(request):
    return reviewed(request, "audit/review.html", track_url("audit_review"), with_patterns=True)


def reviewed(request, template: str, address: str, *, with_patterns: bool) -> HttpResponse:
    """What happened since the last review, the form that signs it off, and the reviews before."""
    now, track = clock.now(), getattr(request, "track", None)
    form = ReviewForm(posted(request), user=request.user, track=track, shown_until=now)
    if request.method == "POST" and form.is_valid():
        try:
            sign_review(row_id=form.row_id, **form.values(), now=now, by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "The review is signed off.")
            return redirect(address)
    since = reviewed_until(now)
    page = page_of(reviews(), request, order="-until")
    names = names_of(row.reviewer_id for row in page.rows)
    context = {
        "form": form,
        "since": when(since),
        "overdue": is_overdue(since, now),
        "review_days": REVIEW_DAYS,
        "counts": [(label_of(group), *found) for group, found in counts_by_group(since, now).items()],
        "findings": findings(track=track, now=now) if with_patterns else [],
        "reviews": [(row, names.get(row.reviewer_id, ""), when(row.at)) for row in page.rows],
        "next_url": page.next_url,
    }
    return render(request, template, context, status=page_status(form))

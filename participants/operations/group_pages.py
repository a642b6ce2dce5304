"""The page on which the people of an operation or of a file are worked together."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from participants.access.gate import requires
from participants.errors import ProgramError
from participants.files.queries import batch_or_404
from participants.operations.group import Done, group_of, work_group
from participants.operations.group_form import KEYS, GroupForm
from participants.operations.queries import operation_or_404
from participants.screening.queries import current_criteria
from participants.staff.permissions import Permission
from participants.web import clock
from participants.web.forms import page_status, posted
from participants.web.urls import track_url


@require_http_methods(["GET", "POST"])
@requires(Permission.SCREEN)
def operation_work(request, pk):
    """Screening and offers are held by the same roles; the steps ask for both."""
    row = operation_or_404(pk)
    return _work(request, row, here="operation_work", back="operation", title=row.name)


@require_http_methods(["GET", "POST"])
@requires(Permission.SCREEN)
def batch_work(request, pk):
    row = batch_or_404(pk)
    return _work(request, row, here="batch_work", back="batch", title=f"File from {row.sender}")


def _work(request, source, *, here: str, back: str, title: str):
    if not request.may(Permission.MAKE_OFFERS):
        raise PermissionDenied(Permission.MAKE_OFFERS.name)
    group = group_of(source)
    form = GroupForm(
        posted(request),
        user=request.user,
        track=request.track,
        group=group,
        criteria=current_criteria(clock.today()),
        now=clock.now(),
        today=clock.today(),
    )
    if request.method == "POST" and form.is_valid():
        try:
            done = work_group(
                source=source,
                chosen=form.cleaned_data["people"],
                plan=form.plan(),
                today=clock.today(),
                now=clock.now(),
                by=request.user,
            )
        except ProgramError as error:
            form.apply_error(error)
        else:
            _tell(request, done)
            return redirect(track_url(here, pk=source.pk))
    context = {
        "form": form,
        "group": group,
        "ticked": form.ticked(),
        "key_hints": [(key, str(answer.label).lower()) for answer, key in KEYS.items()],
        "title": title,
        "back": track_url(back, pk=source.pk),
    }
    return render(request, "operations/work.html", context, status=page_status(form))


def _tell(request, done: Done) -> None:
    """What was done and what was left, in numbers: a message is kept in the session and names nobody."""
    parts = [
        f"{done.assigned} assigned" if done.assigned else "",
        f"{done.eligible + done.ineligible} screened ({done.eligible} eligible, {done.ineligible} not)"
        if done.eligible or done.ineligible
        else "",
        f"{done.offered} offered the program" if done.offered else "",
    ]
    if done.nothing:
        messages.info(request, "Nothing was left to do for the people who were ticked.")
    else:
        messages.success(request, f"Done: {', '.join(part for part in parts if part)}.")
    for reason, number in done.left.most_common():
        messages.warning(request, f"Left: {number}. {reason}")

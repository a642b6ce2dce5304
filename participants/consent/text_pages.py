"""Pages of texts: all versions, one to read, a new one, and who certifies it."""

from uuid import UUID

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.consent.models import ConsentText
from participants.consent.queries import all_texts, current_texts, text_or_404
from participants.consent.text_forms import CertificationForm, TextForm
from participants.consent.versions import certify_text, write_text
from participants.errors import ProgramError
from participants.staff.permissions import Permission
from participants.web import clock
from participants.web.forms import page_status, posted
from participants.web.urls import track_url


@require_GET
@requires(Permission.MAKE_OFFERS)
def texts(request):
    """All versions, by kind and language; the newest of each is the one in use."""
    found: dict[str, list] = {kind: [] for kind in ConsentText.Kind.values}
    in_use = set()
    for row in all_texts():
        newest = (row.kind, row.language) not in in_use
        in_use.add((row.kind, row.language))
        found[row.kind].append((row, newest))
    kinds = [(ConsentText.Kind(kind).label, kind, rows) for kind, rows in found.items()]
    return render(request, "consent/texts.html", {"kinds": kinds})


@require_GET
@requires(Permission.MAKE_OFFERS)
def text(request, pk: UUID):
    """One version, to read and to print."""
    row = text_or_404(pk)
    newest = any(current == row for current in current_texts(row.kind))
    return render(request, "consent/text.html", {"text": row, "newest": newest})


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_TEXTS)
def text_new(request):
    """The next version of a text in one language; what was read before stays as it was."""
    before = _asked_for(request)
    form = TextForm(posted(request), user=request.user, track=request.track, before=before)
    if request.method == "POST" and form.is_valid():
        try:
            row = write_text(**form.values(), by=request.user, row_id=form.row_id)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, f"Version {row.version} in {row.in_language} is in use from now on.")
            return redirect(track_url("text", pk=row.pk))
    return render(request, "consent/text_new.html", {"form": form, "before": before}, status=page_status(form))


def _asked_for(request) -> ConsentText | None:
    """The version that a new one starts from, named in the address by kind and language."""
    kind, language = request.GET.get("kind", ""), request.GET.get("language", "")
    if kind not in ConsentText.Kind.values:
        return None
    return next((row for row in current_texts(kind) if row.language == language), None)


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_TEXTS)
def text_certify(request, pk: UUID):
    """A named person answers for what a version says in its language."""
    row = text_or_404(pk)
    form = CertificationForm(posted(request), user=request.user, track=request.track, today=clock.today())
    if request.method == "POST" and form.is_valid():
        try:
            certify_text(text=row, **form.values(), today=clock.today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "The certification is recorded.")
            return redirect(track_url("text", pk=row.pk))
    return render(request, "consent/text_certify.html", {"form": form, "text": row}, status=page_status(form))

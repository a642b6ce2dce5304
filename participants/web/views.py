"""Pages outside the tracks: home, health, and the pages of refusals."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import is_valid_path, resolve, reverse
from django.views.decorators.http import require_GET, require_safe

from participants.audit.actions import origin, record
from participants.audit.address import client_address
from participants.audit.models import Event
from participants.staff.queries import live_program_grants, open_tracks
from participants.tracks.models import Program
from participants.web import clock


@require_GET
def home(request):
    """The tracks that one may enter, the programs that one sends referrals to, and what belongs to no track for who
    oversees it; with one place only, straight into it."""
    now = clock.now()
    tracks = open_tracks(request.user, now=now)
    outside = {grant.place: grant for grant in reversed(live_program_grants(request.user, now=now))}
    oversees = outside.pop(None, None) is not None
    drops = outside.values()
    places = [
        *(reverse("my_day", kwargs={"program": track.program.slug, "track": track.kind}) for track in tracks),
        *(reverse("drop", kwargs={"program": slug}) for slug in outside),
        *([reverse("oversight")] if oversees else []),
    ]
    if len(places) == 1:
        return redirect(places[0])
    return render(request, "home.html", {"tracks": tracks, "drops": drops, "oversees": oversees})


@require_safe
@login_not_required
def health(request):
    """200 when the application answers and the database does, 503 when the database does not."""
    try:
        Program.objects.exists()
    except DatabaseError:
        return JsonResponse({"status": "the database does not answer"}, status=503)
    return JsonResponse({"status": "ok"})


def not_found(request, exception):
    """The same answer for a wrong address, another track and a missing record."""
    return render(request, "404.html", status=404)


def not_understood(request, exception):
    """400 for a request that is broken, 413 for one that is too large; such a one is read no further."""
    large = isinstance(exception, RequestDataTooBig)
    return render(request, "400.html", {"large": large, "files": settings.UPLOAD_LIMIT}, status=413 if large else 400)


def forbidden(request, exception):
    return render(request, "403.html", status=403)


def too_many(request):
    """Too many tries to sign in from one network address: refused before anything is looked at, and on record."""
    with origin(client_address(request), "/account/"):
        record("sign_in", outcome=Event.Outcome.REFUSED, detail={"too_many": True})
    return render(request, "429.html", status=429)


def form_not_ours(request, reason=""):
    """A post without the token of a page of ours: refused before any view, and on record."""
    match = resolve(request.path_info) if is_valid_path(request.path_info) else None
    with origin(client_address(request), f"{request.method} /{match.route if match else ''}"[:200]):
        by = request.user if getattr(request, "user", None) and request.user.is_authenticated else None
        record("form.refused", by=by, outcome=Event.Outcome.REFUSED)
    return render(request, "403.html", status=403)


def broken(request):
    return render(request, "500.html", status=500)

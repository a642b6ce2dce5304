"""Pages outside the tracks: home, health, and the pages of refusals."""

from django.contrib.auth.decorators import login_not_required
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
    """The tracks that one may enter, and the programs that one sends referrals to; with one only, straight into it."""
    now = clock.now()
    tracks = open_tracks(request.user, now=now)
    drops = {grant.program_id: grant for grant in reversed(live_program_grants(request.user, now=now))}.values()
    if len(tracks) == 1 and not drops:
        return redirect(reverse("my_day", kwargs={"program": tracks[0].program.slug, "track": tracks[0].kind}))
    if len(drops) == 1 and not tracks:
        return redirect(reverse("drop", kwargs={"program": next(iter(drops)).program.slug}))
    return render(request, "home.html", {"tracks": tracks, "drops": drops})


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


def forbidden(request, exception):
    return render(request, "403.html", status=403)


def form_not_ours(request, reason=""):
    """A post without the token of a page of ours: refused before any view, and on record."""
    match = resolve(request.path_info) if is_valid_path(request.path_info) else None
    with origin(client_address(request), f"{request.method} /{match.route if match else ''}"[:200]):
        by = request.user if getattr(request, "user", None) and request.user.is_authenticated else None
        record("form.refused", by=by, outcome=Event.Outcome.REFUSED)
    return render(request, "403.html", status=403)


def broken(request):
    return render(request, "500.html", status=500)

"""Who may enter the track. Administrators see accounts and grants here, never case content."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.fresh import fresh
from participants.access.gate import requires
from participants.errors import ProgramError
from participants.staff.actions import admit, end_access, reset_second_factor, unlock
from participants.staff.forms import EndGrantForm, GrantForm, ResetFactorForm, UnlockForm
from participants.staff.lockout import is_locked, locked_among
from participants.staff.models import TrackGrant
from participants.staff.permissions import Permission
from participants.staff.queries import grants_of
from participants.staff.roles import ROLES
from participants.staff.rules import is_idle
from participants.web import clock
from participants.web.forms import page_status, posted
from participants.web.urls import track_url


@require_GET
@requires(Permission.MANAGE_STAFF)
def staff(request):
    now = clock.now()
    grants = list(grants_of(request.track))
    locked = locked_among([grant.user for grant in grants])
    rows = [
        {
            "grant": grant,
            "live": grant.is_live(now),
            "locked": grant.user_id in locked,
            "idle": is_idle(last_login=grant.user.last_login, active_since=grant.user.active_since, now=now),
        }
        for grant in grants
    ]
    return render(request, "staff/staff.html", {"rows": rows, "roles": ROLES.values()})


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_STAFF)
@fresh
def staff_new(request):
    form = GrantForm(posted(request), user=request.user, track=request.track, initial={"valid_from": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            grant, password = admit(**form.values(), track=request.track, by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            if password is None:
                # The address that was typed: the name of an account made elsewhere is not told.
                messages.success(request, f"{grant.user.email} may enter as {grant.as_role.name.lower()}.")
                return redirect(track_url("staff"))
            # Shown once, on this page only: it is not kept in a message, a session or an e-mail.
            return render(request, "staff/password.html", {"grant": grant, "password": password})
    return render(request, "staff/new.html", {"form": form, "roles": ROLES.values()}, status=page_status(form))


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_STAFF)
@fresh
def staff_end(request, pk):
    grant = get_object_or_404(grants_of(request.track), pk=pk)
    form = EndGrantForm(posted(request), user=request.user, track=request.track)
    if request.method == "POST" and form.is_valid():
        try:
            end_access(grant=grant, on=clock.today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, f"{grant.user.name} can no longer enter as {grant.as_role.name.lower()}.")
            return redirect(track_url("staff"))
    return render(request, "staff/end.html", {"form": form, "grant": grant}, status=page_status(form))


def _live_grant(request, pk) -> TrackGrant:
    """A grant in force: of whoever has left the track its administrator manages nothing."""
    grant = get_object_or_404(grants_of(request.track), pk=pk)
    if not grant.is_live(clock.now()):
        raise Http404
    return grant


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_STAFF)
@fresh
def staff_unlock(request, pk):
    grant, now = _live_grant(request, pk), clock.now()
    form = UnlockForm(posted(request), user=request.user, track=request.track)
    if request.method == "POST" and form.is_valid():
        try:
            unlock(user=grant.user, now=now, by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, f"{grant.user.name} can sign in again.")
            return redirect(track_url("staff"))
    idle = is_idle(last_login=grant.user.last_login, active_since=grant.user.active_since, now=now)
    context = {"form": form, "grant": grant, "locked": is_locked(grant.user.email), "idle": idle}
    return render(request, "staff/unlock.html", context, status=page_status(form))


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_STAFF)
@fresh
def staff_second_factor(request, pk):
    grant = _live_grant(request, pk)
    form = ResetFactorForm(posted(request), user=request.user, track=request.track)
    if request.method == "POST" and form.is_valid():
        try:
            reset_second_factor(user=grant.user, **form.values(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, f"{grant.user.name} sets up a new second factor at the next sign-in.")
            return redirect(track_url("staff"))
    return render(request, "staff/second_factor.html", {"form": form, "grant": grant}, status=page_status(form))

"""Who may enter the track. Administrators see accounts and grants here, never case content."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.errors import ProgramError
from participants.staff.actions import admit, end_access
from participants.staff.forms import EndGrantForm, GrantForm
from participants.staff.permissions import Permission
from participants.staff.queries import grants_of
from participants.staff.roles import ROLES
from participants.web import clock
from participants.web.forms import page_status
from participants.web.urls import track_url


@require_GET
@requires(Permission.MANAGE_STAFF)
def staff(request):
    now = clock.now()
    rows = [(grant, grant.is_live(now)) for grant in grants_of(request.track)]
    return render(request, "staff/staff.html", {"rows": rows, "roles": ROLES.values()})


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_STAFF)
def staff_new(request):
    form = GrantForm(
        request.POST or None, user=request.user, track=request.track, initial={"valid_from": clock.today()}
    )
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
def staff_end(request, pk):
    grant = get_object_or_404(grants_of(request.track), pk=pk)
    form = EndGrantForm(request.POST if request.method == "POST" else None, user=request.user, track=request.track)
    if request.method == "POST" and form.is_valid():
        try:
            end_access(grant=grant, on=clock.today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, f"{grant.user.name} can no longer enter as {grant.as_role.name.lower()}.")
            return redirect(track_url("staff"))
    return render(request, "staff/end.html", {"form": form, "grant": grant}, status=page_status(form))

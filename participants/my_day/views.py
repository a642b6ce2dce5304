"""Home of a track: what is on today, what is overdue, what waits for me."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from participants.access.gate import requires
from participants.audit.queries import is_overdue, reviewed_until
from participants.handoffs.queries import unfinished_stops
from participants.my_day.queries import day_of
from participants.staff.permissions import Permission
from participants.web import clock


@require_GET
@requires(Permission.OPEN_TRACK)
def my_day(request):
    day = day_of(request.user, request.permissions, on=clock.today())
    now = clock.now()
    stops = unfinished_stops(now) if request.may(Permission.HAND_OFF) else []
    context = {
        "day": day,
        "stops": stops,
        "roles": [grant.as_role for grant in request.grants],
        "review_due": request.may(Permission.VIEW_AUDIT) and is_overdue(reviewed_until(now), now),
    }
    return render(request, "my_day/my_day.html", context)

"""The middleware that locks a session: nothing is shown, nothing is done, and what was typed is kept."""

from django.contrib import messages
from django.utils import timezone

from participants.access import lock
from participants.access.asking import ASKING, ask_again
from participants.access.kept import keep_form
from participants.access.lock import State
from participants.audit.actions import origin
from participants.audit.address import client_address
from participants.staff.queries import live_grants

KEPT = "Nothing is sent yet. What you have typed is kept: it comes back in its form once you have confirmed it is you."
NOT_KEPT = "What you have sent did not arrive and is not kept. Send it again once you have confirmed that it is you."
FILE_LOST = "Files are not kept: choose yours again."


def background(view):
    """Mark a view that pages ask for by themselves: its requests are no sign that somebody is there."""
    view.background = True
    return view


class LockMiddleware:
    """After the check of the CSRF token and of the sign-in, before the tracks.

    A request of a locked session goes to the page that asks who is there. What it posted is kept first, where the
    person may still enter the track. Only what a person does keeps a session open: not what a page fetches by itself.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if not getattr(view, "login_required", True) or not request.user.is_authenticated:
            return None
        state = lock.state(request)
        if state == State.OPEN:
            if not by_itself(request, view):
                lock.saw_activity(request)
            return None
        if request.resolver_match.url_name in ASKING:
            request.locked = state.value
            return None
        if request.method == "POST":
            self._keep(request, kwargs)
        return ask_again(request)

    @staticmethod
    def _keep(request, kwargs) -> None:
        """Keep what was posted in the track that the address names, and say what has become of it."""
        here = (kwargs.get("program"), kwargs.get("track"))
        grants = live_grants(request.user, now=timezone.now()) if here[1] else []
        track = next((one.track for one in grants if (one.track.program.slug, one.track.kind) == here), None)
        with origin(client_address(request), f"{request.method} /{request.resolver_match.route}"[:200]):
            kept = track is not None and keep_form(request, track)
        messages.warning(request, KEPT if kept else NOT_KEPT)
        if request.FILES:
            messages.warning(request, FILE_LOST)


def by_itself(request, view) -> bool:
    """Whether a page asked by itself: a marked view, a marked request, or a browser that fetches in advance."""
    return (
        getattr(view, "background", False)
        or "X-Background" in request.headers
        or "prefetch" in request.headers.get("Sec-Purpose", "")
    )

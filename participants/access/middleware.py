"""The one chokepoint: URL -> live grant -> scope -> permission -> "viewed"."""

from contextlib import ExitStack

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.utils import timezone

from participants.access import kept
from participants.audit.actions import origin, record
from participants.audit.address import client_address
from participants.audit.models import Event
from participants.staff.models import permissions_of
from participants.staff.queries import live_grants, live_program_grants
from participants.tracks.scope import in_track

SAFE = {"GET", "HEAD", "OPTIONS"}
WRONG_METHOD = 405


class TrackMiddleware:
    """Runs the view and its rendering inside the track that the address names. Must be the last middleware.

    An address that names a program only (`/<program>/…`) is gated the same way by the grants for that program, and one
    that names none but asks for a permission (`/oversight/`) by the grants that give it. No scope is open there, so
    nothing of a track can be asked for by accident.

    An exception leaves the scope (and its transaction) before it becomes a response, so a refused request
    leaves no row; its refusal is put on record afterwards, in a transaction of its own.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if "program" not in kwargs and not hasattr(view, "permission"):
            return None
        if request.user.must_change_password:
            return redirect("account_change_password")
        if "track" not in kwargs:
            return self._outside(request, view, args, kwargs)
        program, kind = kwargs.pop("program"), kwargs.pop("track")
        route = request.resolver_match.route
        with origin(client_address(request), f"{request.method} /{route}"[:200]):
            grants = live_grants(request.user, now=timezone.now())
            here = [grant for grant in grants if (grant.track.program.slug, grant.track.kind) == (program, kind)]
            if not here:
                record("access.refused", by=request.user, outcome=Event.Outcome.REFUSED)
                raise Http404
            request.track = here[0].track
            request.grants = here
            request.tracks_open = len({grant.track_id for grant in grants}) + grants[0].sends
            request.permissions = permissions_of(here)
            request.may = request.permissions.__contains__
            try:
                return self._inside(request, view, args, kwargs)
            except (PermissionDenied, Http404) as refusal:
                with in_track(request.track, by=request.user, write=True):
                    record(
                        "page.refused",
                        by=request.user,
                        outcome=Event.Outcome.REFUSED,
                        detail={"page": request.resolver_match.url_name, "answer": type(refusal).__name__},
                    )
                raise

    @staticmethod
    def _outside(request, view, args, kwargs):
        """The gate of a program, outside its tracks, and of what belongs to no track: nothing here belongs to any."""
        slug = kwargs.pop("program", None)
        route = request.resolver_match.route
        with origin(client_address(request), f"{request.method} /{route}"[:200]):
            held = live_program_grants(request.user, now=timezone.now())
            here = [grant for grant in held if grant.opens(slug)]
            if not here:
                record("access.refused", by=request.user, outcome=Event.Outcome.REFUSED)
                raise Http404
            request.oversight = slug is None
            request.program = here[0].program if slug else None
            request.program_grants = here
            tracks = {grant.track_id for grant in live_grants(request.user, now=timezone.now())}
            request.tracks_open = len(tracks) + len({grant.place for grant in held})
            request.permissions = permissions_of(here)
            request.may = request.permissions.__contains__
            page = {"page": request.resolver_match.url_name, **({"program": slug} if slug else {})}
            try:
                with timezone.override(here[0].program.zone):
                    response = view(request, *args, **kwargs)
                    if hasattr(response, "render") and callable(response.render):
                        response = response.render()
            except (PermissionDenied, Http404) as refusal:
                detail = {**page, "answer": type(refusal).__name__}
                record("page.refused", by=request.user, outcome=Event.Outcome.REFUSED, detail=detail)
                raise
            put_on_record(request, response, page)
            return response

    @staticmethod
    def _inside(request, view, args, kwargs):
        safe = request.method in SAFE
        with ExitStack() as stack:
            scope = stack.enter_context(in_track(request.track, by=request.user, write=not safe))
            scope.privileges = request.permissions
            if not safe and kept.DISCARD in request.POST:
                kept.forget(request)
                return redirect(request.path)
            response = view(request, *args, **kwargs)
            if hasattr(response, "render") and callable(response.render):
                response = response.render()
            if not safe and not getattr(request, "keeps", False):
                kept.forget(request)  # it was sent, or stands on the page that answers
            put_on_record(request, response, {"page": request.resolver_match.url_name}, scope.read)
            return response


def put_on_record(request, response, page: dict, subjects=()) -> None:
    """One event for a page, with everything that was read for it, or for a method that the address does not take;
    no event, no page."""
    if response.status_code in (200, 422):
        with transaction.atomic():
            record("page.viewed", by=request.user, subjects=subjects, detail=page)
    elif response.status_code == WRONG_METHOD:
        detail = {**page, "answer": "MethodNotAllowed"}
        with transaction.atomic():
            record("page.refused", by=request.user, outcome=Event.Outcome.REFUSED, detail=detail)

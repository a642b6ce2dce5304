"""Who may enter what."""

import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet

from participants.staff.models import ProgramGrant, TrackGrant, User
from participants.staff.permissions import Permission
from participants.staff.roles import ROLES
from participants.staff.second_factor import FACTORS
from participants.tracks.models import Track


def live_grants(user: User, *, now: datetime.datetime) -> list[TrackGrant]:
    """The user's grants in force, with track and program loaded. One statement.

    A grant's days are days of the program, so the comparison is made in the program's time zone. `sends` says
    whether the user sends files to a program besides: enough to show the way there.
    """
    drops = ProgramGrant.objects.live(now.date()).filter(user=OuterRef("user"))
    grants = (
        TrackGrant.objects.filter(user=user, user__is_active=True)
        .annotate(sends=Exists(drops))
        .select_related("track__program")
        .order_by("valid_from", "id")
    )
    return [grant for grant in grants if grant.is_live(now)]


def live_program_grants(user: User, *, now: datetime.datetime) -> list[ProgramGrant]:
    """The user's grants for programs as a whole that are in force, the latest first. One statement."""
    grants = (
        ProgramGrant.objects.filter(user=user, user__is_active=True)
        .select_related("program")
        .order_by("-valid_from", "-id")
    )
    return [grant for grant in grants if grant.is_live(now)]


def open_tracks(user: User, *, now: datetime.datetime) -> list[Track]:
    """The tracks that a user may enter, by program and kind. One statement."""
    tracks = {grant.track_id: grant.track for grant in live_grants(user, now=now)}
    return sorted(tracks.values(), key=lambda track: (track.program.name, track.kind))


def staff_with(permission: Permission, *, track: Track, on: datetime.date) -> QuerySet[User]:
    """The track's staff whose role has a permission, by name. For choices in forms."""
    roles = [role.key for role in ROLES.values() if permission in role.permissions]
    grants = TrackGrant.objects.live(on).filter(track=track, role__in=roles)
    return User.objects.filter(pk__in=grants.values("user_id")).order_by("name", "id")


def grants_of(track: Track) -> QuerySet[TrackGrant]:
    """Every grant of a track, ended ones included; `enrolled` says whether the account has a second factor."""
    factors = Authenticator.objects.filter(user=OuterRef("user"), type__in=FACTORS)
    # Whether a grant is live is asked of the calendar of its track's program.
    grants = TrackGrant.objects.filter(track=track).select_related("user", "track__program")
    return grants.annotate(enrolled=Exists(factors)).order_by("user__name", "valid_from", "id")


def everybody() -> list[tuple[UUID, str]]:
    """Every account by name: for what belongs to no track. One statement."""
    return list(User.objects.order_by("name", "id").values_list("pk", "name"))

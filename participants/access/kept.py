"""Forms that could not be taken because the session was locked: kept, given back, and deleted when they are sent.

Nothing is sent on anyone's behalf: the form comes back filled in, and the person who typed it sends it.
"""

import datetime
import json

from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.crypto import salted_hmac

from participants.access.models import KeptForm
from participants.audit.actions import record
from participants.staff.models import User
from participants.staff.queries import live_grants
from participants.tracks.models import Track
from participants.tracks.scope import active_track, in_track

KEPT_FOR = datetime.timedelta(days=1)
# Characters of all fields of one form. The longest form there is (the criteria) stays far below.
LONGEST = 200_000
# Addresses with something kept, by their hash; in the session, so that a page without any asks the database nothing.
ADDRESSES = "kept_forms"
# What one person may have kept in a track; older forms give way.
MOST = 30
# The button that throws away what was kept.
DISCARD = "discard_kept"
NEVER = ("csrfmiddlewaretoken", "password")


class KeptFields(QueryDict):
    """What was typed, as a form binds to it. A form shows it and never takes it as sent."""

    @classmethod
    def of(cls, fields: dict[str, list[str]]) -> "KeptFields":
        data = cls(mutable=True)
        for name, values in fields.items():
            data.setlist(name, values)
        data._mutable = False
        return data


def address_of(user: User, path: str) -> bytes:
    """20 bytes that say neither whose form it is nor of which record."""
    return salted_hmac("kept-form", f"{user.pk}|{path}", algorithm="sha256").digest()[:20]


def keep_form(request, track: Track) -> bool:
    """Keep what was posted. False when there is nothing to keep or it is too long; files are never kept."""
    fields = {
        name: values for name, values in request.POST.lists() if not any(never in name.lower() for never in NEVER)
    }
    if not any(map(any, fields.values())) or len(json.dumps(fields)) > LONGEST:
        return False
    address = address_of(request.user, request.path)
    with in_track(track, by=request.user, write=True):
        replace(user=request.user, address=address, fields=fields, now=timezone.now())
    others = [one for one in request.session.get(ADDRESSES, ()) if one != address.hex()]
    request.session[ADDRESSES] = [*others, address.hex()][-MOST:]
    request.keeps = True
    return True


@transaction.atomic
def replace(*, user: User, address: bytes, fields: dict, now: datetime.datetime) -> KeptForm:
    """Keep the fields at their address in the active track, instead of what was kept there before."""
    KeptForm.objects.filter(user=user, address=address).delete()
    newest = KeptForm.objects.filter(user=user).order_by("-kept_at", "-id").values_list("pk", flat=True)
    KeptForm.objects.filter(pk__in=list(newest[MOST - 1 :])).delete()
    kept = KeptForm(user=user, address=address, fields=fields, kept_at=now)
    kept.save(force_insert=True)
    record("form.kept", by=user)
    return kept


def kept_fields(request) -> KeptFields | None:
    """What this person typed at this address before the session locked; None where nothing is kept."""
    track = getattr(request, "track", None)
    if track is None or not request.session.get(ADDRESSES):
        return None
    address = address_of(request.user, request.path)
    if address.hex() not in request.session[ADDRESSES]:
        return None
    since = timezone.now() - KEPT_FOR
    kept = KeptForm.objects.filter(user=request.user, address=address, kept_at__gt=since).first()
    if kept is None:
        return None
    request.kept = kept
    return KeptFields.of(kept.fields)


def forget(request) -> None:
    """Delete what was kept for this address: it is sent now, or not wanted any more."""
    if not request.session.get(ADDRESSES):
        return
    address = address_of(request.user, request.path)
    if address.hex() in request.session[ADDRESSES]:
        KeptForm.objects.filter(user=request.user, address=address).delete()
        request.session[ADDRESSES] = [one for one in request.session[ADDRESSES] if one != address.hex()]


def remember(sender, request, user, **kwargs) -> None:
    """At a sign-in: where this person has something kept, from a session that is gone."""
    now, found = timezone.now(), []
    for track in {grant.track for grant in live_grants(user, now=now)}:
        with in_track(track, by=user):
            kept = KeptForm.objects.filter(user=user, kept_at__gt=now - KEPT_FOR)
            found += [bytes(address).hex() for address in kept.values_list("address", flat=True)]
    if found:
        request.session[ADDRESSES] = found[-MOST:]


def connect() -> None:
    user_logged_in.connect(remember, dispatch_uid="kept.remember")


def delete_old(*, now: datetime.datetime) -> int:
    """Delete what was kept for longer than a day in the active track; returns how many."""
    return KeptForm.objects.filter(track=active_track(), kept_at__lte=now - KEPT_FOR).delete()[0]

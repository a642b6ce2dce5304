"""Work in the background: forms kept for longer than a day, and sessions that are over, are deleted."""

from importlib import import_module

from celery import shared_task
from django.conf import settings

from participants.access import kept
from participants.tracks.models import Track
from participants.tracks.scope import in_track
from participants.web import clock


@shared_task(name="participants.access.delete_kept_forms")
def delete_kept_forms() -> int:
    """Each track in a scope and a transaction of its own; returns how many forms were deleted."""
    deleted = 0
    for track in Track.objects.select_related("program").order_by("pk"):
        with in_track(track, write=True):
            deleted += kept.delete_old(now=clock.now())
    return deleted


@shared_task(name="participants.access.delete_old_sessions")
def delete_old_sessions() -> None:
    """Rows of sessions that have run out: until then they say who was signed in."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()

"""Work in the background: a file that waited for an hour is deleted."""

from celery import shared_task

from participants.files import waiting
from participants.tracks.models import Track
from participants.tracks.scope import in_track
from participants.web import clock


@shared_task(name="participants.files.delete_expired_files")
def delete_expired_files() -> int:
    """Delete the files of every track that nobody has received within their hour.

    Each track in a scope and a transaction of its own; run twice, the second run finds nothing to do.
    """
    deleted = 0
    for track in Track.objects.select_related("program").order_by("pk"):
        with in_track(track, write=True):
            deleted += waiting.delete_expired(now=clock.now())
    return deleted

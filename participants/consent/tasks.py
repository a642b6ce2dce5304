"""Work in the background: offers end with their last day."""

from celery import shared_task

from participants.consent import actions
from participants.tracks.models import Track
from participants.tracks.scope import in_track
from participants.web import clock


@shared_task(name="participants.consent.lapse_offers")
def lapse_offers() -> int:
    """End the offers of every track whose time to decide has passed in the program's own calendar.

    Each track in a scope and a transaction of its own; run twice, the second run finds nothing to do.
    """
    lapsed = 0
    for track in Track.objects.select_related("program").order_by("pk"):
        with in_track(track, write=True):
            lapsed += actions.lapse_offers(today=clock.today())
    return lapsed

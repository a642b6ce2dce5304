"""Addresses inside the active track."""

from django.urls import reverse

from participants.tracks.scope import active_track


def track_url(name: str, **kwargs) -> str:
    """The address of a page of the active track."""
    track = active_track()
    return reverse(name, kwargs={"program": track.program.slug, "track": track.kind, **kwargs})

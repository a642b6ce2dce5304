"""Index of the tasks. Imports only."""

from participants.consent.tasks import lapse_offers

__all__ = ["lapse_offers"]

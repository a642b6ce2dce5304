"""Index of the tasks. Imports only."""

from participants.consent.tasks import lapse_offers
from participants.files.tasks import delete_expired_files

__all__ = ["delete_expired_files", "lapse_offers"]

"""Index of the tasks. Imports only."""

from participants.access.tasks import delete_kept_forms, delete_old_sessions
from participants.consent.tasks import lapse_offers
from participants.files.tasks import delete_expired_files
from participants.seals.tasks import seal_audit
from participants.staff.tasks import disable_idle_accounts, forget_failures

__all__ = [
    "delete_expired_files",
    "delete_kept_forms",
    "delete_old_sessions",
    "disable_idle_accounts",
    "forget_failures",
    "lapse_offers",
    "seal_audit",
]

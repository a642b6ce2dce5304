"""Celery and its beat table: all periodic work on one screen."""

import logging.config
import os

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "diversion.settings")
app = Celery("diversion")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["participants"])


@setup_logging.connect
def log_as_the_project_does(**kwargs) -> None:
    """Celery's own format would print what exceptions say; with this receiver it leaves the log to us."""
    logging.config.dictConfig(settings.LOGGING)


HOUR = 60 * 60
# name of the task: seconds between two runs. `manage.py work` runs the same table without a broker.
SWEEPS = {
    "participants.staff.disable_idle_accounts": 24 * HOUR,
    "participants.staff.forget_failures": 24 * HOUR,
    "participants.access.delete_kept_forms": HOUR,
    "participants.access.delete_old_sessions": HOUR,
    "participants.seals.seal_audit": HOUR / 12,
    "participants.consent.lapse_offers": HOUR,
    "participants.files.delete_expired_files": HOUR / 12,
}
app.conf.beat_schedule = {name: {"task": name, "schedule": seconds} for name, seconds in SWEEPS.items()}

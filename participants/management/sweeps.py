"""The periodic work without a broker: the tasks of Celery's beat table, run in this process at their intervals."""

import logging
import threading
import time

from celery import current_app
from django.db import close_old_connections

from participants import tasks  # noqa: F401  (registers them with Celery)

logger = logging.getLogger("participants.sweeps")


def sweeps() -> dict[str, float]:
    """Name of each task of the beat table, and the seconds between two runs of it."""
    return {entry["task"]: entry["schedule"] for entry in current_app.conf.beat_schedule.values()}


def sweep(name: str) -> bool:
    """Run one task now; False when it failed. A failure is logged by kind and place, without its text."""
    try:
        # `throw` hands the exception to us: Celery's own log line would quote its text.
        current_app.tasks[name].apply(throw=True)
    except Exception:
        logger.exception("The sweep %s failed.", name)
        return False
    return True


def sweep_once() -> list[str]:
    """Run every task once; returns the names of those that failed."""
    return [name for name in sweeps() if not sweep(name)]


def sweep_until(stop: threading.Event, schedule: dict[str, float] | None = None) -> None:
    """Run every task now and then at its interval, until `stop` is set. A failure does not stop the others."""
    schedule = sweeps() if schedule is None else schedule
    due = dict.fromkeys(schedule, time.monotonic())
    while not stop.is_set():
        for name, at in due.items():
            if at <= time.monotonic() and not stop.is_set():
                sweep(name)
                due[name] = time.monotonic() + schedule[name]
        close_old_connections()
        stop.wait(max(0, min(due.values(), default=time.monotonic() + 1) - time.monotonic()))

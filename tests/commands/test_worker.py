"""A Celery worker with Redis runs the same tasks as `manage.py work`."""

import contextlib
import os
import sqlite3
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from celery import Celery

from tests.commands.conftest import ROOT

TASK = "participants.consent.lapse_offers"
REDIS = os.environ.get("REDIS_URL", "")

pytestmark = [
    pytest.mark.redis,
    pytest.mark.skipif(not REDIS, reason="no REDIS_URL: start Redis and set REDIS_URL=redis://127.0.0.1:6379/0"),
]


@pytest.fixture
def worker(manage, own_environment, tmp_path):
    """A worker on a queue of its own; yields the folder of its database, how to send to it, and its log."""
    assert manage("load_demo", "--participants", "40", "--json").returncode == 0
    queue = f"test-{uuid.uuid4().hex}"
    log = tmp_path / "worker.log"
    options = ("--concurrency", "1", "--queues", queue, "--loglevel", "INFO", "--without-mingle")
    with log.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "celery", "-A", "diversion", "worker", *options],
            cwd=ROOT,
            env={**own_environment, "REDIS_URL": REDIS},
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    with Celery(broker=REDIS, set_as_current=False) as sender:
        try:
            yield (
                Path(own_environment["DIVERSION_VAR"]),
                lambda **kwargs: sender.send_task(TASK, queue=queue, kwargs=kwargs, ignore_result=True),
                log,
            )
        finally:
            process.terminate()
            process.wait(timeout=30)
            with sender.connection_for_write() as connection:
                connection.default_channel.queue_delete(queue)


def until(condition, seconds: float = 40) -> bool:
    end = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < end:
        time.sleep(0.2)
    return met


def test_worker_ends_offers_whose_time_has_passed(worker):
    folder, send, log = worker
    with contextlib.closing(sqlite3.connect(folder / "diversion.sqlite3", timeout=20)) as database:
        with database:
            # Two weeks pass: the day of an offer never changes, so its wall is taken away first.
            database.execute("DROP TRIGGER wall_offer_fixed_made_on_update")
            database.execute(
                "UPDATE participants_offer SET made_on = '2026-01-01', decide_by = '2026-01-08' "
                "WHERE decision = 'waiting'"
            )

        def waiting() -> int:
            return database.execute("SELECT count(*) FROM participants_offer WHERE decision = 'waiting'").fetchone()[0]

        assert waiting() > 0
        send()
        assert until(lambda: waiting() == 0), log.read_text()


def test_failure_in_a_worker_is_logged_without_its_text(worker):
    _, send, log = worker
    send(**{"Ada Ferry, born 1990-05-17": 1})
    assert until(lambda: "TypeError at " in log.read_text()), log.read_text()
    assert f"Task {TASK}" in log.read_text()
    assert "Ada" not in log.read_text()

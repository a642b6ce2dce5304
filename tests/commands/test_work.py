"""`manage.py work`: the beat table without a broker."""

import datetime
import io
import logging
import signal
import subprocess
import sys
import threading
import time

import pytest
from celery import current_app
from django.core.management import CommandError, call_command

from diversion.celery import SWEEPS
from diversion.logging import PlainFormatter
from participants.consent.models import Offer
from participants.management.sweeps import sweep_once, sweep_until, sweeps
from participants.tracks.scope import in_track
from tests.builders import make_offer
from tests.commands.conftest import ROOT


@pytest.fixture
def tasks():
    """Tasks of this test alone: what they did is in `ran`, and one of them fails."""
    ran = []

    @current_app.task(name="tests.counts")
    def counts():
        ran.append("counts")

    @current_app.task(name="tests.fails")
    def fails():
        ran.append("fails")
        raise ValueError("Ada Ferry, born 1990-05-17")

    table = current_app.conf.beat_schedule
    current_app.conf.beat_schedule = {
        name: {"task": name, "schedule": 0.05} for name in ("tests.fails", "tests.counts")
    }
    yield ran
    current_app.conf.beat_schedule = table
    for task in (counts, fails):
        current_app.tasks.unregister(task.name)


@pytest.fixture
def log():
    """What the program's own log handler writes."""
    written = io.StringIO()
    [handler] = [one for one in logging.getLogger().handlers if isinstance(one.formatter, PlainFormatter)]
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


def test_table_is_that_of_the_beat():
    assert sweeps() == SWEEPS
    assert set(SWEEPS) <= set(current_app.tasks)


def test_once_ends_an_offer_whose_time_has_passed(cast):
    offer = make_offer(cast, cast.services)
    call_command("work", once=True)
    with in_track(cast.services):
        ended = Offer.objects.get(pk=offer.pk)
    assert (ended.decision, ended.decided_on) == ("lapsed", offer.decide_by + datetime.timedelta(days=1))


def test_failure_is_logged_without_its_text_and_stops_nobody(tasks, log):
    assert sweep_once() == ["tests.fails"]
    assert tasks == ["fails", "counts"]
    told = log.getvalue()
    assert "The sweep tests.fails failed.\nValueError at " in told
    assert "Ada" not in told
    assert "1990" not in told


def test_once_ends_with_one_when_something_failed(tasks):
    with pytest.raises(CommandError, match=r"Failed: tests\.fails\.") as refusal:
        call_command("work", once=True)
    assert refusal.value.returncode == 1


def test_every_task_comes_again_at_its_interval(tasks):
    stop = threading.Event()
    loop = threading.Thread(target=sweep_until, args=(stop, {"tests.counts": 0.05, "tests.fails": 3600}))
    loop.start()
    time.sleep(0.4)
    stop.set()
    loop.join(timeout=5)
    assert not loop.is_alive()
    assert tasks.count("fails") == 1
    assert 3 <= tasks.count("counts") <= 9


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_cleanly(own_environment, number):
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "work"], cwd=ROOT, env=own_environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert worker.stdout.readline() == f"Working: {', '.join(SWEEPS)}. Ctrl-C ends it.\n"
        time.sleep(0.2)
        worker.send_signal(number)
        assert worker.wait(timeout=20) == 0
    finally:
        worker.kill()
        worker.stdout.close()
        worker.wait()

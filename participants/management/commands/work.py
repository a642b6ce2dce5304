"""`manage.py work`: the periodic work of the program where no Celery worker runs."""

import signal
import threading

from django.core.management.base import BaseCommand

from participants.management.base import Refused
from participants.management.sweeps import sweep_once, sweep_until, sweeps


class Command(BaseCommand):
    help = "Run the periodic work in this process: every task at its interval, until a signal ends it."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--once", action="store_true", help="run every task once and end")

    def handle(self, *, once, **options) -> None:
        if once:
            if failed := sweep_once():
                raise Refused(f"Failed: {', '.join(failed)}. The log names the place.")
            return
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write(f"Working: {', '.join(sweeps())}. Ctrl-C ends it.")
        sweep_until(stop)

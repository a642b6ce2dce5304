"""Serving the demonstration from one process: gunicorn on this machine's own address, the periodic work beside it."""

import socket
import threading
from collections.abc import Callable

from django.conf import settings
from django.core.servers.basehttp import get_internal_wsgi_application
from django.db import connections
from gunicorn.app.base import BaseApplication

from participants.management.sweeps import sweep_until

HOST = "127.0.0.1"


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As gunicorn binds: a connection of a server that has just stopped does not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def start_sweeps(worker) -> None:
    """In the worker, after gunicorn has forked: no thread and no connection crosses the fork."""
    stop = threading.Event()
    threading.Thread(target=sweep_until, args=(stop,), name="sweeps", daemon=True).start()


class DemoServer(BaseApplication):
    """One worker with a few threads: SQLite has one writer, and a demonstration few readers."""

    def __init__(self, port: int, ready: Callable[[], None]):
        self.port = port
        self.ready = ready
        super().__init__()

    def load_config(self) -> None:
        values = {
            "bind": f"{HOST}:{self.port}",
            "worker_class": "gthread",
            "workers": 1,
            "threads": 4,
            "accesslog": None,
            "loglevel": "warning",
            # Through the project's own formatter, which leaves out what an exception says.
            "logconfig_dict": {
                **settings.LOGGING,
                "loggers": {
                    **settings.LOGGING["loggers"],
                    "celery": {"level": "WARNING"},
                    "gunicorn.error": {"level": "WARNING", "handlers": ["console"], "propagate": False},
                },
            },
            "control_socket_disable": True,
            "graceful_timeout": 5,
            "when_ready": lambda arbiter: self.ready(),
            "post_worker_init": start_sweeps,
        }
        for name, value in values.items():
            self.cfg.set(name, value)

    def load(self):
        return get_internal_wsgi_application()

    def run(self) -> None:
        connections.close_all()
        super().run()

"""Gunicorn with production settings on a database of the measurement, and a client that times it."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import connection
from django.test import Client

from participants.staff.models import User

HOST = "127.0.0.1"
START_SECONDS = 60
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')


def environment(folder: Path) -> dict[str, str]:
    """What the server is told: as in production, behind a proxy that ends TLS."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "LD_LIBRARY_PATH"}}
    return {
        **kept,
        "DEMO": "0",
        "BEHIND_PROXY": "1",
        "ALLOWED_HOSTS": HOST,
        "SECRET_KEY": settings.SECRET_KEY,
        "DATABASE_URL": database_url(),
        "DIVERSION_VAR": str(folder),
        "STATIC_ROOT": str(settings.STATIC_ROOT),
        "DIVERSION_KEYS": str(settings.KEYS),
    }


def database_url() -> str:
    """The address of the database that the default connection names now."""
    one = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{one['NAME']}"
    login = quote(one["USER"], safe="") + (f":{quote(one['PASSWORD'], safe='')}" if one["PASSWORD"] else "")
    return f"postgres://{login}@{one['HOST']}:{one['PORT']}/{one['NAME']}"


class Server:
    """One gunicorn with one worker, so that nothing but the request is on its way. A context manager."""

    def __init__(self, folder: Path, without: str = ""):
        folder.mkdir(mode=0o700, exist_ok=True)
        self.environment = {**environment(folder), "BENCH_WITHOUT": without}
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = probe.getsockname()[1]

    def __enter__(self) -> "Server":
        python = [sys.executable, "-W", "ignore", "-m", "gunicorn", "participants.bench.wsgi"]
        options = [
            "--bind",
            f"{HOST}:{self.port}",
            "--workers",
            "1",
            "--worker-class",
            "gthread",
            "--threads",
            "4",
            "--keep-alive",
            "600",
        ]
        self.process = subprocess.Popen(  # noqa: S603  our own server on this machine
            [*python, *options, "--log-level", "warning", "--no-control-socket"],
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdout=subprocess.DEVNULL,
        )
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                self.names = json.loads(Browser(self.port, {}).get("/bench/names/")[1])
                return self
            except (OSError, http.client.HTTPException):
                if time.monotonic() > end or self.process.poll() is not None:
                    self.__exit__()
                    raise
                time.sleep(0.2)

    def __exit__(self, *exception) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def browser(self, user: User) -> "Browser":
        """A client in which a user has signed in."""
        client = Client()
        client.force_login(user)
        return Browser(self.port, {self.names["session"]: client.session.session_key})

    def megabytes(self) -> float:
        """The memory of the worker and its master, resident."""
        family = subprocess.run(  # noqa: S603
            ["ps", "-o", "rss=", "--pid", str(self.process.pid), "--ppid", str(self.process.pid)],  # noqa: S607
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return round(sum(int(line) for line in family.stdout.split()) / 1024, 1)


class Browser:
    """One connection that is kept, with its cookies."""

    def __init__(self, port: int, cookies: dict[str, str]):
        self.connection = http.client.HTTPConnection(HOST, port, timeout=120)
        self.cookies = dict(cookies)

    def get(self, path: str) -> tuple[int, bytes]:
        return self._ask("GET", path, None)

    def post(self, path: str, **fields: str) -> tuple[int, bytes]:
        return self._ask("POST", path, urlencode({**fields, "csrfmiddlewaretoken": self.token}))

    def read_token(self, path: str) -> None:
        """Take the token of a page's form, for posting."""
        self.token = TOKEN.search(self.get(path)[1]).group(1).decode()

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, bytes]:
        headers = {
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": HOST,
            "Host": HOST,
            "Origin": f"https://{HOST}",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        content = response.read()
        for header in response.headers.get_all("Set-Cookie") or []:
            name, _, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value
        return response.status, content

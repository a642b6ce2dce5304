"""`manage.py run_demo` for real: a process of its own, in an empty folder, asked over HTTP."""

import contextlib
import http.client
import http.cookiejar
import json
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from participants.demo.staff import PASSWORD
from tests.commands.conftest import ROOT, environment_in


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One run of the command, and a browser of sorts that keeps cookies."""

    def __init__(self, folder, port: int):
        self.folder, self.port = folder, port
        self.out, self.err = folder.with_suffix(".out"), folder.with_suffix(".err")
        self.jar = http.cookiejar.CookieJar()
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def start(self) -> "Server":
        with self.out.open("w") as out, self.err.open("w") as err:
            self.process = subprocess.Popen(self.command(), cwd=ROOT, env=self.environment(), stdout=out, stderr=err)
        end = time.monotonic() + 90
        while self.answer("/health/") != 200:
            assert self.process.poll() is None, self.err.read_text()
            assert time.monotonic() < end, self.err.read_text()
            time.sleep(0.2)
        return self

    def command(self) -> list[str]:
        return [sys.executable, "manage.py", "run_demo", "--port", str(self.port), "--participants", "60"]

    def environment(self) -> dict[str, str]:
        return environment_in(self.folder)

    def stop(self, number=signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=30)

    def url(self, path: str) -> str:
        return urllib.parse.urljoin(f"http://127.0.0.1:{self.port}/", path)

    def answer(self, path: str) -> int | None:
        try:
            with self.browser.open(self.url(path), timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return None

    def page(self, path: str, data: dict | None = None) -> tuple[str, str]:
        """Address and text of the page that one arrives at."""
        form = urllib.parse.urlencode(data).encode() if data else None
        with self.browser.open(self.url(path), data=form, timeout=20) as answer:
            return answer.url, answer.read().decode()

    def sign_in(self, email: str) -> tuple[str, str]:
        _, page = self.page("/account/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        return self.page("/account/login/", {"csrfmiddlewaretoken": token, "login": email, "password": PASSWORD})


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("demo") / "var", free_port()).start()
    yield server
    if server.process.poll() is None:
        server.stop()


def test_caseworker_signs_in_and_sees_the_day(server):
    address, page = server.sign_in("caseworker.education@demo.example")
    assert address == server.url("/demand-more/education/")
    assert "My day" in page
    assert "Carlos Driftwood" in page
    assert server.answer("/demand-more/services/") == 404
    styles = re.findall(r'<link[^>]+href="(/static/[^"]+\.css)"', page)
    assert styles
    assert [server.answer(path) for path in styles] == [200] * len(styles)


def test_welcome_names_address_sign_ins_and_how_to_stop(server):
    told = server.out.read_text()
    assert f"http://127.0.0.1:{server.port}/" in told
    assert f"password {PASSWORD}" in told
    assert told.count("@demo.example") == 11
    assert "Ctrl-C stops it" in told


def test_taken_port_is_told_in_a_sentence(server):
    again = subprocess.run(
        server.command(), cwd=ROOT, env=server.environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert again.returncode == 1
    assert again.stderr.strip() == (
        f"Refused: Port {server.port} is taken. Stop what runs there, or choose another: "
        f"make run PORT={server.port + 1}"
    )


def test_only_this_machine_is_answered(server):
    """The demonstration's passwords are known, so it listens on the loopback address only."""
    asked = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    with contextlib.closing(asked):
        asked.request("GET", "/health/", headers={"Host": "diversion.example"})
        assert asked.getresponse().status == 400


def test_it_seals_its_trail(server):
    """The demonstration's own trail, made by the thousand, is sealed beside the pages and proves itself."""
    check = (sys.executable, "manage.py", "verify_audit", "--json")

    def verified() -> tuple[int, list[int]]:
        told = subprocess.run(check, cwd=ROOT, env=server.environment(), capture_output=True, text=True, check=False)
        return told.returncode, [chain["seals"] for chain in json.loads(told.stdout)["chains"]]

    end = time.monotonic() + 60
    while 0 in (answer := verified())[1] and time.monotonic() < end:
        time.sleep(0.5)
    code, seals = answer
    assert (code, len(seals)) == (0, 3)
    assert min(seals) >= 1


def test_wrong_address_shows_no_inside(server):
    with pytest.raises(urllib.error.HTTPError) as refusal:
        server.browser.open(server.url("/nowhere/at/all/"), timeout=10)
    with refusal.value as answer:
        assert "Traceback" not in answer.read().decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_and_works_beside_the_pages(tmp_path, server, number):
    """Stopped by a signal, started again on the same data: the sweep ends offers whose time has passed."""
    assert server.stop(number) == 0
    assert server.answer("/health/") is None
    with contextlib.closing(sqlite3.connect(server.folder / "diversion.sqlite3", timeout=20)) as database:
        [[people]] = database.execute("SELECT count(*) FROM participants_referral")
        with database:
            database.execute(
                "UPDATE participants_offer SET made_on = '2026-01-01', decide_by = '2026-01-08', decided_on = NULL, "
                "decision = 'waiting' WHERE id = (SELECT id FROM participants_offer WHERE decision = 'lapsed')"
            )
            database.execute(
                "UPDATE participants_referral SET status = 'offered' WHERE id IN "
                "(SELECT referral_id FROM participants_offer WHERE decision = 'waiting')"
            )
        server.start()

        def overdue() -> int:
            sql = "SELECT count(*) FROM participants_offer WHERE decision = 'waiting' AND decide_by = '2026-01-08'"
            return database.execute(sql).fetchone()[0]

        end = time.monotonic() + 20
        while overdue() and time.monotonic() < end:
            time.sleep(0.2)
        assert overdue() == 0
        assert database.execute("SELECT count(*) FROM participants_referral").fetchone() == (people,)
    assert "Traceback" not in server.err.read_text()

"""A private PgBouncer in transaction mode, in front of the database of the tests."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
CONFIGURATION = """
[databases]
{NAME} = host={HOST} port={PORT} dbname={NAME} user={USER}{password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {size}
logfile = {folder}/log
"""


@contextmanager
def pooler(size: int) -> Iterator[None]:
    """Everything inside reaches the database through a pool of so many server connections."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = connection.settings_dict
    straight = {name: place[name] for name in ("HOST", "PORT")}
    with tempfile.TemporaryDirectory(prefix="diversion-pooler-") as name:
        folder = Path(name)
        configuration = folder / "pgbouncer.ini"
        password = f" password={place['PASSWORD']}" if place["PASSWORD"] else ""
        configuration.write_text(
            CONFIGURATION.format(**place, password=password, port=port, size=size, folder=folder), encoding="utf-8"
        )
        as_postgres = {}
        if os.getuid() == 0:  # it refuses root
            as_postgres = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(folder, "postgres")
        process = subprocess.Popen([PGBOUNCER, "--quiet", configuration], cwd="/", **as_postgres)
        try:
            wait_for(port, process)
            connection.close()
            place.update(HOST="127.0.0.1", PORT=str(port))
            yield
        finally:
            connection.close()
            place.update(straight)
            process.terminate()
            process.wait(timeout=20)


def wait_for(port: int, process: subprocess.Popen) -> None:
    for _ in range(100):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, "PgBouncer did not start."
        time.sleep(0.1)
    raise AssertionError("PgBouncer does not answer.")

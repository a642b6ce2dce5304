"""A database and a folder of keys that exist for one measurement: made beside the configured ones, gone afterwards."""

import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connections

from participants.tracks import walls

_numbers = itertools.count(1)


@contextmanager
def throwaway_database() -> Iterator[str]:
    """Everything inside runs on a new, migrated, empty database of the configured kind; yields the kind.

    No table of the configured database is read or written. On PostgreSQL the owner's role must be allowed to make
    databases.
    """
    alias = walls.owner_alias("default")
    owner, default = connections[alias], connections["default"]
    names = {one: connections[one].settings_dict["NAME"] for one in connections}
    keys = settings.KEYS
    # The keys in a folder apart: beside the database a server would not start.
    parts = [tempfile.TemporaryDirectory(prefix=f"diversion-bench-{part}-") for part in ("database", "keys")]
    with parts[0] as folder, parts[1] as apart:
        on_disk = owner.vendor == "sqlite"
        owner.settings_dict["TEST"]["NAME"] = (
            str(Path(folder) / "bench.sqlite3") if on_disk else f"bench_{os.getpid()}_{next(_numbers)}"
        )
        settings.KEYS = Path(apart) / "keys"
        try:
            owner.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            made = owner.settings_dict["NAME"]
            default.close()
            default.settings_dict["NAME"] = made
            try:
                yield owner.vendor
            finally:
                for connection in connections.all():
                    connection.close()
                # It deletes what the connection names at this moment, so that is asked. A file goes with its folder.
                if not on_disk and owner.settings_dict["NAME"] == made != names[alias]:
                    owner.creation.destroy_test_db(names[alias], verbosity=0)
        finally:
            settings.KEYS = keys
            for connection in connections.all():
                connection.close()
                connection.settings_dict["NAME"] = names[connection.alias]
                settings.DATABASES[connection.alias]["NAME"] = names[connection.alias]

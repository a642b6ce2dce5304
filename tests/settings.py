"""The project's settings as a demonstration in a folder of its own, made strict."""

import os
import tempfile

# Every worker of a parallel run has its own folder of keys and database.
os.environ["DIVERSION_VAR"] = tempfile.mkdtemp(prefix="diversion-test-")
os.environ["DEMO"] = "1"
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 50)
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in the thread that asks the database

from diversion.settings import *  # noqa: F403
from diversion.settings import STORAGES, TEMPLATES


class UndefinedVariable(str):
    """Stands for `string_if_invalid`: a template that prints an undefined variable fails the test."""

    __slots__ = ()

    def __contains__(self, item):
        return item == "%s" or super().__contains__(item)

    def __mod__(self, variable):
        raise AssertionError(f"The template prints the undefined variable {variable!r}.")


TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = UndefinedVariable()
# One cache per process: tests empty it, and a shared one would count the tries of another worker's tests.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
for _database in DATABASES.values():
    # A connection ends with its request, so that a live server's threads leave none behind.
    _database["CONN_MAX_AGE"] = 0
if "owner" in DATABASES:
    # The same database by another role: emptied once after a test with real commits.
    DATABASES["owner"]["TEST"] = {"MIRROR": "default"}
else:
    # A file, as in the embedded default: a database in memory locks otherwise under several threads.
    DATABASES["default"]["TEST"] = {"NAME": VAR / "test.sqlite3"}

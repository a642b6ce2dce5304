"""The cast and the strictness of every test."""

import gc
import os
import shutil
import time

import pytest
from django.conf import settings
from django.db import OperationalError, connections, transaction
from django.db.backends.base.operations import BaseDatabaseOperations

from participants.tracks import walls
from tests.cast import Cast, build_cast
from tests.standing import Standing


def pytest_unconfigure(config):
    shutil.rmtree(settings.VAR, ignore_errors=True)


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    """With REQUIRE_SERVICES=1 (what CI sets) a skip is a failure."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped and os.environ.get("REQUIRE_SERVICES") == "1":
        terminalreporter.section("skipped though everything must be there", red=True)
        for report in skipped:
            terminalreporter.line(f"{report.nodeid}: {report.longrepr[2] if report.longrepr else ''}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if (
        reporter is not None
        and os.environ.get("REQUIRE_SERVICES") == "1"
        and reporter.stats.get("skipped")
        and session.exitstatus == pytest.ExitCode.OK
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker, django_db_modify_db_settings, request):
    """Make the test database as its owner, and serve it as the restricted role, as production does."""
    with django_db_blocker.unblock():
        alias = walls.owner_alias("default")
        owner = connections[alias]
        default = connections["default"]
        names = {name: connections[name].settings_dict["NAME"] for name in connections}
        owner.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        if alias != "default":
            default.close()
            default.settings_dict["NAME"] = owner.settings_dict["NAME"]
            # The serving role may not empty tables; the flush after a test with real commits is the owner's. Set on the
            # class: a browser's loop has connections of its own.
            type(default.ops).execute_sql_flush = flush_as_owner
    yield
    with django_db_blocker.unblock():
        for connection in connections.all():
            connection.close()
        if alias != "default":
            default.settings_dict["NAME"] = names["default"]
        destroy(owner, names[alias])


def flush_as_owner(operations, sql_list) -> None:
    BaseDatabaseOperations.execute_sql_flush(connections[walls.owner_alias("default")].ops, sql_list)


def destroy(owner, old_name: str) -> None:
    """Drop the test database. A thread of a live server may still be closing its connection, so be patient; what
    stays after that is overwritten by the next run."""
    for _ in range(4):
        try:
            owner.creation.destroy_test_db(old_name, verbosity=0)
        except OperationalError:
            gc.collect()
            time.sleep(0.5)
        else:
            return


def pytest_collection_modifyitems(items):
    for item in items:
        if "live_db" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.django_db(transaction=True, databases="__all__"))


@pytest.fixture
def live_db(transactional_db):
    """A database with real commits. Append-only tables can be emptied at the end by their owner only."""
    yield
    walls.drop(connections[walls.owner_alias("default")])


@pytest.fixture(scope="session")
def standing_cast(django_db_setup, django_db_blocker) -> Standing:
    """The rows of the cast, made once; `put()` writes them and returns the cast."""
    with django_db_blocker.unblock(), transaction.atomic():
        standing = Standing(build_cast)
        transaction.set_rollback(True)
    return standing


@pytest.fixture
def cast(standing_cast, db) -> Cast:
    return standing_cast.put()


@pytest.fixture(autouse=True)
def fresh_cache():
    from django.core.cache import cache

    yield
    cache.clear()

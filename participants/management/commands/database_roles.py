"""`manage.py database_roles`: the roles of PostgreSQL, printed for a superuser or made by one."""

import os
from urllib.parse import SplitResult, unquote, urlsplit

import psycopg
from django.core.management.base import BaseCommand

from participants.management.base import Refused, Usage
from participants.tracks.roles import Names, apply, script

URLS = {"owner": "DATABASE_OWNER_URL", "app": "DATABASE_URL", "backup": "DATABASE_BACKUP_URL"}
ADMIN = "DATABASE_ADMIN_URL"


class Command(BaseCommand):
    help = (
        "Print the SQL that makes the database and its three roles: owner, server, backup. Their names come from "
        f"{', '.join(URLS.values())}. With --apply the superuser of {ADMIN} makes them, with those URLs' passwords."
    )
    # It is what makes the database that the checks would ask.
    requires_system_checks = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("--apply", action="store_true", help="make the roles; changes nothing where they are right")

    def handle(self, *, apply: bool, **options) -> None:
        urls = {role: url_in(variable) for role, variable in URLS.items()}
        names = Names(
            **{role: unquote(url.username or "") or f"diversion_{role}" for role, url in urls.items()},
            database=urls["owner"].path.strip("/") or urls["app"].path.strip("/") or "diversion",
        )
        if len(set(vars(names).values()) - {names.database}) < len(URLS):
            raise Usage(f"The three roles need three names: {', '.join(URLS.values())}.")
        if apply:
            self.make(names, urls)
        else:
            self.stdout.write(script(names))

    def make(self, names: Names, urls: dict[str, SplitResult]) -> None:
        admin = os.environ.get(ADMIN)
        if not admin:
            raise Usage(f"Set {ADMIN} to the URL of a superuser, or hand what this prints without --apply to psql.")
        passwords = {getattr(names, role): unquote(url.password) for role, url in urls.items() if url.password}
        try:
            apply(names, admin, passwords)
        except psycopg.Error as error:
            raise Refused(f"PostgreSQL refused: {error.diag.message_primary or type(error).__name__}") from error
        self.stdout.write(f"Made in {names.database}: {names.owner} (owner), {names.app}, {names.backup} (backup).")


def url_in(variable: str) -> SplitResult:
    """The URL of a variable; an empty one where it is not set or names no PostgreSQL."""
    url = urlsplit(os.environ.get(variable, ""))
    return url if url.scheme in {"postgres", "postgresql"} else urlsplit("")

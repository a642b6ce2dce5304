"""The roles of the database on PostgreSQL: `roles.sql` filled in, and carried out by a superuser."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

SOURCE = Path(__file__).with_name("roles.sql")
CONNECT = "\\connect"
# A role or a database that is there already stays, and is given its rights anew.
THERE_ALREADY = (psycopg.errors.DuplicateObject, psycopg.errors.DuplicateDatabase)


@dataclass(frozen=True)
class Names:
    """What the roles and the database are called."""

    owner: str
    app: str
    backup: str
    database: str


def script(names: Names) -> str:
    """The SQL with the names filled in, as `psql` runs it."""
    quoted = {name: '"{}"'.format(value.replace('"', '""')) for name, value in vars(names).items()}
    return re.sub(r':"(\w+)"', lambda match: quoted[match[1]], SOURCE.read_text(encoding="utf-8"))


def statements(names: Names) -> Iterator[str]:
    """Each statement of the script, the change of the database included."""
    text = re.sub(r"^--.*$", "", script(names), flags=re.MULTILINE)
    for part in re.split(rf";$|^({re.escape(CONNECT)} .*)$", text, flags=re.MULTILINE):
        if part and part.strip():
            yield part.strip()


def apply(names: Names, admin: str, passwords: dict[str, str]) -> None:
    """Carry the script out under the URL of a superuser; `passwords` are by role. Can be run again at any time."""
    connection = psycopg.connect(admin, autocommit=True)
    try:
        for statement in statements(names):
            if statement.startswith(CONNECT):
                connection.close()
                connection = psycopg.connect(admin, dbname=names.database, autocommit=True)
                continue
            try:
                connection.execute(statement)
            except THERE_ALREADY:
                continue
        for role, password in passwords.items():
            literal = psycopg.sql.SQL("ALTER ROLE {} PASSWORD {}")
            connection.execute(literal.format(psycopg.sql.Identifier(role), psycopg.sql.Literal(password)))
    finally:
        connection.close()

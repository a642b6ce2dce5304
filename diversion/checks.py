"""Start-up checks: what the deployment must not be."""

import stat
from pathlib import Path

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.core.exceptions import ImproperlyConfigured


def refuse_strong_role(sender, connection, **kwargs) -> None:
    """The role that serves requests must not be able to step round row security: asked when it connects, so that
    no way of starting passes by. Raises ImproperlyConfigured."""
    if connection.vendor != "postgresql" or connection.alias != "default":
        return
    with connection.cursor() as cursor:
        # Itself, and every role that it could become.
        cursor.execute(
            "SELECT bool_or(rolsuper OR rolbypassrls), EXISTS (SELECT FROM pg_class "
            "WHERE relname = 'participants_track' AND pg_has_role(relowner, 'MEMBER')) "
            "FROM pg_roles WHERE pg_has_role(oid, 'MEMBER')"
        )
        too_strong, owns = cursor.fetchone()
    if owns and not settings.DEMO:
        connection.close()
        raise ImproperlyConfigured(
            "DATABASE_URL signs in as a role that owns the tables, and could take the walls down. "
            "Use a restricted role there and name the owner in DATABASE_OWNER_URL (`manage.py database_roles`)."
        )
    if too_strong:
        connection.close()
        raise ImproperlyConfigured(
            "DATABASE_URL signs in as a superuser or a role with BYPASSRLS. "
            "Use a restricted role there and name the owner in DATABASE_OWNER_URL."
        )


@register(Tags.security)
def keys_are_there(app_configs, **kwargs):
    """Without the installation's keys nobody could sign in with a second factor, and no scope be signed."""
    if settings.DEMO:
        return []
    path = Path(settings.KEYS) / "installation.json"
    if not path.is_file():
        return [
            Error(
                f"The keys of the installation are missing: there is no {path}.",
                hint="Bring the key files back from your copy or, for a new installation, run `manage.py keys create`.",
                id="diversion.E003",
            )
        ]
    if opened := [one.name for one in sorted(path.parent.glob("*.json")) if stat.S_IMODE(one.stat().st_mode) & 0o077]:
        return [
            Error(
                f"Others may read key files: {', '.join(opened)}.",
                hint=f"chmod 600 {path.parent}/*.json",
                id="diversion.E004",
            )
        ]
    return []


def refuse_to_serve() -> None:
    """For servers, which start without the checks. Raises ImproperlyConfigured."""
    for error in (*keys_are_there(None), *demo_on_loopback(None)):
        raise ImproperlyConfigured(f"{error.msg} {error.hint}")


@register(Tags.security)
def demo_on_loopback(app_configs, **kwargs):
    """A demonstration has known passwords, so it answers this machine only."""
    loopback = {"127.0.0.1", "localhost", "[::1]", "testserver"}
    if settings.DEMO and set(settings.ALLOWED_HOSTS) - loopback:
        return [
            Error(
                "DEMO=1 together with ALLOWED_HOSTS beyond this machine.",
                hint="Unset ALLOWED_HOSTS for a demonstration, or unset DEMO and set SECRET_KEY.",
                id="diversion.E002",
            )
        ]
    return []

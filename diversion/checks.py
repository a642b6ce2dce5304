"""Start-up checks: what the deployment must not be."""

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.db import connections


@register(Tags.database)
def restricted_role(app_configs, databases=None, **kwargs):
    """The role that serves requests must not be able to step round row security."""
    problems = []
    for alias in databases or []:
        connection = connections[alias]
        if alias != "default" or connection.vendor != "postgresql":
            continue
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
            (too_strong,) = cursor.fetchone()
        if too_strong:
            problems.append(
                Error(
                    "DATABASE_URL signs in as a superuser or a role with BYPASSRLS.",
                    hint="Use a restricted role there and name the owner in DATABASE_OWNER_URL.",
                    id="diversion.E001",
                )
            )
    return problems


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

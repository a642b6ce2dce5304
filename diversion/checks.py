"""Start-up checks: what the deployment must not be."""

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.core.exceptions import ImproperlyConfigured


def refuse_strong_role(sender, connection, **kwargs) -> None:
    """The role that serves requests must not be able to step round row security: asked when it connects, so that
    no way of starting passes by. Raises ImproperlyConfigured."""
    if connection.vendor != "postgresql" or connection.alias != "default":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        (too_strong,) = cursor.fetchone()
    if too_strong:
        connection.close()
        raise ImproperlyConfigured(
            "DATABASE_URL signs in as a superuser or a role with BYPASSRLS. "
            "Use a restricted role there and name the owner in DATABASE_OWNER_URL."
        )


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

"""The project as an app: start-up checks of the wiring."""

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.signals import connection_created


class DiversionConfig(AppConfig):
    name = "diversion"

    def ready(self):
        from diversion import checks

        if settings.DEBUG and not settings.DEMO:
            raise ImproperlyConfigured("DEBUG shows what records hold: it stays off outside a demonstration.")
        connection_created.connect(checks.refuse_strong_role, dispatch_uid="refuse_strong_role")

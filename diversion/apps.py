"""The project as an app: start-up checks of the wiring."""

from django.apps import AppConfig


class DiversionConfig(AppConfig):
    name = "diversion"

    def ready(self):
        from diversion import checks  # noqa: F401  (registers the checks)

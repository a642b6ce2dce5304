"""The project as it is served, with the addresses of the measurement beside its own."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "diversion.settings")
settings.ROOT_URLCONF = "participants.bench.floors"
application = get_wsgi_application()

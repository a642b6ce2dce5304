"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from diversion.checks import refuse_without_keys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "diversion.settings")
application = get_wsgi_application()
refuse_without_keys()

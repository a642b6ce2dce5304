"""The WSGI application that gunicorn serves."""

import ipaddress
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from diversion.checks import refuse_to_serve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "diversion.settings")
serve = get_wsgi_application()
refuse_to_serve()


def is_loopback(address: str) -> bool:
    """Whether a request comes from this machine; a socket of this machine has no address."""
    return not address or ipaddress.ip_address(address).is_loopback


def application(environ, start_response):
    """Answer a request; a demonstration, whose passwords everyone knows, answers this machine only."""
    if settings.DEMO and not is_loopback(environ.get("REMOTE_ADDR", "")):
        start_response("403 Forbidden", [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")])
        return [b"A demonstration answers its own machine only."]
    return serve(environ, start_response)

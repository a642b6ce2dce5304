"""The WSGI application that gunicorn serves."""

import ipaddress
import os

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.wsgi import get_wsgi_application

from diversion.checks import refuse_to_serve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "diversion.settings")
serve = get_wsgi_application()
refuse_to_serve()


def is_loopback(address: str) -> bool:
    """Whether a request comes from this machine; a socket of this machine has no address."""
    return not address or ipaddress.ip_address(address).is_loopback


def refused(start_response, status: str, words: bytes) -> list[bytes]:
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")])
    return [words]


def application(environ, start_response):
    """Answer a request; a demonstration, whose passwords everyone knows, answers this machine only."""
    if settings.DEMO and not is_loopback(environ.get("REMOTE_ADDR", "")):
        return refused(start_response, "403 Forbidden", b"A demonstration answers its own machine only.")
    try:
        return serve(environ, start_response)
    except (SuspiciousOperation, ValueError, LookupError):
        # Where a character set is named, Django reads the address before it could answer a fault with a page.
        return refused(start_response, "400 Bad Request", b"This address cannot be read.")

"""Where a request came from: behind a proxy that is trusted, the address that the proxy names."""

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied


def client_address(request) -> str:
    """The network address of the browser; "" where there is none (a command, a socket without a proxy)."""
    if request is None:
        return ""
    try:
        return get_adapter(request).get_client_ip(request)
    except PermissionDenied:
        return ""

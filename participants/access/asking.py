"""The way to the page that asks who is there, and back to where one was."""

import time
from urllib.parse import urlencode, urlsplit

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from participants.access import lock

# Pages that ask who is there, and the way out; they open on a locked session.
ASKING = {
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "account_logout",
}


def ask_again(request, *, back: str = "") -> HttpResponse:
    """A redirect to the page that asks, with the way back: here, unless another is given. For htmx in its own words."""
    address = f"{page_that_asks(request)}?{urlencode({REDIRECT_FIELD_NAME: back or here(request)})}"
    return HttpResponseClientRedirect(address) if request.htmx else HttpResponseRedirect(address)


def here(request) -> str:
    """The address of the page that one is on; a part that htmx fetches is no page."""
    if not request.htmx:
        return request.get_full_path()
    page = urlsplit(request.htmx.current_url_abs_path or reverse("home"))
    return page.path + (f"?{page.query}" if page.query else "")


def page_that_asks(request) -> str:
    """The page for what is still missing; the page for the password shows the other ways beside it."""
    if lock.state(request) == lock.State.EXPIRED:
        missing = lock.missing_ways(request.user, lock.stamps_of(request), time.time())
        if missing and missing[0]["id"] == lock.SECOND:
            by_code = {str(kind) for kind in missing[0]["types"]} != {"webauthn"}
            return reverse("mfa_reauthenticate" if by_code else "mfa_reauthenticate_webauthn")
    return reverse("account_reauthenticate")

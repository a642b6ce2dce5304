"""`@fresh`: what leaves the building, opens a door or changes a key asks once more who is there."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib import messages

from participants.access import lock
from participants.access.asking import ask_again
from participants.access.kept import keep_form

AGAIN = "Once you have confirmed that it is you, choose the file again."


def fresh(view: Callable) -> Callable:
    """Run a view only when password, code or passkey were given in the last ten minutes; stands under `@requires`.

    Otherwise the person is asked and comes back; what was posted comes back in its form, not sent. A demonstration
    does without (`FRESH_SIGN_IN_REQUIRED`). CJIS Security Policy 5.9.5, IA-11.
    """

    @wraps(view)
    def asked(request, *args, **kwargs):
        if may_go_on(request):
            return view(request, *args, **kwargs)
        if request.method == "POST" and getattr(request, "track", None) is not None:
            keep_form(request, request.track)
        return ask_again(request)

    asked.fresh = True
    return asked


def fresh_file(view: Callable) -> Callable:
    """The same for a page that is also given as a file (`?format=…`): only the file asks, and one comes back to the
    page, since a browser stays where it is when it is sent a file."""

    @wraps(view)
    def asked(request, *args, **kwargs):
        if "format" not in request.GET or may_go_on(request):
            return view(request, *args, **kwargs)
        messages.info(request, AGAIN)
        rest = request.GET.copy()
        del rest["format"]
        return ask_again(request, back=f"{request.path}?{rest.urlencode()}" if rest else request.path)

    asked.fresh = True
    return asked


def may_go_on(request) -> bool:
    return not settings.FRESH_SIGN_IN_REQUIRED or lock.is_fresh(request)

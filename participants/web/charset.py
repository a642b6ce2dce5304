"""Forms and addresses are UTF-8, as every page of ours asks for and every browser sends."""

from django.core.exceptions import BadRequest


class CharsetMiddleware:
    """Refuses a request that says that it is in another character set, with 400, before anything of it is read.

    Some of Python's codecs make text that no database takes, or are no character sets at all.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.content_params.get("charset", "utf-8").strip().lower() not in ("utf-8", "utf8"):
            raise BadRequest("A request in another character set than UTF-8.")
        return self.get_response(request)

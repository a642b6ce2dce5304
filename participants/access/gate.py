"""`@requires`: the permission that a view asks for, and the mark that a guard test looks for on every address."""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied

from participants.staff.permissions import Permission


def requires(permission: Permission) -> Callable:
    """Let a view be called only by staff whose live grants for the active track include `permission`."""

    def decorate(view):
        @wraps(view)
        def gated(request, *args, **kwargs):
            if not request.may(permission):
                raise PermissionDenied(permission.name)
            return view(request, *args, **kwargs)

        gated.permission = permission
        # With those of the same decorator below it: a view may ask for several.
        gated.permissions = frozenset({permission, *getattr(view, "permissions", ())})
        return gated

    return decorate

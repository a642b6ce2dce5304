"""The only place below which nobody asks what time it is: views, tasks and commands pass it on."""

import datetime

from django.utils import timezone


def now() -> datetime.datetime:
    """This instant, aware, in UTC."""
    return timezone.now()


def today() -> datetime.date:
    """The local date in the active program's time zone."""
    return timezone.localdate()

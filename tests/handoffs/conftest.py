"""What the tests of hand-offs share with those of screening."""

from tests.screening.conftest import today, track

__all__ = ["today", "track"]

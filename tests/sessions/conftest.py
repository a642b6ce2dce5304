"""The day of the class."""

import pytest

from tests.sessions.arrange import NOW


@pytest.fixture
def evening(time_machine):
    """21:30 on the day of the class, by the program's clock."""
    time_machine.move_to(NOW, tick=False)

"""Data made by others, beside the project. Absent: the test is skipped, or fails where CI_DATA=required."""

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent.parent / "shared" / "data"


def shared_data(name: str) -> Path:
    """The path of a file of the shared data."""
    path = FOLDER / name
    if not path.exists():
        hint = f"{name} is not in ../shared/data: put the folder of shared test data beside the project."
        (pytest.fail if os.environ.get("CI_DATA") == "required" else pytest.skip)(hint)
    return path

"""Key files as they were before each test."""

from pathlib import Path

import pytest
from django.conf import settings


@pytest.fixture(autouse=True)
def same_keys_afterwards():
    folder = Path(settings.KEYS)
    before = {path.name: path.read_bytes() for path in folder.glob("*.json")} if folder.is_dir() else {}
    yield
    for name, content in before.items():
        if not (folder / name).exists() or (folder / name).read_bytes() != content:
            (folder / name).write_bytes(content)

"""What the documents name is there."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
WHOLE = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\b(?:tests|docs|participants)/[\w./-]*\w", WHOLE))))
def test_path_exists(path):
    assert (ROOT / path).exists() or (ROOT / "participants" / path).exists()


@pytest.mark.parametrize("command", sorted(set(re.findall(r"manage\.py (\w+)", WHOLE))))
def test_command_exists(command):
    assert command in get_commands()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:^|`)make (\w+)", WHOLE, flags=re.MULTILINE))))
def test_make_target_exists(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_every_concept_is_in_the_map():
    named = set(re.findall(r"\b[a-z_]+\b", (ROOT / "README.md").read_text(encoding="utf-8")))
    rooms = {path.parent.name for path in (ROOT / "participants").glob("*/__init__.py")}
    assert rooms - named <= {"management", "migrations", "templatetags"}


def test_every_link_leads_to_a_file():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"

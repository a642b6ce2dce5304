"""What the source must not say, and where the exceptions are."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SOURCES = sorted(
    path
    for folder in ("participants", "diversion")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines_with(pattern: str, paths=SOURCES) -> set[str]:
    return {
        relative(path) for path in paths if re.search(pattern, path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    }


def test_raw_sql_only_where_named():
    assert lines_with(r"\.raw\(|cursor\(|RawSQL|\.extra\(|executescript") <= {
        "participants/tracks/scope.py",  # sets the track of a transaction; refuses raw()
        "participants/tracks/walls.py",  # makes the triggers
        "participants/tracks/policies.py",  # makes the row policies
        "participants/tracks/writers.py",  # waits for transactions that are still writing
        "participants/bench/pages.py",  # switches row security off for one measurement, in a database of its own
        "participants/tracks/bulk.py",  # inserts new rows of the active track by the thousand
        "diversion/checks.py",  # asks PostgreSQL for the role
    }


def test_no_way_round_the_scope():
    other_doors = r"_base_manager|scopes_disabled|all_objects|sql\.\w*Query\(|models\.Manager\(\)"
    plain_querysets = r"(?<!Track)(?<!Audit)(?<!Grant)QuerySet\([A-Z]"
    assert lines_with(other_doors) == set()
    assert lines_with(plain_querysets) == set()


def test_scopes_are_opened_where_named():
    """A page inside a track has its scope already; outside, only the drop opens them."""
    assert lines_with(r"\bin_track\(") - {path for path in lines_with("") if "/demo/" in path} == {
        "participants/access/kept.py",
        "participants/access/middleware.py",
        "participants/access/tasks.py",
        "participants/seals/chains.py",
        "participants/bench/importing.py",
        "participants/bench/pages.py",
        "participants/bench/seeding.py",
        "participants/consent/tasks.py",
        "participants/management/commands/import_referrals.py",
        "participants/management/commands/report.py",
        "participants/files/drop.py",
        "participants/files/tasks.py",
        "participants/tracks/actions.py",
        "participants/tracks/scope.py",
        "participants/vault/keeping.py",
        "participants/vault/rehashing.py",
        "participants/vault/rotation.py",
    }


def test_the_kind_of_a_track_is_asked_in_tracks_only():
    outside = [path for path in SOURCES if not relative(path).startswith("participants/tracks/")]
    assert (
        lines_with(
            r"\.kind\s*(==|!=|in\b|not in\b)\s*[\"'(\[{]*\s*(EDUCATION|SERVICES|[\"']education|[\"']services)", outside
        )
        == set()
    )
    assert lines_with(r"track\.kind\s*(==|!=)", TEMPLATES) == set()


def test_states_are_moved_by_actions_only():
    elsewhere = [path for path in SOURCES if path.stem != "actions" and "demo" not in path.parts]
    assert lines_with(r"^ +\w+\.(status|state|decision) =[^=]", elsewhere) <= {
        "participants/referrals/case.py",  # the first status of a row that is not stored yet
    }


def test_only_the_edge_asks_for_the_time():
    below = [path for path in SOURCES if path.stem in {"rules", "models", "queries", "actions", "forms"}]
    assert lines_with(
        r"timezone\.now\(|timezone\.local(date|time)\(\)|date\.today\(|datetime\.now\(|web import clock|web\.clock",
        below,
    ) <= {
        "participants/audit/actions.py",  # an event is stamped when it is written
    }


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_template_keeps_the_content_policy(path):
    text = re.sub(r"{%\s*comment.*?endcomment\s*%}|{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", text)
    assert "|safe" not in text
    assert "autoescape off" not in text


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_template_is_small(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("path", [*SOURCES, *sorted((ROOT / "tests").rglob("*.py"))], ids=relative)
def test_module_is_small(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_module_says_what_it_is_for(path):
    text = path.read_text(encoding="utf-8")
    assert not text or text.startswith('"""')
    assert "PLACEHOLDER" not in text

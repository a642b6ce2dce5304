"""The layers of docs/architecture.md, kept by reading the imports of every module."""

import ast
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
APP = ROOT / "participants"
# Lowest first.
ORDER = [
    "tracks",
    "vault",
    "audit",
    "seals",
    "staff",
    "access",
    "people",
    "referrals",
    "files",
    "duplicates",
    "court",
    "operations",
    "screening",
    "handoffs",
    "consent",
    "enrollment",
    "sessions",
    "requirements",
    "completion",
    "documents",
    "reports",
    "my_day",
]
LAYERS = ["rules", "models", "queries", "actions", "tasks"]
WEB = {"views", "forms", "urls"}
# Used by every concept, or using any: the base of the pages, the demonstration, the measurement, commands.
BESIDE = {"web", "demo", "bench", "management", "templatetags"}
# What the foundation may use of a room above it, and why.
ALLOWED = {
    # The scope is the lowest thing there is, and takes a Track.
    ("participants.tracks.scope", "participants.tracks.models"),
}


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted([*APP.rglob("*.py"), *(ROOT / "diversion").rglob("*.py")]):
        if "migrations" in path.parts:
            continue
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = path
    return found


MODULES = modules()


def imports_of(name: str) -> set[str]:
    """Modules of the project that a module imports, inline imports included."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in MODULES else node.module)
    return {target for target in found if target in MODULES and target != name}


GRAPH = {name: imports_of(name) for name in MODULES}


def room(name: str) -> str | None:
    parts = name.split(".")
    return parts[1] if parts[0] == "participants" and len(parts) > 2 else None


def layer(name: str) -> str:
    """The file that a module is, or is more of: `batch_pages` are views, `drop_forms` are forms."""
    file = name.split(".")[2] if room(name) else ""
    ends = {"pages": "views", "forms": "forms"}
    return ends.get(file.rpartition("_")[2], file) if "_" in file else file


def index(name: str) -> bool:
    """participants.models, participants.urls and the like: index files that import every concept."""
    return name.startswith("participants.") and name.count(".") == 1


def edges():
    return [
        pytest.param(source, target, id=f"{source}->{target}")
        for source, targets in GRAPH.items()
        for target in sorted(targets)
        if room(source) in ORDER and room(target) in ORDER and (source, target) not in ALLOWED
    ]


@pytest.mark.parametrize(("source", "target"), edges())
def test_import_follows_the_layers(source, target):
    inside = room(source) == room(target)
    if layer(source) in WEB:
        assert inside or layer(target) not in WEB or room(target) == "access", "web files keep to their own concept"
        return
    assert layer(target) not in WEB, "domain files do not import web files"
    if inside:
        if layer(source) in LAYERS and layer(target) in LAYERS:
            assert LAYERS.index(layer(target)) <= LAYERS.index(layer(source)), (
                "tasks > actions > queries > models > rules"
            )
        return
    if layer(source) in {"rules", "models", "queries"}:
        assert ORDER.index(room(target)) < ORDER.index(room(source)), "only actions reach up or across"


@pytest.mark.parametrize("name", [name for name in GRAPH if room(name) in ORDER])
def test_concept_does_not_import_the_demonstration_or_an_index(name):
    assert not {
        target for target in GRAPH[name] if room(target) in {"demo", "bench", "management"} or index(target)
    } - {"participants.errors"}


def test_nobody_imports_the_project():
    """`manage.py work` is the exception: it runs the project's beat table without a broker."""
    importers = {
        source
        for source, targets in GRAPH.items()
        if source.startswith("participants") and any(target.startswith("diversion") for target in targets)
    }
    assert importers <= {"participants.management.commands.work", "participants.demo.serve"}


def test_no_cycles():
    """Depth-first over the whole graph, inline imports included."""
    done, path = set(), []

    def visit(name):
        if name in path:
            cycle = [*path[path.index(name) :], name]
            if set(pairwise(cycle)) & ALLOWED:
                return
            pytest.fail(" -> ".join(cycle))
        if name in done:
            return
        path.append(name)
        for target in sorted(GRAPH[name]):
            visit(target)
        path.pop()
        done.add(name)

    for name in GRAPH:
        visit(name)


def test_the_guard_sees_imports():
    """It would pass on an empty graph."""
    assert "participants.tracks.models" in GRAPH["participants.people.models"]
    assert len(MODULES) > 60

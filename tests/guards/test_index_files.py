"""models.py, tasks.py and urls.py of the app are indexes: nothing a concept defines is missed by them."""

import ast
import importlib
from pathlib import Path

import pytest
from celery import current_app
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

APP = Path(__file__).parent.parent.parent / "participants"


def concepts_with(file: str) -> list[str]:
    return sorted(path.parent.name for path in APP.glob(f"*/{file}.py"))


@pytest.mark.parametrize("concept", concepts_with("models"))
def test_every_model_is_in_the_index(concept):
    index = importlib.import_module("participants.models")
    module = importlib.import_module(f"participants.{concept}.models")
    defined = {
        name
        for name, value in vars(module).items()
        if isinstance(value, type)
        and value.__module__ == module.__name__
        and hasattr(value, "_meta")
        and not value._meta.abstract
    }
    assert defined <= set(index.__all__)
    assert {model.__name__ for model in apps.get_app_config("participants").get_models()} >= defined


@pytest.mark.parametrize("concept", concepts_with("tasks"))
def test_every_task_is_registered(concept):
    importlib.import_module("participants.tasks")
    tree = ast.parse((APP / concept / "tasks.py").read_text(encoding="utf-8"))
    tasks = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and any("shared_task" in ast.dump(item) for item in node.decorator_list)
    ]
    assert tasks
    for task in tasks:
        assert f"participants.{concept}.{task}" in current_app.tasks


def patterns(resolver=None):
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern)
        elif isinstance(pattern, URLPattern):
            yield pattern


@pytest.mark.parametrize("concept", [concept for concept in concepts_with("urls") if concept != "web"])
def test_every_address_is_served(concept):
    module = importlib.import_module(f"participants.{concept}.urls")
    served = {pattern.callback for pattern in patterns()}
    assert {pattern.callback for pattern in module.urlpatterns} <= served


def test_beat_table_names_registered_tasks():
    from diversion.celery import SWEEPS

    importlib.import_module("participants.tasks")
    assert set(SWEEPS) <= set(current_app.tasks)

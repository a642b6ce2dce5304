"""What must be unique is unique within its track: a value taken in the other track must not make itself known."""

import pytest
from django.apps import apps
from django.db import models

from participants.tracks.models import TrackRecord

RECORDS = [model for model in apps.get_app_config("participants").get_models() if issubclass(model, TrackRecord)]


def unique_sets(model: type[models.Model]) -> list[tuple[str, tuple[str, ...]]]:
    """Every constraint by name with its fields, unique fields and one-to-one pointers included."""
    found = [(field.name, (field.name,)) for field in model._meta.concrete_fields if field.unique]
    found += [("unique_together", fields) for fields in model._meta.unique_together]
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            assert not constraint.expressions, f"{constraint.name}: say its fields, so that this guard can read them"
            found.append((constraint.name, constraint.fields))
    return found


def stays_within(model: type[models.Model], fields: tuple[str, ...]) -> bool:
    """With the track among its fields, or a pointer to a record of the same track; its own id says nothing."""
    if fields == (model._meta.pk.name,):
        return isinstance(model._meta.pk, models.UUIDField)
    for name in fields:
        field = model._meta.get_field(name)
        if name == "track" or (field.related_model and issubclass(field.related_model, TrackRecord)):
            return True
    return False


@pytest.mark.parametrize("model", RECORDS, ids=lambda model: model.__name__)
def test_unique_values_stay_within_their_track(model):
    assert [name for name, fields in unique_sets(model) if not stays_within(model, tuple(fields))] == []


def test_guard_reads_the_constraints():
    found = [name for model in RECORDS for name, fields in unique_sets(model) if fields != ("id",)]
    assert len(found) > 20

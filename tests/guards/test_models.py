"""What every confidential model must be."""

import pytest
from django.apps import apps
from django.db import models

from participants.tracks.models import ERASE, KEEP, TALLY, TrackRecord
from participants.tracks.scope import TrackManager
from participants.vault.fields import SealedField

MODELS = list(apps.get_app_config("participants").get_models())
RECORDS = [model for model in MODELS if issubclass(model, TrackRecord)]
# Programs, accounts, grants and headings of columns say nothing about a participant; audit tables have their rules.
NOT_CONFIDENTIAL = {"Program", "Track", "User", "TrackGrant", "ProgramGrant", "ColumnMapping"} | {
    *("Event", "EventSubject", "Seal", "AuditReview", "FailedSignIn", "Lockout", "UsedCode"),
}


def named(model):
    return model.__name__


def test_everything_else_is_a_track_record():
    assert {model.__name__ for model in MODELS} - {model.__name__ for model in RECORDS} == NOT_CONFIDENTIAL


@pytest.mark.parametrize("model", RECORDS, ids=named)
def test_every_field_is_classified(model):
    fields = {field.name for field in model._meta.concrete_fields} - {"id", "track"}
    assert set(model.classification) == fields
    assert set(model.classification.values()) <= {KEEP, ERASE, TALLY}


@pytest.mark.parametrize("model", RECORDS, ids=named)
def test_sealed_fields_are_erased(model):
    for field in model._meta.concrete_fields:
        if isinstance(field, SealedField):
            assert model.classification[field.name] == ERASE


@pytest.mark.parametrize("model", RECORDS, ids=named)
def test_only_the_scoped_manager_reads_it(model):
    assert isinstance(model._base_manager, TrackManager)
    assert isinstance(model._default_manager, TrackManager)
    assert [type(manager) for manager in model._meta.managers] == [TrackManager]


@pytest.mark.parametrize("model", RECORDS, ids=named)
def test_no_way_in_from_outside_the_track(model):
    """A reverse name on User or Track would let a query that starts there join into track records."""
    assert not model._meta.local_many_to_many
    for field in model._meta.concrete_fields:
        if field.is_relation:
            assert field.remote_field.on_delete is models.PROTECT, field
            if not issubclass(field.related_model, TrackRecord):
                assert field.remote_field.hidden, field


@pytest.mark.parametrize("model", RECORDS, ids=named)
def test_key_is_a_uuid(model):
    assert isinstance(model._meta.pk, models.UUIDField)


@pytest.mark.parametrize("model", MODELS, ids=named)
def test_text_form_shows_no_sealed_value(model):
    sealed = {field.name for field in model._meta.concrete_fields if isinstance(field, SealedField)}
    assert not sealed & set(model.__str__.__code__.co_names)
    assert "called" not in model.__str__.__code__.co_names


def test_no_field_asks_what_must_not_be_asked():
    names = {field.name for model in MODELS for field in model._meta.get_fields()}
    assert not [name for name in names for word in ("victim", "immigration", "admission", "plea") if word in name]

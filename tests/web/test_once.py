"""A form's key: signed for the user and the track, the id of the row it makes."""

import uuid

import pytest
from django import forms
from django.core import signing

from participants.errors import ProgramError
from participants.tracks.scope import in_track
from participants.web.forms import OnceMixin, ProgramForm, page_status


class SiteForm(OnceMixin, ProgramForm):
    name = forms.CharField()
    day = forms.DateField(required=False)


@pytest.fixture
def make(cast):
    def form(data=None, *, user=cast.education_caseworker, track=cast.education):
        return SiteForm(data, user=user, track=track)

    return form


def key_of(form):
    return form["form_key"].value()


def test_key_becomes_the_row_id(make):
    key = key_of(make())
    form = make({"name": "x", "form_key": key})
    assert form.is_valid()
    assert isinstance(form.row_id, uuid.UUID)
    assert make({"name": "x", "form_key": key}).is_valid()
    assert form.values() == {"name": "x", "day": None}


def test_every_form_has_a_key_of_its_own(make):
    assert key_of(make()) != key_of(make())


UUID = "72fe4d63e2ea43be886dcdd9b3cb3f11"


@pytest.mark.parametrize("key", ["", "made up", UUID, signing.Signer(salt="other").sign(UUID)], ids=len)
def test_key_made_up_is_refused_and_nothing_typed_is_lost(make, key):
    form = make({"name": "typed", "form_key": key})
    assert not form.is_valid()
    assert form["name"].value() == "typed"
    again = make({"name": "typed", "form_key": key_of(form)})
    assert again.is_valid()


def test_key_of_another_person_or_track_is_refused(cast, make):
    key = key_of(make())
    assert not make({"name": "x", "form_key": key}, user=cast.education_manager).is_valid()
    assert not make({"name": "x", "form_key": key}, track=cast.services).is_valid()


def test_refusal_stands_next_to_its_field(make):
    form = make({"name": "x", "form_key": key_of(make())})
    assert form.is_valid()
    form.apply_error(ProgramError("Not this name.", field="name"))
    assert form.errors["name"] == ["Not this name."]
    assert page_status(form) == 422
    form.apply_error(ProgramError("Not at all.", field="no_such_field"))
    assert form.non_field_errors() == ["Not at all."]


def test_unbound_form_is_no_error(make):
    assert page_status(make()) == 200


def test_dates_are_typed_in_a_date_field(cast, make):
    with in_track(cast.education):
        assert 'type="date"' in str(make()["day"])

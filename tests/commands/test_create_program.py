"""`manage.py create_program`."""

import datetime
import io
import json

import pytest
import time_machine
from django.core.management import CommandError, call_command

from participants.consent.models import ConsentText
from participants.requirements.models import RequirementTemplate
from participants.screening.models import CriteriaVersion
from participants.tracks.models import Program
from participants.tracks.scope import in_track

PROGRAM = {"slug": "lake", "name": "Lake County Diversion", "time_zone": "America/Denver"}


def create(**values) -> str:
    out = io.StringIO()
    call_command("create_program", **{**PROGRAM, **values}, stdout=out)
    return out.getvalue()


def test_program_is_ready_with_both_tracks(db):
    assert json.loads(create(office="Lake County Attorney", json=True)) == {
        "program": "lake",
        "name": "Lake County Diversion",
        "time_zone": "America/Denver",
        "office": "Lake County Attorney",
        "tracks": ["education", "services"],
    }
    for track in Program.objects.get(slug="lake").tracks.select_related("program"):
        with in_track(track):
            assert CriteriaVersion.objects.count() == 1
            assert RequirementTemplate.objects.exists()
            assert ConsentText.objects.count() == 3 * len(ConsentText.Kind.values)


def test_criteria_are_in_force_from_the_programs_own_day(db):
    with time_machine.travel(datetime.datetime(2026, 3, 2, 3, 0, tzinfo=datetime.UTC), tick=False):
        create()
    track = Program.objects.get(slug="lake").tracks.select_related("program").first()
    with in_track(track):
        assert CriteriaVersion.objects.get().valid_from == datetime.date(2026, 3, 1)


def test_words_name_the_next_step(db):
    assert "create_staff EMAIL --name NAME --program lake" in create()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"slug": "harbor"}, "with this slug already"),
        ({"slug": "not a slug"}, "slug"),
        ({"time_zone": "Mars/Olympus"}, "Mars/Olympus is not a time zone"),
        ({"name": ""}, "blank"),
    ],
)
def test_wrong_value_is_refused_with_a_sentence(cast, wrong, sentence):
    before = Program.objects.count()
    with pytest.raises(CommandError, match=sentence) as refusal:
        create(**wrong)
    assert refusal.value.returncode == 1
    assert Program.objects.count() == before


def test_refusal_is_one_object_too(cast):
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("create_program", **{**PROGRAM, "slug": "harbor"}, json=True, stdout=out)
    assert list(json.loads(out.getvalue())) == ["error"]

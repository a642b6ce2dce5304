"""The trail as a file: what the page shows, harmless, on record, bounded."""

import csv
import io

import pytest
import time_machine
from django.test import Client, override_settings

from participants.audit import export
from participants.audit.actions import origin, record
from participants.audit.models import Event, EventSubject
from participants.audit.trail import short
from participants.staff.models import User
from participants.tracks.scope import in_track
from tests import builders
from tests.statements import exactly

AT = "2026-05-01T16:05:07.459Z"
DAY = {"from": "2026-05-01", "to": "2026-05-01"}


@pytest.fixture
def stay(cast):
    stay = builders.make_enrollment(cast, cast.education, name="Rosa Lookedat")
    User.objects.filter(pk=cast.education_manager.pk).update(name="=cmd|' /C calc'!A0")
    with time_machine.travel(AT, tick=False), in_track(cast.education), origin("10.0.0.7", "GET /<slug:program>/x"):
        record(
            "participant.changed",
            by=cast.education_manager,
            subjects=[stay.participant, stay.referral],
            fields=["name", "phone"],
        )
        record("page.refused", by=cast.education_caseworker, outcome="refused", detail={"page": "staff"})
    return stay


def fetched(cast, **query):
    client = cast.client("education_privacy_officer")
    return client.get(cast.url(cast.education, "audit_export"), DAY | query)


def test_every_byte_of_the_file(cast, stay):
    response = fetched(cast)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="audit-')
    records = f"file {stay.participant.reference}; case {short(stay.referral_id)}"
    assert response.text == (
        "at,who,account,what,action,kind,fields,records,outcome,from,page\r\n"
        "2026-05-01T12:05:07.459-04:00,Education Caseworker,education_caseworker@example.org,"
        "Was refused: the list of staff,page.refused,Was refused,,,refused,10.0.0.7,GET /<slug:program>/x\r\n"
        "2026-05-01T12:05:07.459-04:00,'=cmd|' /C calc'!A0,education_manager@example.org,"
        f'Participant changed,participant.changed,Changed a record,"name, phone",{records},done,10.0.0.7,'
        "GET /<slug:program>/x\r\n"
    )
    assert "Lookedat" not in response.text


def test_export_is_on_record_with_its_filters_and_count_and_no_value(cast, stay):
    fetched(cast, person=str(cast.education_manager.pk), record=stay.participant.reference)
    with in_track(cast.education):
        event = Event.objects.get(action="audit.exported")
        about = set(EventSubject.objects.filter(event_id=event.pk).values_list("kind", "subject_id"))
    assert event.actor_id == cast.education_privacy_officer.pk
    assert event.detail == {"filters": ["from", "person", "record", "to"], "count": 1}
    assert about == {("participant", stay.participant_id), ("referral", stay.referral_id)}


def test_filter_is_kept_from_page_to_file(cast, stay):
    client = cast.client("education_privacy_officer")
    page = client.get(cast.url(cast.education, "audit"), DAY | {"outcome": "refused"})
    rows = list(csv.DictReader(io.StringIO(client.get(page.context["export_url"]).text)))
    assert [row["action"] for row in rows] == ["page.refused"]


def test_more_than_fits_is_refused_at_the_field(cast, stay, monkeypatch):
    monkeypatch.setattr(export, "MOST_ROWS", 1)
    response = fetched(cast)
    assert response.status_code == 422
    assert "more than 1 events" in response.context["form"].errors["from"][0]
    assert response.context["lines"] == []
    with in_track(cast.education):
        assert not Event.objects.filter(action="audit.exported").exists()
    assert fetched(cast, outcome="refused").status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_fixed_number_of_statements(cast, stay, rows):
    with time_machine.travel("2026-06-01T16:00:00Z", tick=False), in_track(cast.education):
        for _ in range(rows):
            record("thing.done", by=cast.education_caseworker, subjects=[stay.participant])
    days = {"from": "2026-06-01", "to": "2026-06-01"}
    client, url = cast.client("education_privacy_officer"), cast.url(cast.education, "audit_export")
    client.get(url, days)
    with exactly(12):
        assert client.get(url, days).text.count("thing.done") == rows


@override_settings(FRESH_SIGN_IN_REQUIRED=True)
def test_export_asks_who_is_there(cast, stay):
    for name, url in (
        ("education_privacy_officer", cast.url(cast.education, "audit_export")),
        ("harbor_overseer", "/oversight/export/"),
    ):
        with time_machine.travel("2026-11-23T12:00:00Z", tick=False):
            client = Client()  # not one whose user is there all the time
            client.force_login(cast.people[name])
        with time_machine.travel("2026-11-23T12:20:00Z", tick=False):
            response = client.get(url)
        assert response.status_code == 302, name
        assert "reauthenticate" in response.url
    with in_track(cast.education):
        assert not Event.objects.filter(action="audit.exported").exists()

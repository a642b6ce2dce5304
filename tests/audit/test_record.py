"""Events and their subjects: written with the change or not at all, and read in their own track only."""

import datetime

import pytest
from django.db import transaction

from participants.audit.actions import origin, record
from participants.audit.models import Event, EventSubject
from participants.audit.queries import events, events_about, with_names
from participants.models import Participant
from participants.tracks.scope import OtherTrack, in_track
from tests.statements import exactly


def test_event_says_who_what_when_where(cast):
    with in_track(cast.education):
        person = Participant.objects.create(name="A Person")
        with origin("10.0.0.7", "GET /x"):
            event = record("note.written", by=cast.education_caseworker, subjects=[person], fields=["text"])
        event = Event.objects.get(pk=event.pk)
        assert (event.action, event.outcome, event.actor_id) == ("note.written", "done", cast.education_caseworker.pk)
        assert (event.source, event.path, event.detail) == ("10.0.0.7", "GET /x", {"fields": ["text"]})
        assert event.at.tzinfo is not None
        assert event.track_id == cast.education.pk
        assert list(EventSubject.objects.filter(event_id=event.pk).values_list("kind", "subject_id")) == [
            ("participant", person.pk)
        ]
        assert [row.pk for row in events_about(person.pk)] == [event.pk]


def test_events_are_read_in_their_own_track_only(cast):
    with in_track(cast.education):
        record("here")
    record("nowhere")
    with in_track(cast.services):
        assert not Event.objects.filter(action__in=["here", "nowhere"]).exists()
    with in_track(cast.education):
        assert [event.action for event in events()][:1] == ["here"]
    assert Event.objects.filter(action="nowhere").count() == 1
    assert not Event.objects.filter(action="here").exists()


def test_event_of_another_scope_cannot_be_written(cast):
    now = datetime.datetime.now(datetime.UTC)
    with in_track(cast.services), pytest.raises(OtherTrack):
        Event(track_id=cast.education.pk, at=now, action="x").save(force_insert=True)
    with pytest.raises(OtherTrack):
        Event(track_id=cast.education.pk, at=now, action="x").save(force_insert=True)


@pytest.mark.parametrize(
    "change",
    [
        lambda: Event.objects.update(action="x"),
        lambda: Event.objects.all().delete(),
        lambda: Event.objects.first().delete(),
    ],
)
def test_events_are_neither_changed_nor_deleted(cast, change):
    with in_track(cast.education):
        record("x")
        with pytest.raises(TypeError), transaction.atomic():
            change()


def test_rows_carry_names_in_two_statements(cast, django_assert_num_queries):
    with in_track(cast.education):
        for number in range(3):
            record(f"event {number}", by=cast.education_manager, subjects=[("participant", cast.education.pk)])
        record("by nobody")
        rows = list(events()[:4])
        with django_assert_num_queries(2):
            named = with_names(rows)
        assert [(row.actor, row.concerned) for row in named] == [
            ("the system", ""),
            *[("Education Manager", "1 participant")] * 3,
        ]


def test_page_shows_events_to_the_privacy_officer(cast):
    client = cast.client("education_privacy_officer")
    for _ in range(2):
        response = client.get(cast.url(cast.education, "audit"))
    assert response.status_code == 200
    assert "Education Privacy Officer" in response.text
    assert "page.viewed" in response.text
    with in_track(cast.services):
        record("only in services")
    assert "only in services" not in client.get(cast.url(cast.education, "audit")).text


@pytest.mark.parametrize("rows", [1, 3])
def test_page_has_a_fixed_number_of_statements(cast, rows):
    with in_track(cast.education):
        for number in range(rows):
            record(f"event {number}", by=cast.education_manager, subjects=[("participant", cast.education.pk)])
    client, url = cast.client("education_privacy_officer"), cast.url(cast.education, "audit")
    with exactly(7):
        assert client.get(url).text.count("1 participant") == rows


def test_refusals_can_be_singled_out(cast):
    cast.client("education_facilitator").get(cast.url(cast.education, "referrals"))
    response = cast.client("education_privacy_officer").get(cast.url(cast.education, "audit"), {"outcome": "refused"})
    assert "page.refused" in response.text
    assert "page.viewed" not in response.text

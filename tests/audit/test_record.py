"""Events and their subjects: written with the change or not at all, and read in their own track only."""

import datetime

import pytest
from django.db import transaction

from participants.audit.actions import origin, record
from participants.audit.models import Event, EventSubject
from participants.audit.queries import events, events_about
from participants.models import Participant
from participants.tracks.scope import OtherTrack, in_track


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

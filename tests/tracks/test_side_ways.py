"""Ways round the scope that a careless line could take, each refused by the scope or by the database."""

import pickle

import pytest
from django.db import DatabaseError, connection, transaction

from participants.models import Participant, Site
from participants.tracks.scope import OtherTrack, in_track
from tests import builders


@pytest.fixture
def theirs(cast):
    with in_track(cast.education):
        return Site.objects.create(name="education room")


def name_of(cast, site):
    with in_track(cast.education):
        return Site.objects.get(pk=site.pk).name


def test_upsert_does_not_meet_a_row_of_the_other_track(cast, theirs):
    mine = Site(pk=theirs.pk, track=cast.services, name="mine now")
    with in_track(cast.services), pytest.raises(DatabaseError), transaction.atomic():
        Site.objects.bulk_create([mine], update_conflicts=True, unique_fields=["id"], update_fields=["name"])
    assert name_of(cast, theirs) == "education room"


def test_upsert_meets_its_own_row(cast, theirs):
    with in_track(cast.education):
        theirs.name = "painted room"
        Site.objects.bulk_create([theirs], update_conflicts=True, unique_fields=["id"], update_fields=["name"])
    assert name_of(cast, theirs) == "painted room"


def test_row_made_up_with_a_foreign_key_cannot_be_deleted(cast, theirs):
    with in_track(cast.services):
        with pytest.raises(OtherTrack):
            Site(pk=theirs.pk, name="x").delete()
        own = Site.objects.create(name="own")
        own.pk = theirs.pk
        with pytest.raises(OtherTrack):
            own.delete()
    assert name_of(cast, theirs) == "education room"


def test_rows_cannot_be_carried_off_in_a_pickle(cast, theirs):
    with in_track(cast.education):
        queryset = Site.objects.all()
        list(queryset)
        with pytest.raises(OtherTrack):
            pickle.dumps(queryset)


def test_exclude_over_a_reverse_relation(cast):
    stays = {kind: builders.make_enrollment(cast, cast.tracks[kind]) for kind in ("education", "services")}
    ended = builders.make_ended(cast, cast.education)
    with in_track(cast.education):
        assert list(Participant.objects.exclude(enrollments__status="active")) == [ended.participant]
        assert list(Participant.objects.exclude(enrollments__status="withdrew")) == [stays["education"].participant]


def test_replacing_an_audit_event_is_refused(cast):
    replace = {
        "sqlite": "INSERT OR REPLACE INTO participants_event SELECT * FROM participants_event LIMIT 1",
        "postgresql": "INSERT INTO participants_event SELECT * FROM participants_event LIMIT 1 "
        "ON CONFLICT (id) DO UPDATE SET action = 'x'",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM participants_event")
        assert cursor.fetchone()[0] > 0
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute(replace)

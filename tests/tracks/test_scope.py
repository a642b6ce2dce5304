"""Outside a scope no query on a track record compiles; inside, every query sees one track."""

import pytest
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Subquery

from participants.models import Enrollment, Referral, Site
from participants.tracks.models import Track
from participants.tracks.scope import NoTrackInScope, OtherTrack, active_scope_or_none, in_track


@pytest.fixture
def sites(cast):
    """A site of the same kind in both tracks of the program."""
    made = {}
    for kind, track in (("education", cast.education), ("services", cast.services)):
        with in_track(track):
            made[kind] = Site.objects.create(name=f"{kind} room")
    return made


WAYS_TO_ASK = {
    "list": lambda site: list(Site.objects.all()),
    "get": lambda site: Site.objects.get(pk=site.pk),
    "count": lambda site: Site.objects.count(),
    "exists": lambda site: Site.objects.exists(),
    "exclude_exists": lambda site: Site.objects.exclude(name="x").exists(),
    "first": lambda site: Site.objects.first(),
    "values": lambda site: list(Site.objects.values("name")),
    "values_list": lambda site: list(Site.objects.values_list("name", flat=True)),
    "aggregate": lambda site: Site.objects.aggregate(n=Count("pk")),
    "annotate": lambda site: list(Site.objects.annotate(n=Count("sessions"))),
    "in_bulk": lambda site: Site.objects.in_bulk([site.pk]),
    "iterator": lambda site: list(Site.objects.iterator()),
    "union": lambda site: list(Site.objects.all().union(Site.objects.all())),
    "distinct": lambda site: list(Site.objects.values("name").distinct()),
    "dates": lambda site: list(Referral.objects.dates("received_on", "day")),
    "explain": lambda site: Site.objects.all().explain(),
    "sliced": lambda site: list(Site.objects.all()[:1]),
    "exists_subquery": lambda site: list(Track.objects.filter(Exists(Site.objects.filter(track=OuterRef("pk"))))),
    "scalar_subquery": lambda site: list(Track.objects.annotate(n=Subquery(Site.objects.values("name")[:1]))),
    "in_subquery": lambda site: list(Track.objects.filter(pk__in=Site.objects.values("track_id"))),
    "update": lambda site: Site.objects.update(name="x"),
    "update_or_create": lambda site: Site.objects.update_or_create(pk=site.pk, defaults={"name": "x"}),
    "get_or_create": lambda site: Site.objects.get_or_create(pk=site.pk),
    "delete": lambda site: Site.objects.all().delete(),
    "bulk_create": lambda site: Site.objects.bulk_create([Site(track_id=site.track_id, name="new")]),
    "bulk_update": lambda site: Site.objects.bulk_update([site], ["name"]),
    "create": lambda site: Site.objects.create(name="new"),
    "new_row": lambda site: Site(name="new"),
    "save": lambda site: site.save(),
    "save_new": lambda site: Site(track_id=site.track_id, name="new").save(),
    "delete_row": lambda site: site.delete(),
    "refresh": lambda site: site.refresh_from_db(),
    "base_manager": lambda site: Site._base_manager.count(),
    "related": lambda site: list(site.sessions.all()),
    "prefetch": lambda site: list(Track.objects.all()) and list(Site.objects.prefetch_related("sessions")),
    "f_expression": lambda site: Site.objects.filter(name=F("address")).count(),
    "raw": lambda site: list(Site.objects.raw("SELECT * FROM participants_site")),
    "select_for_update": lambda site: list(Site.objects.select_for_update()),
}


@pytest.mark.parametrize("way", WAYS_TO_ASK)
def test_query_without_a_scope_is_refused(sites, way):
    with pytest.raises(NoTrackInScope), transaction.atomic():
        WAYS_TO_ASK[way](sites["education"])


READINGS = {
    "list": lambda: {site.name for site in Site.objects.all()},
    "values": lambda: {row["name"] for row in Site.objects.values("name")},
    "exclude": lambda: {site.name for site in Site.objects.exclude(name="x")},
    "union": lambda: {site.name for site in Site.objects.order_by().union(Site.objects.order_by().filter(name__gt=""))},
    "sliced": lambda: {site.name for site in Site.objects.order_by("-name")[:5]},
    "in_bulk": lambda: {site.name for site in Site.objects.in_bulk().values()},
    "subquery": lambda: set(
        Track.objects.annotate(name=Subquery(Site.objects.values("name")[:1])).values_list("name", flat=True)
    ),
    "base_manager": lambda: {site.name for site in Site._base_manager.all()},
}


@pytest.mark.parametrize("way", READINGS)
def test_reading_in_a_scope_sees_its_track_only(cast, sites, way):
    with in_track(cast.services):
        assert READINGS[way]() == {"services room"}


def test_counting_and_existence_see_one_track(cast, sites):
    with in_track(cast.services):
        assert Site.objects.count() == 1
        assert not Site.objects.filter(name="education room").exists()
        assert Site.objects.aggregate(n=Count("pk")) == {"n": 1}


def test_writing_in_bulk_touches_one_track(cast, sites):
    with in_track(cast.services):
        assert Site.objects.update(address="new") == 1
    with in_track(cast.education):
        assert Site.objects.get().address == ""
    with in_track(cast.services):
        assert Site.objects.all().delete()[0] == 1
    with in_track(cast.education):
        assert Site.objects.count() == 1


def test_queryset_made_elsewhere_is_filtered_where_it_is_used(cast, sites):
    with in_track(cast.education):
        queryset = Site.objects.all()
    with in_track(cast.services):
        assert [site.name for site in queryset] == ["services room"]


def test_row_of_another_track_cannot_be_written(cast, sites):
    with in_track(cast.services):
        for write in (
            lambda: sites["education"].delete(),
            lambda: sites["education"].save(),
            lambda: Site(track=cast.education, name="x").save(),
            lambda: Site.objects.bulk_create([Site(track=cast.education, name="x")]),
            lambda: Site.objects.update(track=cast.education),
        ):
            with pytest.raises(OtherTrack), transaction.atomic():
                write()


def test_scope_takes_one_saved_track(cast):
    for wrong in (None, cast.education.pk, [cast.education], cast.harbor, Track(program=cast.harbor, kind="services")):
        with pytest.raises(TypeError), in_track(wrong):
            pass


def test_scope_refuses_another_track_inside(cast):
    with in_track(cast.education):
        with pytest.raises(OtherTrack), in_track(cast.services):
            pass
        with in_track(cast.education) as scope:
            assert scope.track == cast.education
    assert active_scope_or_none() is None


def test_scope_is_left_on_an_error(cast):
    with pytest.raises(ZeroDivisionError), in_track(cast.education):
        raise ZeroDivisionError
    assert active_scope_or_none() is None


def test_scope_sets_the_program_time_zone(cast):
    from django.utils import timezone

    with in_track(cast.elsewhere):
        assert timezone.get_current_timezone_name() == "America/Chicago"
    assert timezone.get_current_timezone_name() == "UTC"


def test_new_row_belongs_to_the_active_track(cast):
    with in_track(cast.services):
        assert Site.objects.create(name="here").track_id == cast.services.pk


def test_join_from_a_user_into_records_is_not_possible(cast):
    from django.core.exceptions import FieldError

    from participants.models import User

    with pytest.raises(FieldError):
        User.objects.filter(enrollment__status="active")
    assert not [field for field in User._meta.get_fields() if field.related_model is Enrollment and not field.hidden]

"""What the database itself refuses, tried through raw SQL as the role that serves requests."""

import pytest
from django.db import DatabaseError, connection, connections, transaction

from participants.audit.actions import record
from participants.audit.models import Event
from participants.models import RequirementTemplate, Session, Site
from participants.tracks import walls
from participants.tracks.scope import in_track
from participants.web import clock


def test_every_wall_stands(db):
    expected = {(wall.trigger, wall.table) for wall in walls.walls(connection.vendor)}
    assert walls.catalogue(connection) == expected
    assert len(expected) > 80
    assert max(len(name) for name, _ in expected) <= 63


def test_every_pointer_between_records_has_its_wall():
    from django.apps import apps

    from participants.tracks.models import TrackRecord

    pointers = {
        (model._meta.db_table, f"same_{field.column}")
        for model in apps.get_app_config("participants").get_models()
        for field in model._meta.concrete_fields
        if field.is_relation and issubclass(field.related_model, TrackRecord)
    }
    built = {(wall.table, wall.name) for wall in walls.walls("sqlite") if wall.name.startswith("same_")}
    assert built == pointers
    assert len(pointers) > 20


def execute(sql, params=()):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount


def as_key(value):
    return value.hex if connection.vendor == "sqlite" else str(value)


@pytest.fixture
def session(cast):
    now = clock.now()
    with in_track(cast.services):
        other_site = Site.objects.create(name="services room")
    with in_track(cast.education):
        row = Session.objects.create(
            kind="class",
            held_on=now.date(),
            starts_at=now,
            ends_at=now.replace(year=now.year + 1),
            facilitator=cast.education_facilitator,
        )
    return row, other_site


def test_row_cannot_point_into_another_track(cast, session):
    row, other_site = session
    with in_track(cast.education):
        with pytest.raises(DatabaseError), transaction.atomic():
            Session.objects.filter(pk=row.pk).update(site=other_site)
        row.pk, row.site_id = None, other_site.pk
        with pytest.raises(DatabaseError), transaction.atomic():
            row.save(force_insert=True)


def test_raw_sql_cannot_point_into_another_track(cast, session):
    row, other_site = session
    with in_track(cast.education), pytest.raises(DatabaseError):
        execute("UPDATE participants_session SET site_id = %s WHERE id = %s", [as_key(other_site.pk), as_key(row.pk)])


def test_record_never_changes_its_track(cast, session):
    row, _ = session
    with in_track(cast.education), pytest.raises(DatabaseError):
        execute(
            "UPDATE participants_session SET track_id = %s WHERE id = %s",
            [as_key(cast.services.pk), as_key(row.pk)],
        )


def test_services_holds_no_requirement_that_names_a_service(cast):
    with in_track(cast.services):
        for wrong in ({"kind": "class_hours"}, {"kind": "own_choice_sessions", "service": "Counselling"}):
            with pytest.raises(DatabaseError), transaction.atomic():
                RequirementTemplate.objects.create(quantity=1, basis="standard", **wrong)
        template = RequirementTemplate.objects.get()
        with pytest.raises(DatabaseError), transaction.atomic():
            RequirementTemplate.objects.filter(pk=template.pk).update(service="Counselling")
    with in_track(cast.education):
        RequirementTemplate.objects.create(kind="class_hours", service="Class", quantity=1, basis="standard")


@pytest.mark.parametrize("table", ["participants_event", "participants_eventsubject"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_audit_tables_are_append_only(cast, table, change):
    with in_track(cast.education):
        record("test", subjects=[("participant", cast.education.pk)])
        with pytest.raises(DatabaseError):
            execute(change.format(table))
        assert Event.objects.filter(action="test").count() == 1


def test_walls_come_back_after_a_migration(live_db):
    before = walls.catalogue(connection)
    owner = connections[walls.owner_alias("default")]
    walls.before_migration(None, using="default")
    assert walls.catalogue(owner) == set()
    walls.after_migration(None, using="default")
    assert walls.catalogue(owner) == before

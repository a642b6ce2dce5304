"""A minor is handed over: dates compared, the call recorded, everything about the person erased with the log entry."""

import datetime

import pytest
from django.db import DatabaseError, connection

from participants.audit.models import Event, EventSubject
from participants.enrollment.queries import find
from participants.errors import ProgramError, ValuesRefused
from participants.handoffs.actions import finish_handoff, start_handoff, take_over_handoff
from participants.handoffs.erasure import EMPTIED, KEYS, PAPERS
from participants.handoffs.queries import stopped_or_404
from participants.models import Handoff, Referral, Restriction, SearchToken
from participants.people.restricting import restrict_file
from participants.referrals.actions import change_referral, correct_dates, receive_referral
from participants.referrals.case import prepare
from participants.referrals.rules import Status
from participants.tracks.models import ERASE, TALLY
from participants.tracks.scope import RestrictedRecord, in_track
from tests import builders, raw
from tests.handoffs.handing import CALL, CHILD, NOW, TODAY, finish, make_stopped, start


def stored(cast, row, track=None):
    with in_track(track or cast.education):
        return Referral.objects.get(pk=row.pk)


def actions_of(cast, row, track=None):
    with in_track(track or cast.education):
        about = EventSubject.objects.filter(subject_id=row.pk).values("event_id")
        return list(Event.objects.filter(pk__in=about).order_by("id").values_list("action", flat=True))


def test_starting_is_on_record_and_done_once(cast):
    row = make_stopped(cast)
    handoff = start(cast, row)
    assert (handoff.started_by, handoff.started_at, handoff.adult_now) == (cast.education_caseworker, NOW, False)
    assert start(cast, row) == handoff
    assert actions_of(cast, row).count("handoff.started") == 1
    assert stored(cast, row).status == Status.STOPPED


def test_dates_have_to_be_compared(cast):
    row = make_stopped(cast)
    with pytest.raises(ProgramError, match="document") as refused:
        start(cast, row, checked=False)
    assert refused.value.field == "checked"
    with in_track(cast.education):
        assert not Handoff.objects.exists()


def test_what_was_compared_is_what_stands_there(cast):
    row = make_stopped(cast)
    with pytest.raises(ProgramError, match="Compare the dates once more"):
        start(cast, row, version=7)


def test_only_a_stopped_referral_is_handed_over(cast):
    row = builders.make_referral(cast, cast.education)
    with pytest.raises(ProgramError, match="not stopped"):
        start(cast, row)


def test_from_the_start_only_the_worker_and_the_managers_read(cast):
    row = make_stopped(cast)
    start(cast, row)
    for reader, reads in (
        (cast.education_caseworker, True),
        (cast.education_manager, True),
        (cast.education_second_manager, True),
        (cast.education_second_caseworker, False),
        (cast.education_intake_clerk, False),
        (cast.education_liaison, False),
    ):
        permissions = reader.grants.get().as_role.permissions
        with in_track(cast.education, by=reader) as scope:
            scope.privileges = permissions
            found = Referral.objects.get(pk=row.pk)
            if reads:
                assert found.name == "Kim Minorson"
                assert stopped_or_404(row.pk) == row
            else:
                with pytest.raises(RestrictedRecord):
                    assert found.name


def test_a_manager_takes_over_and_the_worker_does_not_read_any_more(cast):
    row = make_stopped(cast)
    handoff = start(cast, row)
    with in_track(cast.education, by=cast.education_manager, write=True):
        take_over_handoff(handoff=handoff, by=cast.education_manager)
    with pytest.raises(ProgramError, match="Somebody else"):
        finish(cast, handoff, by=cast.education_caseworker)
    with in_track(cast.education, by=cast.education_caseworker), pytest.raises(RestrictedRecord):
        assert Referral.objects.get(pk=row.pk).name
    assert actions_of(cast, row)[-1] == "handoff.taken_over"
    finish(cast, handoff, by=cast.education_manager)
    assert stored(cast, row).status == Status.HANDED_OFF


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"report": ""}, "report"),
        ({"report": "not_reported", "reason": "No."}, "report"),
        ({"told_at": None}, "told_on"),
        ({"told_at": NOW + datetime.timedelta(minutes=1)}, "told_on"),
        ({"told_at": NOW - datetime.timedelta(days=900)}, "told_on"),
        ({"told_to": "  "}, "told_to"),
        ({"report_number": ""}, "report_number"),
        ({"report_number": "9" * 51}, "report_number"),
        ({"told_to": "a\nb"}, "told_to"),
    ],
)
def test_half_an_answer_erases_nothing(cast, over, field):
    row = make_stopped(cast)
    handoff = start(cast, row)
    with pytest.raises(ValuesRefused) as refused:
        finish(cast, handoff, **over)
    assert [problem.field for problem in refused.value.problems] == [field]
    found = stored(cast, row)
    with in_track(cast.education):
        assert (found.name, found.status) == ("Kim Minorson", Status.STOPPED)
        assert Handoff.objects.get().done_at is None


def test_finished_leaves_the_log_entry_and_a_row_that_counts(cast):
    row = make_stopped(cast, received_on=datetime.date(2026, 3, 1))
    before = stored(cast, row)
    handoff = start(cast, row)
    finish(cast, handoff)
    after = stored(cast, row)
    with in_track(cast.education):
        log = Handoff.objects.get()
        assert (log.report, log.told_at, log.told_to, log.report_number, log.reason) == (
            "reported",
            CALL,
            "Counselor 114",
            "2026-778812",
            "",
        )
        assert (log.done_at, log.done_by) == (NOW, cast.education_caseworker)
        assert {name: getattr(after, name) for name in EMPTIED} == EMPTIED
        assert (after.status, after.received_on, after.source, after.charge) == (
            Status.HANDED_OFF,
            before.received_on,
            before.source,
            before.charge,
        )
        assert after.offense_on == before.received_on
        for key in (*KEYS, "person_key"):
            assert getattr(after, key) != getattr(before, key)
        assert after.created_at == datetime.datetime(2026, 3, 1, 5, tzinfo=datetime.UTC)
    assert actions_of(cast, row)[-1] == "referral.handed_off"
    with pytest.raises(ProgramError, match="finished already"):
        finish(cast, handoff)


def test_every_field_that_expunging_destroys_is_emptied(cast):
    """A field that is added later must not be forgotten."""
    counted = {"charge", "received_on", "source", "status"}
    of_person = {name for name, how in Referral.classification.items() if how in (ERASE, TALLY)} - counted
    assert of_person == {*EMPTIED, *KEYS, "offense_on", "created_at", "merged_into"}


def test_every_table_that_points_to_a_referral_is_cleared_or_known():
    cleared = {(model, way) for model, ways in PAPERS for way in ways if "__" not in way}
    # A placed referral is never stopped; the log stays; who is merged goes with the one that was kept.
    kept = {("Enrollment", "referral"), ("Handoff", "referral"), ("Referral", "merged_into")}
    pointing = {(found.related_model, found.field.name) for found in Referral._meta.related_objects}
    assert {(model, name) for model, name in pointing if (model.__name__, name) not in kept} == cleared


def test_nothing_of_the_person_is_left_in_any_table(cast):
    """A raw read of every table: no plain value, and none of the sealed values that there were."""
    row = make_everything_about_a_child(cast)
    sealed = sealed_values_of(row)
    assert len(sealed) > 12
    assert any(b"Kim Minorson" not in value for value in sealed)
    assert all(found_raw(value) for value in sealed), "the raw read must be able to find them"
    with in_track(cast.education):
        tokens = [bytes(token.token) for token in SearchToken.objects.filter(subject_id=row.pk)]
        keys = [bytes(value) for value in (row.fingerprint, row.case_key, row.person_key)]
    assert len(tokens) > 10
    assert all(found_raw(value) for value in (*tokens, *keys))
    handoff = start(cast, row)
    finish(cast, handoff)
    left = [value for value in (*sealed, *tokens, *keys) if found_raw(value)]
    assert left == []
    for text in ("Minorson", "305-555-0101", "J26-4711", "2009-05-17", "Ada Lawson", "trans_man"):
        assert not found_raw(text.encode()), text


def make_everything_about_a_child(cast) -> Referral:
    """An adult by a mistyped date goes all the way to an agreement; then the date is put right."""
    person = {
        "name": "Kim Minorson",
        "phone": "305-555-0101",
        "case_number": "J26-4711",
        "counsel_name": "Ada Lawson",
        "gender": "trans_man",
        "offense_on": datetime.date(2026, 2, 20),
    }
    agreement = builders.make_agreement(cast, cast.education, person=person)
    clerk = cast.education_intake_clerk
    with in_track(cast.education, by=clerk, write=True):
        row = Referral.objects.get(pk=agreement.referral_id)
        restrict_file(referral=row, staff=cast.education_counsellor, today=TODAY, by=clerk)
        change_referral(
            referral=row, version=row.version, date_of_birth=datetime.date(2009, 5, 17), today=TODAY, by=clerk
        )
        return Referral.objects.get(pk=row.pk)


def tables() -> list[str]:
    return [name for name in connection.introspection.table_names() if name.startswith("participants_")]


rows_of = raw.records


def as_bytes(value) -> bytes:
    return bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()


def found_raw(wanted: bytes) -> bool:
    return any(wanted in as_bytes(value) for table in tables() for row in rows_of(table) for value in row.values())


def sealed_values_of(row: Referral) -> list[bytes]:
    """Every sealed value of the referral and of what points to it, as it lies in the database."""
    wanted = {row.pk.hex, str(row.pk)}
    found = []
    for table in tables():
        if table == "participants_handoff":
            continue
        for stored_row in rows_of(table):
            if wanted & {str(stored_row.get(name)) for name in ("id", "referral_id", "subject_id")}:
                found += [bytes(v) for v in stored_row.values() if isinstance(v, (bytes, memoryview)) and len(v) > 60]
    return found


def test_search_and_duplicate_keys_do_not_find_the_person(cast):
    row = make_stopped(cast, case_number="J26-4711")
    handoff = start(cast, row)
    finish(cast, handoff)
    with in_track(cast.education):
        for text in ("Minorson", "Kim", "J26-4711"):
            assert len(find(text)) == 0
        again = prepare(
            name="Kim Minorson",
            date_of_birth=CHILD["date_of_birth"],
            case_number="J26-4711",
            charge=row.charge,
            offense_on=row.offense_on,
            received_on=TODAY,
            source="SAO",
            today=TODAY,
        )
        for key in ("fingerprint", "case_key", "person_key"):
            assert not Referral.objects.filter(**{key: getattr(again, key)}).exists()


def test_merged_referrals_go_with_the_one_that_was_kept(cast):
    row = make_stopped(cast)
    twin = builders.make_referral(cast, cast.education, name="Kim Minorson", case_number="J26-9")
    with in_track(cast.education, write=True):
        Referral.objects.filter(pk=twin.pk).update(status=Status.MERGED, merged_into=row.pk)
    finish(cast, start(cast, row))
    after = stored(cast, twin)
    with in_track(cast.education):
        assert (after.name, after.case_number, after.status) == ("", "", Status.MERGED)
        assert not SearchToken.objects.filter(subject_id=twin.pk).exists()


def test_erasure_and_log_entry_are_one(cast):
    row = make_stopped(cast)
    handoff = start(cast, row)

    def full(execute, sql, params, many, context):
        if 'INSERT INTO "participants_event"' in sql:
            raise DatabaseError("no room for events")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(full), pytest.raises(DatabaseError):
        finish(cast, handoff)
    found = stored(cast, row)
    with in_track(cast.education):
        assert (found.name, found.status) == ("Kim Minorson", Status.STOPPED)
        assert Handoff.objects.get().done_at is None
        assert SearchToken.objects.filter(subject_id=row.pk).exists()


def test_an_adult_by_now_may_stay_unreported_with_the_reason(cast):
    row = make_stopped(cast, date_of_birth=datetime.date(2008, 3, 1), offense_on=datetime.date(2026, 2, 20))
    handoff = start(cast, row)
    assert handoff.adult_now is True
    with pytest.raises(ValuesRefused) as refused:
        finish(cast, handoff, report="not_reported", reason=" ")
    assert [problem.field for problem in refused.value.problems] == ["reason"]
    finish(cast, handoff, report="not_reported", reason="The person asks for no report.")
    with in_track(cast.education):
        log = Handoff.objects.get()
        assert (log.report, log.told_at, log.told_to, log.report_number) == ("not_reported", None, "", "")
        assert log.reason == "The person asks for no report."
    assert stored(cast, row).status == Status.HANDED_OFF


def test_a_date_that_was_wrong_after_all_ends_the_hand_off(cast):
    row = make_stopped(cast)
    start(cast, row)
    by = cast.education_caseworker
    with in_track(cast.education, by=by, write=True):
        correct_dates(
            referral=row,
            version=0,
            date_of_birth=datetime.date(1999, 5, 17),
            offense_on=row.offense_on,
            checked=True,
            today=TODAY,
            by=by,
        )
    with in_track(cast.education, by=cast.education_intake_clerk):
        assert Referral.objects.get(pk=row.pk).name == "Kim Minorson"
        assert not Handoff.objects.exists()
    assert stored(cast, row).status == Status.RECEIVED


def test_the_erased_row_is_not_written_to(cast):
    row = make_stopped(cast)
    finish(cast, start(cast, row))
    clerk = cast.education_intake_clerk
    erased = stored(cast, row)
    with in_track(cast.education, by=clerk, write=True):
        with pytest.raises(ProgramError, match="handed off"):
            change_referral(referral=erased, version=erased.version, name="Kim Again", today=TODAY, by=clerk)
        with pytest.raises(ProgramError):
            restrict_file(referral=erased, staff=cast.education_counsellor, today=TODAY, by=clerk)
        assert not Restriction.objects.exists()


def test_the_same_child_sent_again_is_stopped_again(cast):
    row = make_stopped(cast, case_number="J26-4711")
    finish(cast, start(cast, row))
    clerk = cast.education_intake_clerk
    with in_track(cast.education, by=clerk, write=True):
        again = receive_referral(
            name="Kim Minorson",
            date_of_birth=CHILD["date_of_birth"],
            case_number="J26-4711",
            charge=row.charge,
            offense_on=row.offense_on,
            received_on=TODAY,
            source="SAO",
            today=TODAY,
            by=clerk,
        )
    assert again.status == Status.STOPPED


def test_other_tracks_hand_off_is_unknown_here(cast):
    row = make_stopped(cast, track=cast.services)
    handoff = start(cast, row, track=cast.services)
    with in_track(cast.education, by=cast.education_caseworker, write=True):
        with pytest.raises(Handoff.DoesNotExist):
            finish_handoff(
                handoff=handoff, report="reported", told_at=CALL, today=TODAY, now=NOW, by=cast.education_caseworker
            )
        with pytest.raises(Referral.DoesNotExist):
            start_handoff(referral=row, version=0, checked=True, today=TODAY, now=NOW, by=cast.education_caseworker)

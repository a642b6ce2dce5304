"""A batch: its page, taken back byte for byte while nothing was done with it, closed when its minors are handed off."""

import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from participants.audit.models import Event, EventSubject
from participants.court.models import CourtResult
from participants.duplicates.models import Comparison
from participants.errors import ProgramError
from participants.files.batches import close_batch, undo_batch, worked_on
from participants.files.intake import receive_file
from participants.files.models import Batch, WaitingFile
from participants.files.waiting import receive_waiting
from participants.handoffs.actions import finish_handoff, start_handoff
from participants.handoffs.models import Handoff
from participants.operations.models import Operation
from participants.people.models import Restriction, SearchToken
from participants.referrals.actions import change_referral, receive_referral
from participants.referrals.case import NewOperation
from participants.referrals.models import Referral
from participants.referrals.rules import HOTLINE, Status
from participants.tracks.scope import in_track
from tests import builders, raw
from tests.sending import HEAD, NOON, TODAY, csv_of, make_batch, make_waiting, row, rows_of
from tests.statements import exactly
from tests.words import text_of

BUYER = "796.07(2)(f)"
GOOD, OTHER = row(1, BUYER), row(2, BUYER, name="Ben Oakmere")
CHILD = row(3, BUYER, name="Kim Young", born="2010-07-01")
NIGHT_HEAD = (*HEAD, "Operation Agency", "Operation Name", "Operation Date")
NIGHT = ["City Police", "Night Harbor", "2026-03-01"]
CONCERNED = (Referral, Operation, SearchToken, Batch, WaitingFile)


def contents() -> dict:
    """What lies in the concerned tables, of every track, as raw bytes."""
    return {
        model.__name__: [
            tuple(bytes(value) if isinstance(value, memoryview) else value for value in line)
            for line in raw.rows(model._meta.db_table, rest="ORDER BY id")
        ]
        for model in CONCERNED
    }


@pytest.fixture
def clerk(cast):
    return cast.education_intake_clerk


def undo(cast, batch) -> int:
    by = builders.staff(cast, batch.track, "intake_clerk")
    with in_track(batch.track, by=by, write=True):
        return undo_batch(batch=batch, answered=True, by=by)


# --- undo ----------------------------------------------------------------------------------------------------
def test_undone_batch_restores_the_tables_byte_for_byte(cast):
    builders.make_referral(cast, cast.education)
    make_batch(cast, cast.education, csv_of(row(8, BUYER, name="Earlier Person")))
    make_batch(cast, cast.services, rows_of(cast.services, "Eve Larkspurn"))
    before = contents()
    batch = make_batch(cast, cast.education, csv_of(GOOD + NIGHT, CHILD + NIGHT, head=NIGHT_HEAD))
    assert {name for name, rows in contents().items() if rows != before[name]} == {
        "Referral", "Operation", "SearchToken", "Batch",
    }  # fmt: skip
    assert undo(cast, batch) == 2
    assert contents() == before


def test_undo_is_on_record_with_what_it_deleted(cast, clerk):
    batch = make_batch(cast, cast.education, csv_of(GOOD + NIGHT, head=NIGHT_HEAD))
    with in_track(cast.education):
        referral, operation = Referral.objects.get(), Operation.objects.get()
    undo(cast, batch)
    with in_track(cast.education):
        event = Event.objects.get(action="batch.undone")
        assert (event.actor_id, event.detail) == (clerk.pk, {"referrals": 1})
        assert set(EventSubject.objects.filter(event_id=event.pk).values_list("kind", "subject_id")) == {
            ("batch", batch.pk), ("referral", referral.pk), ("operation", operation.pk),
        }  # fmt: skip


# A small world of cases in which files overlap: the same case, the same person, the same operation, minors.
CASES = st.tuples(
    st.integers(1, 4),
    st.sampled_from(["Ann Foxglen", "Ben Oakmere", "José Peña"]),
    st.sampled_from(["1990-02-28", "2010-07-01", "30/30/1990", ""]),
    st.sampled_from([BUYER, "796.07(2)(i)", "796.07(2)(e)", "796.07(2)(g)", "1.2(3)(z)"]),
    st.sampled_from(["", "education", "services", "both"]),
    st.sampled_from([["", "", ""], NIGHT, ["City Police", "Day Harbor", "2026-02-27"]]),
)
FILES = st.lists(CASES, min_size=1, max_size=5).map(
    lambda cases: csv_of(
        *(row(n, charge, name=name, born=born, track=track) + night for n, name, born, charge, track, night in cases),
        head=NIGHT_HEAD,
    )
)
PATIENT = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def receive(cast, track, content):
    with in_track(track, by=None, write=True):
        return receive_file(content, today=TODAY, commit=True, by=None)[1]


@PATIENT
@given(first=FILES, second=FILES)
def test_receive_then_undo_restores_everything_whatever_the_file(cast, first, second):
    receive(cast, cast.education, first)
    before = contents()
    kept = make_waiting(cast, cast.education, second)
    with in_track(cast.education, by=kept.owner, write=True):
        batch = receive_waiting(pk=kept.pk, today=TODAY, now=NOON, by=kept.owner).batch
    if batch is not None:
        undo(cast, batch)
    assert contents() == before


@PATIENT
@given(content=FILES, again=st.lists(st.booleans(), min_size=1, max_size=3))
def test_file_sent_any_number_of_times_on_any_way_stores_the_same(cast, content, again):
    """By the page and by the bulk way that the command takes, in any mixture."""
    receive(cast, cast.education, content)
    receive(cast, cast.services, content)
    before = contents()
    for by_page in again:
        for track in (cast.education, cast.services):
            if by_page:
                kept = make_waiting(cast, track, content)
                with in_track(track, by=kept.owner, write=True):
                    receive_waiting(pk=kept.pk, today=TODAY, now=NOON, by=kept.owner)
            else:
                receive(cast, track, content)
    assert contents() == before


def change(referral, by):
    change_referral(referral=referral, version=0, phone="305 555 0101", today=TODAY, by=by)


def assign(referral, by):
    Referral.objects.filter(pk=referral.pk).update(assigned_to=by)


def tell_court_date(referral, by):
    Referral.objects.filter(pk=referral.pk).update(court_told_on=TODAY)


def note_court_result(referral, by):
    CourtResult.objects.create(
        referral=referral, held_on=TODAY, must_appear="no", outcome="excused", recorded_on=TODAY, recorded_by=by
    )


def restrict(referral, by):
    Restriction.objects.create(referral=referral, staff=by, recorded_on=TODAY, recorded_by=by)


def compare(referral, by):
    other = Referral.objects.get(batch__isnull=True)
    Comparison.objects.create(
        referral=other, other=referral, score=90, decision="different", decided_on=TODAY, decided_by=by
    )


def start_hand_off(referral, by):
    Handoff.objects.create(referral=referral, adult_now=False, started_at=NOON, started_by=by)


@pytest.mark.parametrize(
    "work", [change, assign, tell_court_date, note_court_result, restrict, compare, start_hand_off]
)
def test_batch_with_which_anything_was_done_stays(cast, clerk, work):
    builders.make_referral(cast, cast.education)
    batch = make_batch(cast, cast.education, csv_of(GOOD, OTHER))
    with in_track(cast.education, by=clerk, write=True):
        referral = batch.referrals.order_by("id").first()
        work(referral, clerk)
        assert worked_on(batch) == {referral.pk}
    before = contents()
    with pytest.raises(ProgramError, match="One referral of this file was worked on since"):
        undo(cast, batch)
    assert contents() == before
    with in_track(cast.education):
        assert not Event.objects.filter(action="batch.undone").exists()


def test_screened_referrals_are_counted_in_the_refusal(cast):
    batch = make_batch(cast, cast.education, csv_of(GOOD, OTHER, row(4, BUYER)))
    with in_track(cast.education):
        screened = list(batch.referrals.order_by("id")[:2])
    for referral in screened:
        builders.make_eligible(cast, cast.education, referral=referral)
    with pytest.raises(ProgramError, match="2 referrals of this file were worked on since"):
        undo(cast, batch)


def test_operation_that_others_use_or_have_counted_stays(cast, clerk):
    first = make_batch(cast, cast.education, csv_of(GOOD + NIGHT, head=NIGHT_HEAD))
    second = make_batch(cast, cast.education, csv_of(OTHER + NIGHT, head=NIGHT_HEAD))
    undo(cast, first)
    with in_track(cast.education):
        assert Operation.objects.get().batch == second
    undo(cast, second)
    with in_track(cast.education):
        assert not Operation.objects.exists()

    third = make_batch(cast, cast.education, csv_of(GOOD + NIGHT, head=NIGHT_HEAD))
    with in_track(cast.education, by=clerk, write=True):
        Operation.objects.update(version=1, arrested=12)
    undo(cast, third)
    with in_track(cast.education):
        assert (Operation.objects.get().batch, Operation.objects.get().arrested) == (None, 12)


def test_operation_that_was_there_before_stays(cast, clerk):
    night = NewOperation("City Police", "Night Harbor", datetime.date(2026, 3, 1))
    builders.make_referral(cast, cast.education, operation=night, received_on=TODAY, today=TODAY)
    before = contents()
    undo(cast, make_batch(cast, cast.education, csv_of(GOOD + NIGHT, head=NIGHT_HEAD)))
    assert contents() == before


def test_batch_of_the_other_track_cannot_be_undone_from_here(cast, clerk):
    theirs = make_batch(cast, cast.services, rows_of(cast.services, "Eve Larkspurn"))
    with in_track(cast.education, by=clerk, write=True), pytest.raises(ProgramError, match="taken back meanwhile"):
        undo_batch(batch=theirs, by=clerk)


def test_case_can_be_received_again_after_the_undo(cast, clerk):
    undo(cast, make_batch(cast, cast.education, csv_of(GOOD)))
    with in_track(cast.education, by=clerk, write=True):
        receive_referral(
            name="Ann Foxglen", date_of_birth=datetime.date(1990, 2, 28), case_number="F26-900001", charge=BUYER,
            offense_on=datetime.date(2026, 3, 1), received_on=TODAY, source="Court", today=TODAY, by=clerk,
        )  # fmt: skip
        assert Referral.objects.count() == 1


def test_minor_does_not_go_with_a_file_that_is_taken_back(cast, clerk):
    batch = make_batch(cast, cast.education, csv_of(GOOD, CHILD))
    client, url = cast.client(clerk), cast.url(cast.education, "batch_undo", pk=batch.pk)
    assert HOTLINE in client.get(url).text
    refused = client.post(url)
    assert (refused.status_code, "answered for" in refused.text) == (422, True)
    with in_track(cast.education):
        assert Referral.objects.count() == 2
    assert client.post(url, {"answered": "on"}).status_code == 302
    with in_track(cast.education):
        assert not Referral.objects.exists()
        assert Event.objects.get(action="batch.undone").detail == {"referrals": 2, "under_18": 1}


# --- close ---------------------------------------------------------------------------------------------------
def test_batch_is_closed_when_every_minor_is_handed_off(cast, clerk):
    batch = make_batch(cast, cast.education, csv_of(GOOD, CHILD))
    with in_track(cast.education, by=clerk, write=True):
        with pytest.raises(ProgramError, match="One person of this file is under 18 and not handed off yet"):
            close_batch(batch=batch, today=TODAY, by=clerk)
        child = batch.referrals.get(status=Status.STOPPED)
        handoff = start_handoff(referral=child, version=0, checked=True, today=TODAY, now=NOON, by=clerk)
        with pytest.raises(ProgramError, match="Hand off first"):
            close_batch(batch=batch, today=TODAY, by=clerk)
        assert not Event.objects.filter(action="batch.closed").exists()
        finish_handoff(
            handoff=handoff, report="reported", told_at=NOON, told_to="Hotline", report_number="26-1", today=TODAY,
            now=NOON, by=clerk,
        )  # fmt: skip
        closed = close_batch(batch=batch, today=TODAY, by=clerk)
        assert (closed.closed_on, closed.closed_by) == (TODAY, clerk)
        close_batch(batch=batch, today=TODAY, by=clerk)
        assert Event.objects.filter(action="batch.closed").count() == 1


def test_closed_batch_is_not_taken_back(cast, clerk):
    batch = make_batch(cast, cast.education, csv_of(GOOD))
    with in_track(cast.education, by=clerk, write=True):
        close_batch(batch=batch, today=TODAY, by=clerk)
    with pytest.raises(ProgramError, match="This file is closed"):
        undo(cast, batch)


# --- pages ---------------------------------------------------------------------------------------------------
@pytest.fixture
def client(cast):
    return cast.client("education_intake_clerk")


def test_list_shows_the_files_of_the_track_newest_first(cast, client):
    assert "No file yet" in text_of(client.get(cast.url(cast.education, "batches")))
    make_batch(cast, cast.education, csv_of(GOOD, CHILD), sender="First Office")
    make_batch(cast, cast.education, csv_of(OTHER, GOOD), sender="Second Office")
    make_batch(cast, cast.services, rows_of(cast.services, "Eve Larkspurn"), sender="Office of the other track")
    page = client.get(cast.url(cast.education, "batches"))
    found = [(batch.sender, batch.rows, batch.new, batch.same, batch.waiting) for batch in page.context["page"].rows]
    assert found == [("Second Office", 2, 1, 1, 1), ("First Office", 2, 2, 0, 2)]
    assert "other track" not in text_of(page)


@pytest.mark.parametrize("number", [1, 3])
def test_lists_take_a_fixed_number_of_statements(cast, client, number):
    for file in range(number):
        batch = make_batch(
            cast, cast.education, csv_of(*(row(10 * file + one, BUYER, name=f"Ann{one}") for one in range(number)))
        )
    for name, kwargs, statements in (("batches", {}, 5), ("batch", {"pk": batch.pk}, 9)):
        with exactly(statements):
            client.get(cast.url(cast.education, name, **kwargs))


def test_page_shows_the_cases_with_status_and_what_is_to_do(cast, client):
    batch = make_batch(cast, cast.education, csv_of(GOOD, row(5, BUYER, name="Noa Birth", born="")))
    text = text_of(client.get(cast.url(cast.education, "batch", pk=batch.pk)))
    assert "Ann Foxglen 796.07(2)(f) Received Screen" in text
    assert "Noa Birth 796.07(2)(f) Received Add the date of birth" in text


def test_page_names_the_hotline_until_the_hand_off_is_done(cast, client):
    batch = make_batch(cast, cast.education, csv_of(GOOD, CHILD))
    url = cast.url(cast.education, "batch", pk=batch.pk)
    page = client.get(url)
    assert "1 of these people is under 18: hand off first." in text_of(page)
    assert f"Call the Florida Abuse Hotline now, {HOTLINE}" in text_of(page)
    only = client.get(url, {"status": "stopped"})
    assert "Under 18, no name in lists" in only.text
    assert "Kim Young" not in only.text
    assert "Ann Foxglen" not in only.text
    response = client.post(cast.url(cast.education, "batch_close", pk=batch.pk))
    assert response.status_code == 422
    assert "Hand off first, then close." in text_of(response)
    assert HOTLINE in text_of(response)


def test_case_that_the_clerk_may_not_open_is_counted_and_not_listed(cast, client, clerk):
    batch = make_batch(cast, cast.education, csv_of(GOOD, OTHER))
    with in_track(cast.education, write=True):
        ben = next(referral for referral in batch.referrals.order_by("id") if referral.name == "Ben Oakmere")
        Restriction.objects.create(referral=ben, staff=clerk, recorded_on=TODAY, recorded_by=cast.education_manager)
    page = client.get(cast.url(cast.education, "batch", pk=batch.pk))
    assert page.context["tabs"][0]["count"] == 2
    assert "Ben Oakmere" not in page.text
    assert "Ann Foxglen" in page.text


def test_file_is_taken_back_and_closed_by_its_pages(cast, client):
    batch = make_batch(cast, cast.education, csv_of(GOOD))
    undo_url = cast.url(cast.education, "batch_undo", pk=batch.pk)
    assert "Take this file back?" in text_of(client.get(undo_url))
    with in_track(cast.education):
        assert Referral.objects.count() == 1
    response = client.post(undo_url, follow=True)
    assert "The file is taken back: 1 referral deleted." in response.text
    assert client.post(undo_url).status_code == 404

    batch = make_batch(cast, cast.education, csv_of(GOOD))
    close_url = cast.url(cast.education, "batch_close", pk=batch.pk)
    response = client.post(close_url, follow=True)
    assert "The file is closed." in response.text
    response = client.post(cast.url(cast.education, "batch_undo", pk=batch.pk))
    assert (response.status_code, "This file is closed." in text_of(response)) == (422, True)

"""Operations: counts only, one row per track, what can be true of them, two people at one row."""

import datetime

import pytest
import time_machine

from participants.audit.models import Event
from participants.errors import ValuesRefused
from participants.models import Operation, Referral
from participants.operations.actions import (
    AlreadyRecorded,
    OperationChanged,
    add_operation,
    change_operation,
    count_problems,
)
from participants.operations.queries import operations_of
from participants.referrals.case import NewOperation
from participants.tracks.models import new_id
from participants.tracks.scope import in_track
from tests import builders
from tests.statements import exactly
from tests.words import key_in, main_of, text_of

TODAY = datetime.date(2026, 4, 1)
HELD = datetime.date(2026, 2, 20)
VALUES = {
    "agency": "County Police",
    "name": "Clear Harbor",
    "held_on": HELD,
    "place_kind": "hotel",
    "calls": 200,
    "came": 80,
    "arrested": 60,
    "referred": 55,
}
TYPED = {**VALUES, "held_on": HELD.isoformat()}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel("2026-04-01T13:00:00Z", tick=False) as traveller:
        yield traveller


def add(cast, track=None, **over):
    track = track or cast.education
    by = builders.staff(cast, track, "intake_clerk")
    with in_track(track, by=by, write=True):
        return add_operation(**{**VALUES, **over}, today=TODAY, by=by)


def test_an_operation_is_recorded(cast):
    row = add(cast, agency="  County Police ")
    with in_track(cast.education):
        stored = Operation.objects.get()
        assert {name: getattr(stored, name) for name in VALUES} == VALUES
        event = Event.objects.get(action="operation.added")
        assert (event.actor_id, event.detail) == (cast.education_intake_clerk.pk, {"fields": sorted(VALUES)})
    assert row == stored


def test_a_count_that_is_not_known_is_not_nought(cast):
    row = add(cast, calls=None, came=0, arrested=0)
    assert (row.calls, row.came) == (None, 0)


@pytest.mark.parametrize(
    ("counts", "field"),
    [
        ({"calls": -1}, "calls"),
        ({"referred": 100_001}, "referred"),
        ({"came": 3, "arrested": 4}, "arrested"),
    ],
)
def test_counts_that_cannot_be_true(counts, field):
    assert [problem.field for problem in count_problems(counts)] == [field]


@pytest.mark.parametrize(
    "counts",
    [
        {"calls": 5, "came": 9},  # people come who did not call
        {"came": None, "arrested": 4},
        {"arrested": 4, "referred": 6},  # cited later, not arrested there
        {"calls": 0, "came": 0, "arrested": 0, "referred": 0},
    ],
)
def test_counts_that_can_be_true(counts):
    assert count_problems(counts) == []


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"held_on": TODAY + datetime.timedelta(days=1)}, "held_on"),
        ({"held_on": datetime.date(1899, 12, 31)}, "held_on"),
        ({"agency": "  "}, "agency"),
        ({"name": "two\nlines"}, "name"),
        ({"place_kind": "moon"}, "place_kind"),
        ({"came": 59}, "arrested"),
    ],
)
def test_what_the_rules_refuse_is_not_written(cast, over, field):
    with pytest.raises(ValuesRefused) as refusal:
        add(cast, **over)
    assert [problem.field for problem in refusal.value.problems] == [field]
    with in_track(cast.education):
        assert not Operation.objects.exists()
        assert not Event.objects.filter(action="operation.added").exists()


def test_the_same_operation_is_here_once_and_once_in_the_other_track(cast):
    first = add(cast)
    with pytest.raises(AlreadyRecorded) as refusal:
        add(cast)
    assert refusal.value.operation == first
    other = add(cast, cast.services, arrested=7)
    assert other.pk != first.pk
    for track, arrested in ((cast.education, 60), (cast.services, 7)):
        with in_track(track):
            assert [row.arrested for row in Operation.objects.all()] == [arrested]


def test_the_form_sent_twice_records_one(cast):
    row_id = new_id()
    assert add(cast, row_id=row_id) == add(cast, row_id=row_id)
    with in_track(cast.education):
        assert Event.objects.filter(action="operation.added").count() == 1


def change(cast, row, version, **over):
    by = cast.education_manager
    with in_track(cast.education, by=by, write=True):
        return change_operation(operation=row, version=version, **{**VALUES, **over}, today=TODAY, by=by)


def test_a_change_is_on_record_and_the_second_one_is_told(cast):
    row = add(cast)
    assert change(cast, row, 0, referred=54).version == 1
    with in_track(cast.education):
        event = Event.objects.get(action="operation.changed")
        assert event.detail == {"version": 1, "fields": ["referred"]}
    with pytest.raises(OperationChanged) as refusal:
        change(cast, row, 0, calls=1000)
    assert "Education Manager changed this operation" in refusal.value.message
    assert refusal.value.changes.fields == ["referred"]
    with in_track(cast.education):
        stored = Operation.objects.get()
        assert (stored.calls, stored.referred) == (200, 54)


def test_nothing_changed_writes_nothing(cast):
    row = add(cast)
    assert change(cast, row, 0).version == 0
    with in_track(cast.education):
        assert not Event.objects.filter(action="operation.changed").exists()


def test_a_change_into_another_one_is_refused(cast):
    first = add(cast)
    second = add(cast, name="Second Night")
    with pytest.raises(AlreadyRecorded) as refusal:
        change(cast, second, 0)
    assert refusal.value.operation == first


def people_of(cast, row, number, status="received"):
    for _ in range(number):
        builders.make_referral(
            cast, cast.education, operation=NewOperation(row.agency, row.name, row.held_on), name="Olga Operated"
        )


def test_received_counts_cases_of_this_track_without_merged_ones(cast):
    row = add(cast)
    add(cast, name="Quiet Night")
    people_of(cast, row, 3)
    with in_track(cast.education, write=True):
        first, second = Referral.objects.order_by("id")[:2]
        Referral.objects.filter(pk=second.pk).update(status="merged", merged_into=first)
        assert {one.name: one.received for one in operations_of(2026)} == {"Clear Harbor": 2, "Quiet Night": 0}
        assert list(operations_of(2025)) == []


@pytest.mark.parametrize("role", ["intake_clerk", "caseworker", "manager"])
def test_an_operation_by_the_page(cast, role):
    client = cast.client(f"education_{role}")
    url = cast.url(cast.education, "operation_new")
    key = key_in(client.get(url))
    answers = [client.post(url, {**TYPED, "form_key": key}) for _ in range(2)]
    with in_track(cast.education):
        row = Operation.objects.get()
    assert {answer.url for answer in answers} == {cast.url(cast.education, "operation", pk=row.pk)}
    page = client.get(answers[0].url)
    assert "Arrested 60" in text_of(page).replace("People arrested", "Arrested")
    assert "Hotel or motel" in text_of(page)


def test_a_refused_page_says_what_and_keeps_what_was_typed(cast):
    client = cast.client("education_intake_clerk")
    url = cast.url(cast.education, "operation_new")
    key = key_in(client.get(url))
    page = client.post(url, {**TYPED, "form_key": key, "came": "59", "calls": "4.5", "name": "Kept Name"})
    assert page.status_code == 422
    assert 'value="Kept Name"' in page.text
    assert "Write a whole number, or leave it empty." in page.text
    page = client.post(url, {**TYPED, "form_key": key, "came": "59"})
    assert page.status_code == 422
    assert "More people were arrested than came" in page.text
    with in_track(cast.education):
        assert not Operation.objects.exists()


def test_an_operation_that_is_here_is_linked(cast):
    row = add(cast)
    client = cast.client("education_intake_clerk")
    url = cast.url(cast.education, "operation_new")
    page = client.post(url, {**TYPED, "form_key": key_in(client.get(url))})
    assert page.status_code == 422
    assert f'href="{cast.url(cast.education, "operation", pk=row.pk)}"' in main_of(page)


def test_the_edit_page_says_what_changed_meanwhile(cast):
    row = add(cast)
    client = cast.client("education_intake_clerk")
    url = cast.url(cast.education, "operation_edit", pk=row.pk)
    assert 'value="200"' in client.get(url).text
    change(cast, row, 0, referred=None)
    page = client.post(url, {**TYPED, "version": "0", "referred": "50"})
    assert page.status_code == 422
    assert "People referred to the program: not known" in text_of(page)
    answer = client.post(url, {**TYPED, "version": "1", "referred": "50"})
    assert answer.status_code == 302
    with in_track(cast.education):
        assert Operation.objects.get().referred == 50


def test_the_list_is_by_year_newest_first(cast):
    add(cast, name="First Night")
    add(cast, name="Last Night", held_on=HELD + datetime.timedelta(days=9))
    add(cast, name="Old Night", held_on=datetime.date(2024, 5, 5), calls=None, came=None, arrested=None)
    client = cast.client("education_intake_clerk")
    text = text_of(client.get(cast.url(cast.education, "operations")))
    assert text.index("Last Night") < text.index("First Night")
    assert "Old Night" not in text
    text = text_of(client.get(cast.url(cast.education, "operations") + "?year=2024"))
    assert "Old Night" in text
    assert "not known" in text
    assert client.get(cast.url(cast.education, "operations") + "?year=²").status_code == 200


@pytest.mark.parametrize("number", [1, 3])
def test_lists_take_a_fixed_number_of_statements(cast, number):
    row = add(cast)
    for extra in range(number - 1):
        add(cast, name=f"Night {extra}")
    people_of(cast, row, number)
    client = cast.client("education_intake_clerk")
    for name, statements, kwargs in (("operations", 6, {}), ("operation", 8, {"pk": row.pk})):
        url = cast.url(cast.education, name, **kwargs)
        client.get(url)
        with exactly(statements):
            client.get(url)


def test_the_other_track_sees_no_operation(cast):
    row = add(cast)
    people_of(cast, row, 1)
    client = cast.client("services_manager")
    for name in ("operation", "operation_edit", "operation_work"):
        assert client.get(cast.url(cast.services, name, pk=row.pk)).status_code == 404
    assert "Clear Harbor" not in client.get(cast.url(cast.services, "operations")).text


def test_who_is_restricted_is_not_on_the_page(cast):
    row = add(cast)
    people_of(cast, row, 1)
    with in_track(cast.education, by=cast.education_manager, write=True):
        from participants.models import Restriction

        Restriction.objects.create(
            referral=Referral.objects.get(),
            staff=cast.education_intake_clerk,
            recorded_on=TODAY,
            recorded_by=cast.education_manager,
        )
    url = cast.url(cast.education, "operation", pk=row.pk)
    assert "Olga Operated" not in cast.client("education_intake_clerk").get(url).text
    assert "Olga Operated" in cast.client("education_caseworker").get(url).text
    # Counts count everybody.
    listed = text_of(cast.client("education_intake_clerk").get(cast.url(cast.education, "operations")))
    assert "60 55 1" in listed

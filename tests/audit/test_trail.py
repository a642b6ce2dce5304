"""The privacy officer's page: who looked at whom, by filters that carry no name."""

import re

import pytest
import time_machine

from participants.audit.actions import origin, record
from participants.audit.models import Event
from participants.audit.queries import Filter, in_group, trail
from participants.audit.rules import CHANGED, GROUPS, group_of
from participants.audit.trail import lines_of, short
from participants.models import Participant
from participants.people.restricting import restrict_file
from participants.tracks.scope import in_track
from tests import builders
from tests.statements import exactly
from tests.world import TODAY, build_world


def officer(cast, track="education"):
    return cast.client(f"{track}_privacy_officer")


def page(cast, track="education", **query):
    return officer(cast, track).get(cast.url(cast.tracks[track], "audit"), query)


def sought(response) -> list[str]:
    return [line.event.action for line in response.context["lines"]]


@pytest.fixture
def stay(cast):
    return builders.make_enrollment(cast, cast.education, name="Rosa Lookedat")


@pytest.mark.parametrize("rows", [1, 3])
def test_page_has_a_fixed_number_of_statements(cast, stay, rows):
    client, url = officer(cast), cast.url(cast.education, "audit")
    with in_track(cast.education):
        for number in range(rows):
            record(f"thing.number_{number}", by=cast.education_manager, subjects=[stay.participant, stay.referral])
    client.get(url)
    with exactly(14):
        response = client.get(url, {"record": stay.participant.reference, "group": CHANGED, "from": "2020-01-01"})
    assert len([action for action in sought(response) if action.startswith("thing.")]) == rows


def test_line_says_when_who_what_of_whom_from_where_and_outcome(cast, stay):
    at = "2026-04-14T16:05:07.459Z"
    with time_machine.travel(at, tick=False), in_track(cast.education), origin("10.0.0.7", "GET /x"):
        record(
            "participant.changed", by=cast.education_caseworker, subjects=[stay.participant], fields=["safe_contact"]
        )
        record("page.refused", by=cast.education_manager, outcome="refused", detail={"page": "staff"})
        record("swept")
    response = page(cast, **{"from": "2026-04-14", "to": "2026-04-14"})
    assert [(line.when, line.who, line.what, line.fields, line.is_refused) for line in response.context["lines"]] == [
        ("2026-04-14 12:05:07.45 -04:00", "nobody signed in", "Swept", (), False),
        ("2026-04-14 12:05:07.45 -04:00", "Education Manager", "Was refused: the list of staff", (), True),
        ("2026-04-14 12:05:07.45 -04:00", "Education Caseworker", "Participant changed", ("safe contact",), False),
    ]
    assert response.context["lines"][2].records[0].reference == stay.participant.reference
    for said in ("2026-04-14 12:05:07.45 -04:00", "10.0.0.7", stay.participant.reference, "safe contact"):
        assert said in response.text
    assert "Lookedat" not in response.text


def test_what_the_program_does_itself_has_no_source(cast):
    with in_track(cast.education):
        record("swept")
        assert lines_of(list(Event.objects.filter(action="swept")))[0].who == "the system"


def test_by_person_group_outcome_and_day(cast, stay):
    other = builders.make_enrollment(cast, cast.education)
    with (
        time_machine.travel("2026-05-02T03:59:00Z", tick=False),
        in_track(cast.education),
    ):  # May 1 where the program is
        record("search.made", by=cast.education_manager, subjects=[other.participant], detail={"found": 1})
        record("report.exported", by=cast.education_manager)
        record("page.viewed", by=cast.education_caseworker, subjects=[stay.participant], detail={"page": "participant"})
        record("page.refused", by=cast.education_caseworker, outcome="refused")
    day = {"from": "2026-05-01", "to": "2026-05-01"}
    manager, caseworker = str(cast.education_manager.pk), str(cast.education_caseworker.pk)
    assert sought(page(cast, **day)) == ["page.refused", "page.viewed", "report.exported", "search.made"]
    assert sought(page(cast, **day, person=manager)) == ["report.exported", "search.made"]
    assert sought(page(cast, **day, person=caseworker, outcome="done")) == ["page.viewed"]
    assert sought(page(cast, **day, outcome="refused")) == ["page.refused"]
    assert sought(page(cast, **day, group="searched")) == ["search.made"]
    assert sought(page(cast, **day, group="exported", person=manager)) == ["report.exported"]
    assert sought(page(cast, **day, person="system")) == []
    assert sought(page(cast, **{"from": "2026-05-02", "to": "2026-05-02"})) == []


@pytest.mark.parametrize("write", [str, str.lower, lambda text: text.replace("-", "")])
def test_by_reference_of_a_file_with_the_cases_of_its_stays(cast, stay, write):
    builders.make_enrollment(cast, cast.education, name="Another Person")
    response = page(cast, record=write(stay.participant.reference))
    actions = set(sought(response))
    assert {"participant.created", "referral.received", "enrollment.placed"} <= actions
    again = page(cast, record=stay.participant.reference, **{"from": "2020-01-01"})
    assert set(sought(again)) - actions == {"page.viewed"}  # the look before is a look at the person
    told = {(one.kind, one.reference) for line in response.context["lines"] for one in line.records}
    assert {one for one in told if one[1]} == {
        ("participant", stay.participant.reference),
        ("referral", short(stay.referral_id)),
    }


def test_by_the_short_id_of_a_case(cast, stay):
    response = page(cast, record=f"case {short(stay.referral_id)}")
    assert "referral.received" in sought(response)
    assert "participant.changed" not in sought(response)


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        ({"record": "Rosa Lookedat"}, "record", "has this reference"),
        ({"record": "2222-2222"}, "record", "has this reference"),
        ({"record": "deadbeef"}, "record", "has this reference"),
        ({"record": "x" * 21}, "record", "at most 20"),
        ({"person": "nobody"}, "person", "Choose one of the list."),
        ({"person": "00000000-0000-0000-0000-000000000000"}, "person", "Choose one of the list."),
        ({"group": "everything"}, "group", "Choose one of the list."),
        ({"outcome": "1' OR '1'='1"}, "outcome", "Choose one of the list."),
        ({"from": "yesterday"}, "from", "valid date"),
        ({"to": "9999-12-31"}, "to", "Check the year"),
        ({"from": "0001-01-01"}, "from", "Check the year"),
        ({"from": "2026-05-02", "to": "2026-05-01"}, "to", "comes after the first"),
    ],
)
def test_filter_that_cannot_be_read_shows_its_sentence_and_no_row(cast, stay, query, field, sentence):
    for name in ("audit", "audit_export"):
        response = officer(cast).get(cast.url(cast.education, name), query)
        assert response.status_code == 422
        assert sentence in response.context["form"].errors[field][0]
        assert response.context["lines"] == []
        assert "event-rows" not in re.sub(r"event-rows-pager|#event-rows", "", response.text)
        assert stay.participant.reference not in response.text


def test_filters_of_the_form_offer_staff_of_this_track_only(cast):
    names = [label for _, label in page(cast).context["form"].fields["person"].choices]
    assert "Education Facilitator" in names
    assert not [name for name in names if name.startswith("Services")]


def test_pages_follow_each_other_without_gap(cast, stay):
    with in_track(cast.education), time_machine.travel("2026-05-01T12:00:00Z", tick=False):
        for number in range(60):
            record(f"thing.number_{number}", by=cast.education_manager)
    client, day = officer(cast), {"from": "2026-05-01", "to": "2026-05-01"}
    first = client.get(cast.url(cast.education, "audit"), day)
    second = client.get(cast.url(cast.education, "audit") + first.context["next_url"])
    assert second.context["next_url"] is None
    seen = sought(first) + sought(second)
    assert len(seen) == len(set(seen)) == 60


def test_event_opens_with_everything_that_it_concerned(cast):
    people = [builders.make_enrollment(cast, cast.education).participant for _ in range(5)]
    with in_track(cast.education):
        event = record(
            "page.viewed", by=cast.education_manager, subjects=people, detail={"page": "participants", "n": 5}
        )
    line = next(line for line in page(cast).context["lines"] if line.event.pk == event.pk)
    assert (len(line.records), line.more) == (3, 2)
    response = officer(cast).get(cast.url(cast.education, "audit_event", pk=event.pk))
    assert {one.reference for one in response.context["records"]} == {person.reference for person in people}
    assert "Alex Rivera" not in response.text
    other = officer(cast, "services").get(cast.url(cast.services, "audit_event", pk=event.pk))
    assert other.status_code == 404


def test_other_track_sees_nothing(cast):
    world = build_world(cast, cast.services, "Selma Serviceson")
    with in_track(cast.services):
        ids = [short(pk) for pk in Event.objects.values_list("pk", flat=True)] + list(
            Participant.objects.values_list("reference", flat=True)
        )
    assert len(ids) > 50
    for name in ("audit", "audit_patterns", "audit_review", "audit_export"):
        text = officer(cast).get(cast.url(cast.education, name)).text
        assert not [one for one in (*ids, "Serviceson", "Services Manager") if one in text], name
    reference = world.references[0]
    assert page(cast, record=reference).status_code == 422


def test_closed_file_is_told_by_its_kind_only(cast, stay):
    person = stay.participant
    assert person.reference in page(cast, group=CHANGED).text
    with in_track(cast.education, by=cast.education_manager, write=True):
        restrict_file(participant=person, staff=cast.education_privacy_officer, today=TODAY, by=cast.education_manager)
    text = page(cast, group=CHANGED).text
    assert person.reference not in text
    assert short(stay.referral_id) not in text
    assert "file that is closed to you" in text
    assert page(cast, record=person.reference).status_code == 422


def test_groups_say_the_same_in_python_and_in_the_database(cast):
    names = {pattern.replace("*", "x") for _, patterns in GROUPS.values() for pattern in patterns}
    names |= {"offer.made", "access.refused", "audit.refused", "search", "x.exported.not"}
    with in_track(cast.education):
        for name in names:
            record(name)
        for group in (*GROUPS, CHANGED):
            found = set(Event.objects.filter(in_group(group), action__in=names).values_list("action", flat=True))
            assert found == {name for name in names if group_of(name) == group}, group
        assert not trail(Filter(group="no such group")).exists()


def test_wrong_method_is_on_record(cast):
    for method in ("post", "delete"):
        response = getattr(cast.client("education_caseworker"), method)(cast.url(cast.education, "participants"))
        assert response.status_code == 405
    with in_track(cast.education):
        events = Event.objects.filter(action="page.refused", actor_id=cast.education_caseworker.pk)
        assert [(event.outcome, event.detail) for event in events] == [
            ("refused", {"page": "participants", "answer": "MethodNotAllowed"})
        ] * 2

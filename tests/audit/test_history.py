"""Who opened a file, and what its fields held: for managers and clinical supervisors, in their own track."""

import pytest

from participants.audit.actions import record
from participants.audit.models import Event, EventSubject, FieldChange
from participants.people.actions import change_participant
from participants.people.joining import merge_files
from participants.people.restricting import restrict_file
from participants.referrals.models import Referral
from participants.sessions.actions import write_note
from participants.staff.roles import ROLES
from participants.tracks.scope import in_track
from participants.web import clock
from tests import builders
from tests.statements import exactly
from tests.world import TODAY


@pytest.fixture
def stay(cast):
    stay = builders.make_enrollment(cast, cast.education, name="Rosa Opened")
    with in_track(cast.education, by=cast.education_caseworker, write=True):
        person = stay.participant
        change_participant(
            participant=person, version=person.version, phone="305 555 0177", by=cast.education_caseworker
        )
        write_note(
            participant=person, text="Said in confidence.", visibility="case", now=clock.now(),
            by=cast.education_caseworker,
        )  # fmt: skip
    return stay


def addresses(cast, stay) -> dict[str, str]:
    return {
        "participant_history": cast.url(cast.education, "participant_history", reference=stay.participant.reference),
        "referral_history": cast.url(cast.education, "referral_history", pk=stay.referral_id),
    }


def test_roles_that_may_see_it(cast, stay):
    allowed = {name: set() for name in addresses(cast, stay)}
    for role in ROLES:
        client = cast.client(f"education_{role}")
        for name, url in addresses(cast, stay).items():
            answers = {client.get(url).status_code, client.get(url, {"show": "values"}).status_code}
            assert answers in ({200}, {403})
            if answers == {200}:
                allowed[name].add(role)
    assert allowed == {"participant_history": {"manager", "clinical_supervisor"}, "referral_history": {"manager"}}
    for url in addresses(cast, stay).values():
        assert cast.client("services_manager").get(url).status_code == 404


def test_file_and_case_lead_there_only_for_who_may_look(cast, stay):
    for name, url, page in (
        ("participant_history", addresses(cast, stay)["participant_history"], "participant"),
        ("referral_history", addresses(cast, stay)["referral_history"], "referral"),
    ):
        kwargs = {"reference": stay.participant.reference} if page == "participant" else {"pk": stay.referral_id}
        own = cast.url(cast.education, page, **kwargs)
        assert f'href="{url}"' in cast.client("education_manager").get(own).text, name
        assert f'href="{url}"' not in cast.client("education_caseworker").get(own).text, name


def test_who_opened_and_changed_it(cast, stay):
    own = cast.url(cast.education, "participant", reference=stay.participant.reference)
    cast.client("education_counsellor").get(own)
    response = cast.client("education_clinical_supervisor").get(addresses(cast, stay)["participant_history"])
    lines = [(line.who, line.what, line.fields) for line in response.context["rows"]]
    assert lines[0] == ("Education Counsellor", "Opened a participant's file", ())
    assert ("Education Caseworker", "Participant changed", ("phone",)) in lines
    for secret in ("Rosa", "305 555 0177", "Said in confidence."):
        assert secret not in response.text


def test_before_and_after_and_that_it_is_a_reading(cast, stay):
    client = cast.client("education_manager")
    response = client.get(addresses(cast, stay)["participant_history"], {"show": "values"})
    [phone] = [(change, label) for change, label, _ in response.context["rows"] if change.field == "phone"]
    assert (phone[0].before, phone[0].after, phone[0].changed_by.name, phone[1]) == (
        "", "305 555 0177", "Education Caseworker", "phone",
    )  # fmt: skip
    assert "305 555 0177" in response.text
    assert "Said in confidence." not in response.text
    with in_track(cast.education):
        event = Event.objects.filter(action="page.viewed", actor_id=cast.education_manager.pk).latest("id")
        about = set(EventSubject.objects.filter(event_id=event.pk).values_list("kind", "subject_id"))
    assert event.detail == {"page": "participant_history"}
    assert ("participant", stay.participant_id) in about


def keep(track, kind, pk, field):
    with in_track(track, write=True):
        FieldChange.objects.create(
            kind=kind, subject_id=pk, field=field, before="it was", after=f"it became {field}", changed_at=clock.now()
        )


def test_supervisor_sees_file_and_stay_but_not_the_case(cast, stay):
    for kind, pk, field in (
        ("participant", stay.participant_id, "preferred_name"),
        ("referral", stay.referral_id, "enrollment.caseworker"),
        ("referral", stay.referral_id, "charge"),
    ):
        keep(cast.education, kind, pk, field)
    url = addresses(cast, stay)["participant_history"]
    texts = {
        role: cast.client(f"education_{role}").get(url, {"show": "values"}).text
        for role in ("manager", "clinical_supervisor")
    }
    seen = {
        role: [field for field in ("preferred_name", "enrollment.caseworker", "charge") if f"became {field}" in text]
        for role, text in texts.items()
    }
    assert seen == {
        "manager": ["preferred_name", "enrollment.caseworker", "charge"],
        "clinical_supervisor": ["preferred_name", "enrollment.caseworker"],
    }


def test_history_of_a_case_is_its_own(cast, stay):
    other = builders.make_referral(cast, cast.education, name="Some Body")
    keep(cast.education, "referral", other.pk, "charge")
    keep(cast.education, "referral", stay.referral_id, "source")
    client = cast.client("education_manager")
    text = client.get(addresses(cast, stay)["referral_history"], {"show": "values"}).text
    assert ("became source" in text, "became charge" in text) == (True, False)
    lines = client.get(addresses(cast, stay)["referral_history"]).context["rows"]
    assert "Referral received" in [line.what for line in lines]


def test_files_that_are_part_of_it_count(cast, stay):
    double = builders.make_ended(
        cast, cast.education, enrollment=builders.make_enrollment(cast, cast.education, name="Rosa Double")
    )
    keep(cast.education, "participant", double.participant_id, "gender")
    with in_track(cast.education, by=cast.education_manager, write=True):
        merge_files(kept=stay.participant, absorbed=double.participant, today=TODAY, by=cast.education_manager)
    client = cast.client("education_manager")
    assert "became gender" in client.get(addresses(cast, stay)["participant_history"], {"show": "values"}).text
    gone = cast.url(cast.education, "participant_history", reference=double.participant.reference)
    assert client.get(gone).status_code == 404


def test_restricted_file_answers_like_a_wrong_address(cast, stay):
    with in_track(cast.education, by=cast.education_second_manager, write=True):
        restrict_file(
            participant=stay.participant, staff=cast.education_manager, today=TODAY, by=cast.education_second_manager
        )
    for url in addresses(cast, stay).values():
        for query in ({}, {"show": "values"}):
            assert cast.client("education_manager").get(url, query).status_code == 404
            assert cast.client("education_second_manager").get(url, query).status_code == 200


@pytest.mark.parametrize("show", ["", "values"])
@pytest.mark.parametrize("rows", [1, 3])
def test_fixed_number_of_statements(cast, rows, show):
    stay = builders.make_enrollment(cast, cast.education)
    for _ in range(rows):
        keep(cast.education, "participant", stay.participant_id, "phone")
        with in_track(cast.education):
            record("page.viewed", by=cast.education_caseworker, subjects=[stay.participant])
    client, url = cast.client("education_manager"), addresses(cast, stay)["participant_history"]
    client.get(url)
    with exactly(10 if show else 13):
        assert client.get(url, {"show": show}).status_code == 200


def test_case_numbers_of_the_world_stay_out_of_who_opened_it(cast, stay):
    with in_track(cast.education):
        number = Referral.objects.get(pk=stay.referral_id).case_number
    for url in addresses(cast, stay).values():
        assert number not in cast.client("education_manager").get(url).text

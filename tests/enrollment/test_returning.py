"""A person who was in the track before: asked at the placement, decided by a person, nothing changed in the file."""

import datetime

import pytest

from participants.audit.models import Event, EventSubject
from participants.duplicates.actions import decide_comparison
from participants.enrollment.actions import place
from participants.enrollment.queries import find
from participants.enrollment.returning import LINKED, earlier_files
from participants.errors import ProgramError
from participants.models import Enrollment, Participant
from participants.people.models import Restriction
from participants.tracks.scope import in_track
from tests.builders import PLACED, make_agreement, make_ended, make_enrollment, staff
from tests.consent.test_pages import form_of
from tests.statements import exactly

BORN = datetime.date(1990, 5, 7)
EARLIER = {"name": "José Hernández", "date_of_birth": BORN, "phone": "305 555 0101"}
NOW = {"name": "Jose Hernandes", "date_of_birth": BORN, "phone": "305 555 0177", "case_number": "NEW-1"}


@pytest.fixture
def worker(cast):
    return staff(cast, cast.education, "caseworker")


@pytest.fixture
def before(cast):
    stay = make_ended(cast, cast.education, enrollment=make_enrollment(cast, cast.education, **EARLIER))
    with in_track(cast.education):
        return Enrollment.objects.select_related("participant", "referral").get(pk=stay.pk)


@pytest.fixture
def agreement(cast):
    return make_agreement(cast, cast.education, person=NOW)


def placed_again(agreement, participant, worker) -> Enrollment:
    days = {"placed_on": PLACED, "today": PLACED}
    return place(referral=agreement.referral, participant=participant, caseworker=worker, **days, by=worker)


def test_the_file_is_found_with_what_differs(cast, before, agreement, worker):
    with in_track(cast.education, by=worker):
        (row,) = earlier_files(agreement.referral)
    assert (row.participant, row.active) == (before.participant, False)
    assert row.reasons == ("names written almost the same", "same birth date")
    assert row.differences == [
        {"label": "Name", "case": "Jose Hernandes", "file": "José Hernández"},
        {"label": "Phone", "case": "305 555 0177", "file": "305 555 0101"},
    ]


def test_another_stay_changes_nothing_in_the_file(cast, before, agreement, worker):
    with in_track(cast.education, by=worker, write=True):
        stay = placed_again(agreement, before.participant, worker)
        file = Participant.objects.get()
        assert stay.participant == file
        assert (file.name, file.phone, file.version) == ("José Hernández", "305 555 0101", 0)
        assert file.enrollments.count() == 2
        assert [row.pk for row in find("NEW-1").participants] == [file.pk]
        event = Event.objects.get(action="participant.returned")
        about = set(EventSubject.objects.filter(event_id=event.pk).values_list("kind", "subject_id"))
    assert about == {("participant", file.pk), ("referral", agreement.referral_id)}


def test_not_while_a_stay_goes_on(cast, agreement, worker):
    active = make_enrollment(cast, cast.education, **EARLIER)
    with in_track(cast.education, by=worker, write=True):
        (row,) = earlier_files(agreement.referral)
        assert row.active
        with pytest.raises(ProgramError, match="A stay goes on in the file") as refusal:
            placed_again(agreement, active.participant, worker)
        assert refusal.value.field == "person"
        assert Enrollment.objects.count() == 1


def test_not_with_a_caseworker_whom_the_person_has_named(cast, before, agreement, worker):
    with in_track(cast.education, write=True):
        Restriction.objects.create(participant=before.participant, staff=worker, recorded_on=PLACED, recorded_by=worker)
    manager = staff(cast, cast.education, "manager")
    with in_track(cast.education, by=worker):
        assert earlier_files(agreement.referral) == []
    with in_track(cast.education, by=manager, write=True), pytest.raises(ProgramError, match="does not wish"):
        place(
            referral=agreement.referral, participant=before.participant, caseworker=worker, placed_on=PLACED,
            today=PLACED, by=manager,
        )  # fmt: skip


def test_what_somebody_has_linked_stands_first(cast, before, worker):
    other = make_agreement(cast, cast.education, person={"name": "Ruth Palmer", "case_number": "NEW-2"}).referral
    with in_track(cast.education, by=worker, write=True):
        assert earlier_files(other) == []
        decide_comparison(referral=before.referral, other=other, decision="same_person", today=PLACED, by=worker)
        (row,) = earlier_files(other)
        assert (row.participant, row.reasons) == (before.participant, (LINKED,))


def test_never_the_other_track(cast, agreement, worker):
    for track in (cast.services, cast.elsewhere):
        make_enrollment(cast, track, **EARLIER)
    with in_track(cast.education, by=worker):
        assert earlier_files(agreement.referral) == []


@pytest.mark.parametrize("number", [1, 3])
def test_fixed_number_of_statements(cast, agreement, worker, number):
    for _ in range(number):
        make_ended(cast, cast.education, enrollment=make_enrollment(cast, cast.education, **EARLIER))
    with in_track(cast.education, by=worker) as scope:
        assert scope.hidden == frozenset()
        referral = agreement.referral
        assert referral.name
        with exactly(6):  # decisions, files and tokens counted, tokens read, files, stays
            assert len(earlier_files(referral)) == number


# --- the page ------------------------------------------------------------------------------------------------
def test_page_asks_and_nothing_is_chosen_beforehand(cast, before, agreement, worker):
    client = cast.client(worker)
    url = cast.url(cast.education, "placement_new", pk=agreement.referral_id)
    page = client.get(url)
    html = page.content.decode()
    assert "Was this person here before?" in html
    assert f"Another stay in the file {before.participant.reference}" in html
    assert set(form_of(page)) == {"placed_on", "form_key"}
    values = {**form_of(page), "caseworker": worker.pk, "placed_on": PLACED}
    refused = client.post(url, values)
    assert refused.status_code == 422
    assert "Say whether this person was here before." in refused.content.decode()
    answers = [client.post(url, {**values, "person": str(before.participant_id)}) for _ in range(2)]
    file = cast.url(cast.education, "participant", reference=before.participant.reference)
    assert [answer.url for answer in answers] == [file, file]
    with in_track(cast.education):
        assert Participant.objects.get().enrollments.count() == 2


def test_page_makes_a_new_file_if_the_person_says_so(cast, before, agreement, worker):
    client = cast.client(worker)
    url = cast.url(cast.education, "placement_new", pk=agreement.referral_id)
    values = {**form_of(client.get(url)), "caseworker": worker.pk, "placed_on": PLACED, "person": "new"}
    assert client.post(url, values).status_code == 302
    with in_track(cast.education):
        assert Participant.objects.count() == 2


def test_page_takes_no_file_that_it_has_not_offered(cast, before, agreement, worker):
    other = {"name": "Ruth Palmer", "date_of_birth": datetime.date(1971, 11, 30)}
    stranger = make_enrollment(cast, cast.education, **other)
    client = cast.client(worker)
    url = cast.url(cast.education, "placement_new", pk=agreement.referral_id)
    values = {**form_of(client.get(url)), "caseworker": worker.pk, "placed_on": PLACED}
    assert client.post(url, {**values, "person": str(stranger.participant_id)}).status_code == 422

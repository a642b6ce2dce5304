"""From referral to the report, page by page, in each track; and every other way out."""

import datetime
import re

import pytest
import time_machine

from participants.models import Attendance, Enrollment, ExitProposal, Participant, Referral, Requirement
from participants.tracks.scope import in_track
from tests.journeys import steps
from tests.journeys.walker import Walker

TODAY = datetime.date(2026, 6, 1)


@pytest.fixture
def clock():
    """Noon in New York on the first day; a journey moves it on."""
    with time_machine.travel("2026-06-01T16:00:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def education(cast, clock):
    return Walker(cast, "education_caseworker", cast.education)


@pytest.fixture
def services(cast, clock):
    return Walker(cast, "services_caseworker", cast.services)


def stay_of(walker, reference):
    with in_track(walker.track):
        return Enrollment.objects.get(participant=Participant.objects.get(reference=reference))


def report(cast, track, place):
    manager = Walker(cast, f"{place}_manager", track)
    url = cast.url(track, "reports") + "?from=2026-06-01&to=2026-06-30&cohort=exit&format=csv"
    return manager.client.get(url)


def credit(walker, reference, kind, quantity):
    with in_track(walker.track):
        requirement = Requirement.objects.get(
            enrollment__participant=Participant.objects.get(reference=reference), kind=kind
        )
    walker.open("credit_new", pk=requirement.pk)
    walker.send(quantity=quantity)


def test_education_from_referral_to_completion(cast, clock, education):
    reference = steps.enter(education, name="Ernest Journeyman", today=TODAY)

    # A class of eight hours is scheduled, the person booked, attendance taken by the facilitator.
    education.open("session_new")
    education.send(
        kind="class",
        title="Saturday class",
        held_on="2026-06-06",
        starts="09:00",
        ends="17:00",
        facilitator=str(cast.education_facilitator.pk),
        capacity="20",
    )
    session = re.search(r"/sessions/([0-9a-f-]{36})/", education.url)[1]
    education.open("session_book", pk=session)
    (field,) = [name for name in education.form.choices if education.form.choices[name] and name != "form_key"]
    education.send(**{field: education.form.choices[field]})

    clock.move_to("2026-06-06T22:00:00Z")
    education.next_day()
    facilitator = Walker(cast, "education_facilitator", cast.education)
    assert "Ernest Journeyman" in facilitator.open("session", pk=session)
    (mark,) = [name for name, choices in facilitator.form.choices.items() if "no_show" in choices]
    facilitator.send(**{mark: "attended"})
    with in_track(cast.education):
        assert list(Attendance.objects.values_list("mark", "minutes")) == [("attended", 480)]

    # Not everything is met: the page names what is missing and has no button; a post is refused all the same.
    text = education.open("completion_propose", reference=reference)
    assert "Community-service hours" in text
    assert "Propose completion</button>" not in text
    education.client.post(education.url, {"x": "1"})
    with in_track(cast.education):
        assert not ExitProposal.objects.exists()

    credit(education, reference, "community_service_hours", "20")
    credit(education, reference, "fee", "200")
    education.open("completion_propose", reference=reference)
    education.send()

    with in_track(cast.education):
        proposal = ExitProposal.objects.get()
    assert education.client.get(cast.url(cast.education, "approval", pk=proposal.pk)).status_code == 403
    manager = Walker(cast, "education_manager", cast.education)
    assert "Ernest Journeyman" in manager.open("my_day")
    manager.open("approval", pk=proposal.pk)
    manager.send(decision="approve")

    stay = stay_of(education, reference)
    assert (stay.status, stay.exited_on, stay.requirements_met_on) == (
        "completed",
        datetime.date(2026, 6, 6),
        datetime.date(2026, 6, 6),
    )
    manager.open("recommend", reference=reference)
    manager.send(recommended="dismissal")

    liaison = Walker(cast, "education_liaison", cast.education)
    assert "completed" in liaison.open("cases")
    liaison.open("case_disposition", pk=stay.referral_id)
    liaison.send(disposed="nolle_prosequi", decided_on="2026-06-06")

    text = education.open("participant", reference=reference)
    outcome = re.search(r'aria-labelledby="outcome">(.*?)</section>', text, re.DOTALL)[1]
    assert re.findall(r"<dd>(.*?)</dd>", outcome) == [
        "June 6, 2026",
        "Dismissal, June 6, 2026",
        "Dismissed (nolle prosequi), June 6, 2026",
    ]
    assert ",1.0,1,1,completed / (completed + terminated + withdrew)" in report(cast, cast.education, "education").text


def test_services_from_referral_to_completion(cast, clock, services):
    reference = steps.enter(services, name="Sabine Journeywoman", today=TODAY)
    for day in range(2, 8):
        clock.move_to(f"2026-06-0{day}T20:00:00Z")
        services.next_day()
        services.go(cast.url(cast.services, "session_log") + f"?participant={reference}")
        services.send(kind="individual", held_on=f"2026-06-0{day}", starts="10:00", minutes="45", note="Came by.")
    text = services.open("participant", reference=reference)
    assert "6 of 6" in re.sub(r"\s+", " ", text)
    services.open("completion_propose", reference=reference)
    services.send()
    with in_track(cast.services):
        proposal = ExitProposal.objects.get()
    manager = Walker(cast, "services_manager", cast.services)
    manager.open("approval", pk=proposal.pk)
    manager.send(decision="approve")
    assert stay_of(services, reference).status == "completed"

    # The prosecutor's office still reads the same word for everybody.
    liaison = Walker(cast, "services_liaison", cast.services)
    assert "no report" in liaison.open("cases")
    assert "completed" not in liaison.page.text


@pytest.mark.parametrize("track", ["education", "services"])
def test_declining_is_a_normal_end(cast, clock, track):
    worker = Walker(cast, f"{track}_caseworker", cast.tracks[track])
    referral = steps.receive(worker, name="Dana Decliner", today=TODAY)
    steps.screen(worker, referral)
    made = steps.offer(worker, referral, today=TODAY)
    text = steps.decide(worker, made, decision="declined", today=TODAY)
    assert "Declined" in text
    with in_track(worker.track):
        assert Referral.objects.get().status == "declined"
        assert not Participant.objects.exists()
        assert not Enrollment.objects.exists()


@pytest.mark.parametrize("track", ["education", "services"])
def test_leaving_takes_one_step_and_no_reason(cast, clock, track):
    worker = Walker(cast, f"{track}_caseworker", cast.tracks[track])
    reference = steps.enter(worker, name="Wanda Leaver", today=TODAY)
    worker.open("withdraw", reference=reference)
    worker.send()
    stay = stay_of(worker, reference)
    assert (stay.status, stay.exit_detail, stay.exited_on) == ("withdrew", "", TODAY)
    with in_track(worker.track):
        assert stay.agreement.withdrawn_on == TODAY


def test_leaving_while_completion_waits(cast, clock, services):
    reference = steps.enter(services, name="Wilma Waiter", today=TODAY)
    manager = Walker(cast, "services_manager", cast.services)
    services.open("neutral_propose", reference=reference)
    services.send(detail="transfer", reasons="Moves to another county.")
    services.open("withdraw", reference=reference)
    services.send()
    assert stay_of(services, reference).status == "withdrew"
    assert "Wilma Waiter" not in manager.open("approvals")


def test_termination_with_contest(cast, clock, education):
    reference = steps.enter(education, name="Timothy Contester", today=TODAY)
    education.open("termination_propose", reference=reference)
    education.send(
        reason_codes=["missed_sessions"],
        reasons="Two classes were missed and no make-up was taken.",
        notice_on="2026-06-01",
        contest_by="2026-06-20",
    )
    with in_track(cast.education):
        proposal = ExitProposal.objects.get()
    assert stay_of(education, reference).status == "active"

    # Until the contest date nobody approves it, whatever was said; it may be returned at any time.
    manager = Walker(cast, "education_manager", cast.education)
    manager.open("approval", pk=proposal.pk)
    manager.send(decision="approve", reason="As in the notice.", expect=422)

    education.open("exit_statement", pk=proposal.pk)
    education.send(statement="I was in hospital and can show the papers.")
    text = manager.open("approval", pk=proposal.pk)
    assert "I was in hospital" in text
    manager.send(decision="approve", reason="Heard, and as in the notice.", expect=422)
    assert stay_of(education, reference).status == "active"
    manager.send(decision="return", reason="The papers explain it. A make-up class is offered.")
    assert stay_of(education, reference).status == "active"

    # Later it is proposed again, nobody contests, and another person decides after the date.
    clock.move_to("2026-07-01T16:00:00Z")
    education.next_day()
    education.open("termination_propose", reference=reference)
    education.send(
        reason_codes=["missed_sessions"],
        reasons="The make-up was missed.",
        notice_on="2026-07-01",
        contest_by="2026-07-20",
    )
    clock.move_to("2026-07-22T16:00:00Z")
    with in_track(cast.education):
        proposal = ExitProposal.objects.get(decision="waiting")
    manager = Walker(cast, "education_manager", cast.education)
    manager.open("approval", pk=proposal.pk)
    manager.send(decision="approve", reason="Not contested.")
    assert stay_of(education, reference).status == "terminated"


def test_services_terminates_nobody(cast, clock, services):
    reference = steps.enter(services, name="Tess Stays", today=TODAY)
    assert "terminat" not in services.open("participant", reference=reference).lower()
    url = cast.url(cast.services, "termination_propose", reference=reference)
    assert services.client.get(url).status_code == 404
    assert services.client.post(url, {"reasons": "x"}).status_code == 404
    assert stay_of(services, reference).status == "active"


def test_a_minor_goes_no_further(cast, clock, services):
    referral = steps.receive(services, name="Minnie Young", today=TODAY, date_of_birth="2009-01-01")
    text = services.open("referral", pk=referral.pk)
    assert "1-800-962-2873" in text
    for page in ("screening_new", "offer_new", "placement_new"):
        response = services.client.get(cast.url(cast.services, page, pk=referral.pk), follow=True)
        assert "<form" not in response.text.split("<main")[1] or response.status_code == 404, page
    with in_track(cast.services):
        assert not Participant.objects.exists()

"""The first page of the morning: what each role sees of it, in a fixed number of statements."""

import datetime

import pytest
import time_machine

from participants.completion.actions import decide_exit, propose_neutral
from participants.my_day.queries import day_of
from participants.referrals.actions import update_court_details
from participants.sessions.actions import book, schedule_session
from participants.staff.models import permissions_of
from participants.tracks.scope import in_track
from tests import builders

TODAY = datetime.date(2026, 4, 1)


@pytest.fixture(autouse=True)
def morning():
    with time_machine.travel("2026-04-01T13:00:00Z", tick=False):
        yield


def day(cast, name, track):
    user = cast.people[name]
    with in_track(track, by=user):
        return day_of(user, permissions_of(list(user.grants.all())), on=TODAY)


def a_session(cast, *, held_on, facilitator):
    with in_track(cast.education, by=cast.education_manager, write=True):
        return schedule_session(
            kind="class",
            title=f"Class of {held_on}",
            held_on=held_on,
            starts=datetime.time(9),
            ends=datetime.time(11),
            facilitator=facilitator,
            today=held_on,
            by=cast.education_manager,
        )


def test_sessions_are_those_that_one_runs(cast):
    mine = a_session(cast, held_on=TODAY, facilitator=cast.education_facilitator)
    a_session(cast, held_on=TODAY, facilitator=cast.education_caseworker)
    a_session(cast, held_on=TODAY + datetime.timedelta(days=1), facilitator=cast.education_facilitator)
    overdue = a_session(cast, held_on=TODAY - datetime.timedelta(days=3), facilitator=cast.education_facilitator)
    stay = builders.make_enrollment(cast, cast.education)
    with in_track(cast.education, by=cast.education_manager, write=True):
        book(session=overdue, enrollments=[stay], by=cast.education_manager)
    found = day(cast, "education_facilitator", cast.education)
    assert (found.sessions, found.unrecorded) == ([mine], [overdue])
    text = cast.client("education_facilitator").get(cast.url(cast.education, "my_day")).text
    assert "Take attendance" in text
    assert "Class of 2026-03-29" in text


def test_court_dates_are_of_ones_own_caseload_or_of_the_whole_track(cast):
    own = builders.make_enrollment(cast, cast.education, name="Olivia Own")
    other = builders.make_enrollment(
        cast, cast.education, name="Otto Other", caseworker=cast.education_second_caseworker
    )
    for stay, days in ((own, 3), (other, 7)):
        with in_track(cast.education, write=True):
            update_court_details(
                referral=stay.referral,
                version=stay.referral.version,
                next_court_on=TODAY + datetime.timedelta(days=days),
                must_appear="yes",
                counsel_name="",
                counsel_contact="",
                by=cast.education_caseworker,
            )
    assert [row.pk for row in day(cast, "education_caseworker", cast.education).court] == [own.referral_id]
    assert [row.pk for row in day(cast, "education_manager", cast.education).court] == [
        own.referral_id,
        other.referral_id,
    ]
    text = cast.client("education_caseworker").get(cast.url(cast.education, "my_day")).text
    assert "Olivia Own" in text
    assert "Otto Other" not in text


def a_proposal(cast, *, by):
    stay = builders.make_enrollment(cast, cast.education, name="Petra Proposed")
    with in_track(cast.education, by=by, write=True):
        return propose_neutral(enrollment=stay, detail="transfer", reasons="Moves.", today=TODAY, by=by)


def test_approvals_wait_for_others_than_who_proposed(cast):
    proposal = a_proposal(cast, by=cast.education_manager)
    assert day(cast, "education_manager", cast.education).approvals == []
    assert day(cast, "education_second_manager", cast.education).approvals == [proposal]
    assert day(cast, "education_caseworker", cast.education).approvals is None


def test_what_came_back_is_shown_to_who_proposed(cast):
    proposal = a_proposal(cast, by=cast.education_caseworker)
    with in_track(cast.education, by=cast.education_manager, write=True):
        decide_exit(proposal=proposal, approve=False, reason="Where to?", today=TODAY, by=cast.education_manager)
    assert [row.pk for row in day(cast, "education_caseworker", cast.education).returned] == [proposal.pk]
    assert day(cast, "education_second_caseworker", cast.education).returned == []
    assert "Where to?" in cast.client("education_caseworker").get(cast.url(cast.education, "my_day")).text


def test_steps_count_what_waits(cast):
    builders.make_referral(cast, cast.education)
    builders.make_referral(cast, cast.education)
    builders.make_eligible(cast, cast.education)
    builders.make_declined(cast, cast.education)
    builders.make_referral(cast, cast.services)
    assert day(cast, "education_intake_clerk", cast.education).steps == [
        ("received", "to be screened", 2),
        ("eligible", "to be offered the program", 1),
    ]


@pytest.mark.parametrize("role", ["liaison", "privacy_officer", "administrator"])
def test_roles_without_a_day_are_led_on(cast, role):
    name = f"education_{role}"
    assert day(cast, name, cast.education).is_empty
    assert "Where to go" in cast.client(name).get(cast.url(cast.education, "my_day")).text


@pytest.mark.parametrize(("role", "number"), [("facilitator", 2), ("caseworker", 8), ("manager", 10)])
def test_number_of_statements_is_fixed(cast, django_assert_num_queries, role, number):
    user = cast.people[f"education_{role}"]
    permissions = permissions_of(list(user.grants.all()))
    for more in (1, 2):
        for _ in range(more):
            a_session(cast, held_on=TODAY, facilitator=user)
            a_proposal(cast, by=cast.education_second_manager)
        with in_track(cast.education, by=user), django_assert_num_queries(number):
            found = day_of(user, permissions, on=TODAY)
            [row.participant.called for row in found.approvals or []]
            [session.site and session.site.name for session in found.sessions]

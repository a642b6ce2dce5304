"""The pages of a hand-off: two steps on one address, the alert after a day, the log for managers only."""

import datetime

import pytest
import time_machine

from participants.handoffs.queries import TIME_TO_HAND_OFF, unfinished_stops
from participants.models import Handoff, Referral
from participants.referrals.rules import HOTLINE, Status
from participants.tracks.scope import in_track
from tests import builders
from tests.handoffs.handing import CALL, NOW, finish, make_stopped, start
from tests.statements import exactly
from tests.words import text_of

HOUR = datetime.timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def url_of(cast, row, name="handoff", track=None):
    return cast.url(track or cast.education, name, pk=row.pk)


def status_of(cast, row):
    with in_track(cast.education):
        return Referral.objects.get(pk=row.pk).status


def test_first_step_shows_both_dates_and_the_hotline(cast):
    row = make_stopped(cast)
    page = cast.client("education_caseworker").get(url_of(cast, row))
    text = text_of(page)
    for expected in ("May 17, 2009", "February 20, 2026", HOTLINE, "Correct the dates", "Begin the hand-off"):
        assert expected in text
    assert "checked" not in page.context["form"].initial


def test_unticked_first_step_starts_nothing(cast):
    row = make_stopped(cast)
    answer = cast.client("education_caseworker").post(url_of(cast, row), {"version": "0"})
    assert answer.status_code == 422
    assert "Check both dates against a document first" in answer.text
    with in_track(cast.education):
        assert not Handoff.objects.exists()


def test_both_steps(cast):
    row = make_stopped(cast, phone="305-555-0101")
    client, url = cast.client("education_caseworker"), url_of(cast, row)
    page = client.post(url, {"version": "0", "checked": "on"}, follow=True)
    text = text_of(page)
    for expected in ("Kim Minorson", "305-555-0101", "May 17, 2009", "Sent by", HOTLINE, "Save and erase"):
        assert expected in text
    typed = {"told_on": "2026-03-06", "told_time": "09:30", "told_to": "Counselor 114", "report_number": ""}
    answer = client.post(url, typed)
    assert answer.status_code == 422
    assert "Enter the number of the report." in answer.text
    assert "Counselor 114" in answer.text
    assert status_of(cast, row) == Status.STOPPED
    answer = client.post(url, {**typed, "report_number": "2026-778812"}, follow=True)
    assert "Handed off. The referral is erased" in answer.text
    assert "Minorson" not in answer.text
    assert "2026-778812" not in answer.text, "the log is the managers'"
    assert status_of(cast, row) == Status.HANDED_OFF
    with in_track(cast.education):
        assert Handoff.objects.get().told_at == CALL
    assert "was handed off" in client.get(url, follow=True).text


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"told_time": ""}, "told_time"),
        ({"told_on": ""}, "told_on"),
        ({"told_on": "2026-03-08", "told_time": "02:30"}, "told_time"),  # the clocks go forward that night
        ({"told_on": "2026-03-07"}, "told_on"),
        ({"told_to": ""}, "told_to"),
        ({"told_on": "soon"}, "told_on"),
    ],
)
def test_refusals_stand_next_to_their_field(cast, over, field):
    row = make_stopped(cast)
    start(cast, row)
    typed = {"told_on": "2026-03-06", "told_time": "09:30", "told_to": "Counselor", "report_number": "77"}
    answer = cast.client("education_caseworker").post(url_of(cast, row), {**typed, **over})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert status_of(cast, row) == Status.STOPPED


def test_from_the_start_others_find_no_page_and_no_name(cast):
    row = make_stopped(cast)
    start(cast, row)
    for other in ("education_second_caseworker", "education_intake_clerk"):
        client = cast.client(other)
        for name in ("handoff", "referral", "referral_edit"):
            assert client.get(url_of(cast, row, name)).status_code == 404, name
        for name in ("referrals", "my_day", "handoffs"):
            page = client.get(cast.url(cast.education, name))
            assert (page.status_code, "Minorson" in page.text) == (200, False), name
        found = client.post(cast.url(cast.education, "search"), {"q": "Minorson"})
        assert "Kim Minorson" not in found.text
    assert "Kim Minorson" not in cast.client("education_liaison").get(cast.url(cast.education, "cases")).text


def test_lists_show_a_child_without_a_name_to_everybody(cast):
    row = make_stopped(cast, case_number="J26-4711")
    link = url_of(cast, row, "referral")
    page = cast.client("education_second_caseworker").get(cast.url(cast.education, "referrals"))
    assert "Minorson" not in page.text
    assert "Under 18, no name in lists" in page.text
    assert link in page.text
    start(cast, row)
    page = cast.client("education_second_caseworker").get(cast.url(cast.education, "referrals"))
    assert "Under 18, no name in lists" in page.text
    assert link not in page.text
    assert link in cast.client("education_manager").get(cast.url(cast.education, "referrals")).text


def test_a_manager_reads_and_takes_over(cast):
    row = make_stopped(cast)
    start(cast, row)
    client, url = cast.client("education_manager"), url_of(cast, row)
    text = text_of(client.get(url))
    assert "Kim Minorson" in text
    assert "Education Caseworker began it" in text
    assert "Save and erase" in text_of(client.post(url, follow=True))
    assert cast.client("education_caseworker").get(url).status_code == 404


def test_what_is_left_says_when_and_nothing_else(cast):
    row = make_stopped(cast)
    finish(cast, start(cast, row))
    page = cast.client("education_intake_clerk").get(url_of(cast, row, "referral"))
    assert "This referral was handed off on March 6, 2026. Everything about the person is erased." in text_of(page)
    for gone in (row.charge, row.source, "Counselor 114", "2026-778812", "log"):
        assert gone not in text_of(page).removeprefix("Handed off")
    edit = cast.client("education_intake_clerk").get(url_of(cast, row, "referral_edit"))
    assert edit.url == url_of(cast, row, "referral")


def test_the_log_is_for_managers(cast):
    finish(cast, start(cast, make_stopped(cast)))
    url = cast.url(cast.education, "handoffs")
    text = text_of(cast.client("education_manager").get(url))
    for kept in (
        "Mar 6, 2026, 10:00 AM",
        "Mar 6, 2026, 9:30 AM",
        "Counselor 114",
        "2026-778812",
        "Education Caseworker",
    ):
        assert kept in text
    worker = cast.client("education_caseworker").get(url)
    assert "2026-778812" not in worker.text
    assert cast.client("education_counsellor").get(url).status_code == 403
    assert "2026-778812" not in cast.client("services_manager").get(cast.url(cast.services, "handoffs")).text


def test_an_adult_by_now_is_asked_whether_to_report(cast):
    row = make_stopped(cast, date_of_birth=datetime.date(2008, 3, 1))
    client, url = cast.client("education_caseworker"), url_of(cast, row)
    page = client.post(url, {"version": "0", "checked": "on"}, follow=True)
    assert "An adult now, a child on the offense date." in text_of(page)
    assert client.post(url, {"report": ""}).status_code == 422
    assert client.post(url, {"report": "not_reported"}).status_code == 422
    answer = client.post(url, {"report": "not_reported", "reason": "The person asks for no report."}, follow=True)
    assert "Handed off" in answer.text
    assert status_of(cast, row) == Status.HANDED_OFF
    log = text_of(cast.client("education_manager").get(cast.url(cast.education, "handoffs")))
    assert "not reported, an adult by then" in log
    assert "The person asks for no report." in log


def test_a_child_is_not_left_unreported(cast):
    row = make_stopped(cast)
    start(cast, row)
    answer = cast.client("education_caseworker").post(url_of(cast, row), {"report": "not_reported", "reason": "No."})
    assert answer.status_code == 422
    assert status_of(cast, row) == Status.STOPPED


def test_other_referrals_have_no_hand_off_page(cast):
    row = builders.make_referral(cast, cast.education)
    assert cast.client("education_caseworker").get(url_of(cast, row)).status_code == 404
    theirs = make_stopped(cast, track=cast.services)
    assert cast.client("education_caseworker").get(url_of(cast, theirs)).status_code == 404


LOUD = "Late: a child has waited for a report for more than 24 hours."


@pytest.mark.parametrize(("hours", "loud"), [(0, False), (23.99, False), (24, True), (100, True)])
@pytest.mark.parametrize("begun", [False, True])
def test_after_a_day_it_is_an_alert_of_the_worker_and_the_managers(cast, clock, hours, loud, begun):
    row = make_stopped(cast)
    if begun:
        start(cast, row)
    clock.move_to(NOW + hours * HOUR)
    for member in ("education_caseworker", "education_manager", "education_second_manager"):
        page = cast.client(member).get(cast.url(cast.education, "my_day"))
        assert (LOUD in page.text) == loud
        assert url_of(cast, row) in page.text
        assert "Minorson" not in page.text
    other = cast.client("education_second_caseworker").get(cast.url(cast.education, "my_day"))
    assert (url_of(cast, row) in other.text) == (not begun)
    assert url_of(cast, row) not in cast.client("education_facilitator").get(cast.url(cast.education, "my_day")).text


def test_nothing_is_an_alert_when_it_is_done(cast, clock):
    row = make_stopped(cast)
    handoff = start(cast, row)
    clock.move_to(NOW + 30 * HOUR)
    finish(cast, handoff, now=NOW + 30 * HOUR)
    page = cast.client("education_manager").get(cast.url(cast.education, "my_day"))
    assert LOUD not in page.text
    assert "to be handed over" not in page.text


@pytest.mark.parametrize(
    ("stopped_at", "zone_note"),
    [
        (datetime.datetime(2026, 3, 7, 17, tzinfo=datetime.UTC), "a day of 23 hours"),
        (datetime.datetime(2026, 10, 31, 16, tzinfo=datetime.UTC), "a day of 25 hours"),
    ],
)
def test_a_day_is_24_hours_also_when_the_clocks_change(cast, clock, stopped_at, zone_note):
    clock.move_to(stopped_at)
    make_stopped(cast, today=stopped_at.date())
    for after, overdue in ((TIME_TO_HAND_OFF - datetime.timedelta(seconds=1), False), (TIME_TO_HAND_OFF, True)):
        with in_track(cast.education, by=cast.education_manager):
            (stop,) = unfinished_stops((stopped_at + after).astimezone(cast.harbor.zone))
            assert stop.since == stopped_at
            assert stop.is_overdue == overdue, zone_note


def test_a_referral_stopped_later_counts_from_then(cast, clock):
    from participants.referrals.actions import change_referral

    row = builders.make_referral(cast, cast.education)
    clock.move_to(NOW + 48 * HOUR)
    clerk = cast.education_intake_clerk
    with in_track(cast.education, by=clerk, write=True):
        change_referral(referral=row, version=0, date_of_birth=datetime.date(2009, 5, 17), today=NOW.date(), by=clerk)
    with in_track(cast.education, by=clerk):
        (stop,) = unfinished_stops(NOW + 60 * HOUR)
        assert (stop.hours, stop.is_overdue, stop.handoff) == (12, False, None)


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_a_fixed_number_of_statements(cast, rows):
    for number in range(rows):
        make_stopped(cast, case_number=f"J26-{number}")
        done = make_stopped(cast, case_number=f"J26-9{number}")
        finish(cast, start(cast, done))
    client, url = cast.client("education_manager"), cast.url(cast.education, "handoffs")
    client.get(url)
    with exactly(10):
        client.get(url)


def test_the_longest_wait_stands_first(cast, clock):
    first = make_stopped(cast, case_number="J26-1")
    clock.move_to(NOW + HOUR)
    second = make_stopped(cast, case_number="J26-2")
    page = cast.client("education_manager").get(cast.url(cast.education, "handoffs")).text
    assert page.index(str(first.pk)) < page.index(str(second.pk))

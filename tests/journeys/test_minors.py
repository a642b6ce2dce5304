"""A mistyped birth date, a real minor, and an adult who was 17: page by page, from the stop to its end."""

import csv
import datetime
import io

import pytest
import time_machine

from participants.models import Handoff, Referral
from participants.tracks.scope import in_track
from tests.journeys import steps
from tests.journeys.walker import Walker

TODAY = datetime.date(2026, 6, 1)


@pytest.fixture
def clock():
    """Noon in New York on the first day."""
    with time_machine.travel("2026-06-01T16:00:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def clerk(cast, clock):
    return Walker(cast, "education_intake_clerk", cast.education)


def stand(walker, referral):
    with in_track(walker.track):
        return Referral.objects.get(pk=referral.pk)


def test_a_typo_in_a_birth_date_destroys_nothing(cast, clerk):
    referral = steps.receive(clerk, name="Tilda Typo", today=TODAY, date_of_birth="2018-04-05")
    assert "Under 18: stop here." in clerk.page.text
    clerk.open("handoff", pk=referral.pk)
    assert "April 5, 2018" in clerk.page.text
    # The document says otherwise.
    clerk.open("referral_edit", pk=referral.pk)
    clerk.send(date_of_birth="1988-04-05", checked="on")
    assert "Under 18" not in clerk.page.text
    assert stand(clerk, referral).status == "received"
    steps.screen(clerk, referral)
    made = steps.offer(clerk, referral, today=TODAY)
    assert made.referral_id == referral.pk
    with in_track(clerk.track):
        assert not Handoff.objects.exists()


def test_a_real_minor_is_handed_over_and_erased(cast, clock, clerk):
    referral = steps.receive(clerk, name="Mina Minor", today=TODAY, date_of_birth="2010-04-05", phone="305-555-0101")
    colleague = Walker(cast, "education_caseworker", cast.education)
    assert "Mina Minor" in colleague.open("referral", pk=referral.pk)
    clerk.open("handoff", pk=referral.pk)
    assert "checked" not in clerk.form.values, "nothing is ticked beforehand"
    on_screen = clerk.send(checked="on")
    for told in ("Mina Minor", "April 5, 2010", "305-555-0101", "1-800-962-2873"):
        assert told in on_screen
    # From now on nobody else reads it, but the managers.
    assert colleague.client.get(cast.url(cast.education, "referral", pk=referral.pk)).status_code == 404
    assert "Mina" not in colleague.open("referrals")

    # The call is made, but the day ends before the number is entered: an alert for worker and manager.
    clock.move_to("2026-06-02T17:00:00Z")
    clerk.next_day()
    manager = Walker(cast, "education_manager", cast.education)
    for walker in (clerk, manager):
        assert "Late: a child has waited" in walker.open("my_day")
        assert "Mina" not in walker.page.text
    colleague.next_day()
    assert "Late: a child" not in colleague.open("my_day")

    clerk.open("handoff", pk=referral.pk)
    clerk.send(told_on="2026-06-01", told_time="12:20", told_to="Counselor 114", report_number="2026-778812")
    assert "Handed off. The referral is erased" in clerk.page.text
    assert "Late" not in clerk.open("my_day")
    assert "handed off on June 2, 2026" in clerk.open("referral", pk=referral.pk)
    log = manager.open("handoffs")
    for kept in ("Counselor 114", "2026-778812", "Jun 1, 2026, 12:20 PM"):
        assert kept in log
    for name in ("referrals", "handoffs", "my_day"):
        assert "Mina" not in manager.open(name)
    found = manager.client.post(cast.url(cast.education, "search"), {"q": "Mina"})
    assert "Nobody found" in found.text
    # It still counts as received.
    report = manager.client.get(cast.url(cast.education, "reports") + "?from=2026-06-01&to=2026-06-30&format=csv")
    (row,) = csv.DictReader(io.StringIO(report.content.decode("utf-8-sig")))
    assert row["referred"] == "1"


def test_an_adult_now_who_was_17_is_asked_about(cast, clerk):
    referral = steps.receive(clerk, name="Alma Grown", today=TODAY, date_of_birth="2008-05-20", offense_on="2026-05-10")
    assert stand(clerk, referral).status == "stopped"
    clerk.open("handoff", pk=referral.pk)
    page = clerk.send(checked="on")
    assert "An adult now, a child on the offense date." in page
    assert "report" not in clerk.form.values, "nothing is chosen beforehand"
    clerk.send(report="not_reported", reason="The person asks for no report.")
    assert stand(clerk, referral).status == "handed_off"
    with in_track(clerk.track):
        assert Handoff.objects.get().reason == "The person asks for no report."
        assert stand(clerk, referral).name == ""


def test_no_birth_date_is_not_screened(cast, clerk):
    referral = steps.receive(clerk, name="Nora Nodate", today=TODAY, date_of_birth="")
    assert "Without it the person cannot be screened." in clerk.page.text
    assert "The date of birth is not known." in clerk.open("screening_new", pk=referral.pk)
    assert stand(clerk, referral).status == "received"

"""The voluntariness panel: its figures worked out by hand, its alarm, its file, and nobody's name."""

import csv
import datetime
import io
from fractions import Fraction

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from participants.audit.models import Event, EventSubject
from participants.consent.versions import certify_text
from participants.reports.voluntariness import (
    MEANINGFUL,
    OfferFacts,
    answers,
    hours_to_decide,
    rates_of,
    voluntariness_of,
)
from participants.tracks.scope import in_track
from tests import builders
from tests.builders import at, make_accepted, make_agreement, make_declined, make_lapsed, make_offer, text_of
from tests.statements import exactly
from tests.words import text_of as words_of

DAY = datetime.timedelta(days=1)
START, END = datetime.date(2026, 3, 1), datetime.date(2026, 3, 31)
TODAY = datetime.date(2026, 4, 1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel("2026-04-01T13:00:00Z", tick=False) as traveller:
        yield traveller


def panel(cast, track=None, start=START, end=END):
    with in_track(track or cast.education):
        return voluntariness_of(start=start, end=end, as_of=TODAY)


def made_of(found) -> dict:
    return {name: (rate.numerator, rate.denominator) for name, rate in found.rates}


def make_month(cast):
    """Seven offers of March, of each kind something, and one of April."""
    education = cast.education
    with in_track(education, by=cast.education_manager, write=True):
        on = builders.RECEIVED
        english, spanish = text_of("offer"), text_of("offer", "es")
        certify_text(text=english, certified_by="Ana Luz", certified_on=on, today=on, by=cast.education_manager)
    # Signed at once, of the person's own wish, in custody.
    offer = make_offer(cast, education, place="custody", text=english)
    soon = {"decided_at": at(builders.OFFERED, 14), "counsel_on": builders.OFFERED, "asked_to_sign_now": True}
    make_accepted(cast, education, offer=offer, **soon)
    make_agreement(cast, education, offer=offer, signed_at=at(builders.OFFERED, 15))
    # Accepted after 119 hours of real time (noon to noon of the fifth day, one hour short), signed a day later.
    make_agreement(cast, education, offer=make_accepted(cast, education, counsel="declined", counsel_name=""))
    # Declined in custody, with an interpreter.
    interpreted = {"language": "mam", "interpreter": "Rui Costa", "text": spanish}
    offer = make_offer(cast, education, place="custody", **interpreted)
    make_declined(cast, education, offer=offer, decided_at=at(builders.OFFERED, 13, 30))
    make_accepted(cast, education)
    make_lapsed(cast, education)
    make_offer(cast, education, text=spanish, language="es")
    later = builders.OFFERED + 30 * DAY
    make_offer(cast, education, made_at=at(later), decide_by=later + 2 * DAY)
    return offer


def test_figures_of_a_month(cast):
    make_month(cast)
    found = panel(cast)
    total = found.total
    assert (total.made, total.accepted, total.declined, total.lapsed, total.waiting) == (6, 3, 1, 1, 1)
    assert total.accepted_then_declined == 0
    assert made_of(found) == {
        "Decline rate": (1, 5),
        "Offers made in custody": (2, 6),
        "Acceptance of offers made in custody": (1, 2),
        "Acceptance of all other offers": (2, 3),
        "Signed within 24 hours, at own wish": (1, 2),
        "Lawyer consulted": (2, 3),
        "Lawyer declined": (1, 3),
        "With an interpreter": (1, 6),
        "By a text that was not certified": (2, 6),
    }
    assert (found.hours.n, found.hours.median, found.hours.shortest) == (4, (2 + 119) / 2, 1)
    assert [(group.name, group.made, group.declined) for group in found.by_place] == [
        ("At the program's office", 4, 0),
        ("At court", 0, 0),
        ("In custody", 2, 1),
        ("By phone", 0, 0),
        ("Elsewhere", 0, 0),
    ]
    assert [(group.name, group.made) for group in found.by_language] == [("English", 4), ("Mam", 1), ("Spanish", 1)]
    for groups in (found.by_place, found.by_language):
        assert sum(group.made for group in groups) == total.made
    assert not found.nobody_declined


def test_change_of_mind_keeps_the_first_answer_and_is_a_group_of_its_own(cast):
    """Accepted on March 9 after 119 hours, declined on April 1."""
    make_declined(cast, cast.education)
    offer = make_accepted(cast, cast.education)
    make_declined(cast, cast.education, offer=offer, decided_at=at(TODAY, 8))
    found = panel(cast)
    total = found.total
    assert (total.made, total.accepted, total.accepted_then_declined, total.declined) == (2, 0, 1, 1)
    assert total.made == total.ended
    rates = made_of(found)
    assert rates["Decline rate"] == rates["Acceptance of all other offers"] == (1, 2)
    assert (found.hours.n, found.hours.median, found.hours.shortest) == (2, 119, 119)
    text = words_of(open_page(cast))
    assert "Accepted, then declined 1 Declined 1" in text
    assert "Made = accepted + accepted, then declined + declined + lapsed + waiting." in text
    assert "did not refuse the offer: the rates count them as accepted, not as declined" in text
    assert "Total 2 0 1 1 0 0 50.0" in text
    assert "accepted_then_declined,1" in open_page(cast, format="csv").text


def test_period_takes_both_of_its_days(cast):
    make_offer(cast, cast.education)
    on = builders.OFFERED
    assert [
        panel(cast, start=start, end=end).total.made for start, end in ((on, on), (on + DAY, END), (START, on - DAY))
    ] == [1, 0, 0]


def test_text_certified_after_it_was_read_was_not_certified(cast):
    make_offer(cast, cast.education)
    with in_track(cast.education, by=cast.education_manager, write=True):
        on = builders.OFFERED + DAY
        certify_text(
            text=text_of("offer"), certified_by="Ana Luz", certified_on=on, today=on, by=cast.education_manager
        )
    assert made_of(panel(cast))["By a text that was not certified"] == (1, 1)


def test_panel_reads_one_track_and_nothing_of_nobody(cast):
    make_accepted(cast, cast.services)
    found = panel(cast)
    assert found.total == answers("Total", [])
    assert {rate.percent for _, rate in found.rates} == {None}
    assert (found.hours.n, found.hours.median) == (0, None)


def facts(decision="accepted", **over) -> OfferFacts:
    if decision == "changed":
        return facts("declined", counsel="consulted", accepted_at=at(builders.DECIDED), **over)
    ended = None if decision == "waiting" else over.get("decided_at", at(builders.DECIDED))
    values = {
        "made_at": at(builders.OFFERED),
        "made_on": builders.OFFERED,
        "accepted_at": ended if decision == "accepted" else None,
        "decided_at": ended,
        "decision": decision,
        "place": "office",
        "language": "en",
        "counsel": "consulted" if decision == "accepted" else "",
        "with_interpreter": False,
        "certified_on": None,
        "signed_at": None,
    }
    return OfferFacts(**{**values, **over})


@given(
    st.lists(
        st.builds(
            facts,
            st.sampled_from(["accepted", "changed", "declined", "lapsed", "waiting"]),
            place=st.sampled_from(["custody", "office", "phone"]),
            with_interpreter=st.booleans(),
        ),
        max_size=30,
    )
)
def test_parts_add_up_and_no_rate_passes_its_denominator(offers):
    total = answers("", offers)
    assert total.made == total.ended + total.waiting == len(offers)
    rates = dict(rates_of(offers))
    for rate in rates.values():
        assert 0 <= rate.numerator <= rate.denominator
        assert rate.formula
    custody, others = rates["Acceptance of offers made in custody"], rates["Acceptance of all other offers"]
    assert custody.denominator + others.denominator == total.ended
    accepted = total.accepted + total.accepted_then_declined
    assert custody.numerator + others.numerator == accepted
    if total.ended:
        assert Fraction(total.declined, total.ended) + Fraction(accepted + total.lapsed, total.ended) == 1


@pytest.mark.parametrize(
    ("hours", "median", "shortest"),
    [([30], 30, 30), ([23, 30], 26.5, 23), ([1, 48, 200], 48, 1), ([0], 0, 0)],
)
def test_median_and_shortest(hours, median, shortest):
    made = at(builders.OFFERED)
    offers = [facts(decided_at=made + datetime.timedelta(hours=number, minutes=59)) for number in hours]
    found = hours_to_decide([*offers, facts("lapsed"), facts("waiting")])
    assert (found.n, found.median, found.shortest) == (len(hours), median, shortest)


# --- the page ------------------------------------------------------------------------------------------------------


def open_page(cast, role="manager", **query):
    url = cast.url(cast.education, "voluntariness")
    return cast.client(f"education_{role}").get(url, {"from": START, "to": END, **query})


def test_page_prints_formulas_and_denominators_and_names_nobody(cast):
    offer = make_month(cast)
    answer = open_page(cast)
    text = words_of(answer)
    assert (
        "20.0 % 1 / 5: declined / (accepted + declined + lapsed); waiting offers left out; "
        "“accepted, then declined” counts as accepted"
    ) in text
    assert "Median 60.5 Shortest 1" in text
    assert "In custody 2 1 0 1 0 0 50.0&nbsp;% 1&nbsp;/&nbsp;2" in text
    assert "Rivera" not in text
    assert "Rui Costa" not in text
    assert str(offer.referral_id) not in answer.text
    with in_track(cast.education):
        viewed = Event.objects.filter(action="page.viewed").values("pk")
        assert not EventSubject.objects.filter(event_id__in=viewed).exists()  # nobody's file was opened


def test_nobody_declining_is_an_alarm_of_a_meaningful_number(cast):
    for _ in range(MEANINGFUL - 1):
        make_accepted(cast, cast.education)
    assert "This is an alarm" not in words_of(open_page(cast))
    offer = make_accepted(cast, cast.education)
    assert f"Nobody declined: 0 of {MEANINGFUL}." in words_of(open_page(cast))
    # Leaving after acceptance is no refusal of the offer.
    make_declined(cast, cast.education, offer=offer, decided_at=at(builders.PLACED))
    assert f"Nobody declined: 0 of {MEANINGFUL}." in words_of(open_page(cast))
    make_declined(cast, cast.education)
    assert "This is an alarm" not in words_of(open_page(cast))


def test_file_has_the_figures_of_the_page_safe_cells_and_is_on_record(cast):
    make_month(cast)
    answer = open_page(cast, format="csv")
    assert answer["Content-Disposition"] == 'attachment; filename="voluntariness-2026-03-01-2026-03-31.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    rates = {
        row["figure"]: (row["value"], row["numerator"], row["denominator"]) for row in rows if row["group"] == "rates"
    }
    assert rates["Decline rate"] == ("0.2000", "1", "5")
    assert [row["value"] for row in rows if row["group"] == "answers"] == ["6", "3", "0", "1", "1", "1"]
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    with in_track(cast.education):
        assert Event.objects.get(action="report.exported").detail == {
            "report": "voluntariness",
            "format": "csv",
            "from": "2026-03-01",
            "to": "2026-03-31",
            "audience": "internal",
        }


def test_reached_from_the_reports_page(cast):
    client = cast.client("education_manager")
    assert f'href="{cast.url(cast.education, "voluntariness")}"' in client.get(cast.url(cast.education, "reports")).text


@pytest.mark.parametrize("role", ["caseworker", "intake_clerk", "liaison", "administrator"])
def test_figures_are_for_who_sees_reports(cast, role):
    assert open_page(cast, role=role).status_code == 403


@pytest.mark.parametrize("query", [{"from": "never"}, {"from": END, "to": START}])
def test_bad_period_shows_the_form_again(cast, query):
    assert open_page(cast, **query).status_code == 422


@pytest.mark.parametrize("number", [1, 3])
def test_page_asks_the_same_number_of_questions(cast, number):
    for _ in range(number):
        make_accepted(cast, cast.education)
    open_page(cast)
    client = cast.client("education_manager")
    with exactly(5):
        client.get(cast.url(cast.education, "voluntariness"), {"from": START, "to": END})

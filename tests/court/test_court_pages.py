"""Pages of court dates: the two weeks, the result, the button, and the panels of referral, file and my day."""

import datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from participants.audit.models import Event
from participants.court.actions import mark_told, record_court_result
from participants.models import CourtResult, Referral, Restriction
from participants.tracks.scope import in_track
from tests import builders

D = datetime.date
TODAY = D(2026, 4, 1)


@pytest.fixture(autouse=True)
def morning():
    with time_machine.travel("2026-04-01T13:00:00Z", tick=False):
        yield


def hears(cast, track, name, on, **over):
    return builders.make_referral(cast, track, name=name, next_court_on=on, **over)


def assign(cast, track, referral, user):
    with in_track(track, write=True):
        Referral.objects.filter(pk=referral.pk).update(assigned_to=user)


def listed(cast, member, track=None, **query):
    return cast.client(member).get(cast.url(track or cast.education, "court_dates"), query)


def test_list_shows_two_weeks_by_day_and_first_what_has_passed(cast):
    for name, on in (
        ("Paul Past", D(2026, 3, 20)),
        ("Tina Today", TODAY),
        ("Wendy Week", D(2026, 4, 8)),
        ("Edith End", D(2026, 4, 15)),
        ("Lou Later", D(2026, 4, 16)),
    ):
        hears(cast, cast.education, name, on, counsel_name=f"Counsel of {name}")
    hears(cast, cast.services, "Other Track", TODAY)
    text = listed(cast, "education_intake_clerk").text
    order = ["How did it go?", "Paul Past", "Wednesday, April 1", "Tina Today", "Wendy Week", "Edith End"]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert "Lou Later" not in text
    assert "Other Track" not in text
    assert "Counsel of Wendy Week" in text


def test_who_must_appear_and_was_not_told_stands_out_in_words(cast):
    must = hears(cast, cast.education, "Mia Must", D(2026, 4, 2), must_appear="yes")
    page = listed(cast, "education_intake_clerk").text
    assert page.count("row-pressing") == 1
    assert "Must appear" in page
    assert "Not told yet" in page
    clerk = cast.education_intake_clerk
    with in_track(cast.education, by=clerk, write=True):
        mark_told(referral=must, court_on=must.next_court_on, must_appear="yes", today=TODAY, by=clerk)
    page = listed(cast, "education_intake_clerk").text
    assert "row-pressing" not in page
    assert "Not told yet" not in page
    assert "Undo" in page


def test_clerks_see_their_referrals_and_caseworkers_their_people(cast):
    own = hears(cast, cast.education, "Olga Own", D(2026, 4, 2))
    assign(cast, cast.education, own, cast.education_intake_clerk)
    hears(cast, cast.education, "Nobody Yet", D(2026, 4, 2))
    builders.make_enrollment(cast, cast.education, name="Petra Placed", next_court_on=D(2026, 4, 3))
    expected = {
        ("education_intake_clerk", ""): {"Olga Own"},
        ("education_intake_clerk", "all"): {"Olga Own", "Nobody Yet"},
        ("education_caseworker", ""): {"Petra Placed"},
        ("education_caseworker", "all"): {"Olga Own", "Nobody Yet", "Petra Placed"},
        ("education_manager", ""): {"Olga Own", "Nobody Yet", "Petra Placed"},
        ("education_manager", "mine"): set(),
    }
    names = {"Olga Own", "Nobody Yet", "Petra Placed"}
    found = {}
    for member, which in expected:
        text = listed(cast, member, **({"list": which} if which else {})).text
        found[member, which] = {name for name in names if name in text}
    assert found == expected


def test_a_clerk_does_not_learn_which_stays_go_on(cast):
    """A placed person's date would vanish from the list when the stay ends."""
    builders.make_enrollment(cast, cast.education, name="Petra Placed", next_court_on=D(2026, 4, 3))
    assert "Petra Placed" not in listed(cast, "education_intake_clerk", list="all").text


def test_ended_stays_and_declined_cases_are_not_listed(cast):
    builders.make_ended(
        cast,
        cast.education,
        enrollment=builders.make_enrollment(cast, cast.education, name="Gone Person", next_court_on=D(2026, 4, 3)),
    )
    builders.make_declined(cast, cast.education, person={"name": "No Thanks", "next_court_on": D(2026, 4, 3)})
    page = listed(cast, "education_manager", list="all").text
    assert "Gone Person" not in page
    assert "No Thanks" not in page


@pytest.mark.parametrize("where", ["referral", "participant"])
def test_restricted_files_are_left_out_everywhere(cast, where):
    stay = builders.make_enrollment(
        cast, cast.education, name="Rita Restricted", next_court_on=D(2026, 4, 2), must_appear="yes"
    )
    past = builders.make_enrollment(cast, cast.education, name="Rhea Restricted", next_court_on=D(2026, 3, 30))
    with in_track(cast.education, by=cast.education_manager, write=True):
        for row in (stay, past):
            target = {"referral": row.referral} if where == "referral" else {"participant": row.participant}
            Restriction.objects.create(
                **target,
                staff=cast.education_caseworker,
                recorded_on=TODAY,
                recorded_by=cast.education_manager,
            )
    client = cast.client("education_caseworker")
    for query in ({"list": "mine"}, {"list": "all"}):
        assert "Restricted" not in client.get(cast.url(cast.education, "court_dates"), query).text
    assert "Restricted" not in client.get(cast.url(cast.education, "my_day")).text
    assert "Rita Restricted" in listed(cast, "education_manager").text
    for name in ("court_result", "court_told"):
        url = cast.url(cast.education, name, pk=stay.referral_id)
        assert (client.get(url).status_code, client.post(url, {}).status_code) == (404, 404)


def test_number_of_statements_is_fixed(cast):
    counts = []
    for more in (1, 2):
        for number in range(more):
            for on in (D(2026, 3, 20), TODAY, D(2026, 4, 8)):
                hears(cast, cast.education, f"Person {more}{number}", on, must_appear="yes")
            builders.make_enrollment(cast, cast.education, name=f"Placed {more}{number}", next_court_on=D(2026, 4, 8))
        client = cast.client("education_manager")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(cast.url(cast.education, "court_dates"), {"list": "all"}).status_code == 200
        subjects = [query for query in captured.captured_queries if "eventsubject" in query["sql"]]
        counts.append((len(captured), len(subjects)))
    assert counts[0] == counts[1]


def result_form(case, **over):
    values = {
        "held_on": "2026-03-30",
        "outcome": "missed",
        "note": "",
        "next_court_on": "2026-04-20",
        "must_appear": "yes",
        "version": str(case.version),
    }
    return {**values, **over}


def test_result_is_recorded_and_leads_back(cast):
    case = hears(cast, cast.education, "Alex Rivera", D(2026, 3, 30), counsel_name="Lena Lawyer")
    client = cast.client("education_intake_clerk")
    url = cast.url(cast.education, "court_result", pk=case.pk)
    page = client.get(url)
    assert page.status_code == 200
    assert 'value="2026-03-30"' in page.text
    answer = client.post(f"{url}?back=court_dates", result_form(case))
    assert (answer.status_code, answer.url) == (302, cast.url(cast.education, "court_dates"))
    page = client.get(cast.url(cast.education, "referral", pk=case.pk)).text
    assert "there may be a warrant" in page
    assert "Lena Lawyer" in page
    assert page.count("did not appear") >= 2  # panel and timeline
    assert "Monday, April 20, 2026" in page


def test_a_later_result_ends_the_notice_of_a_missed_date(cast):
    case = hears(cast, cast.education, "Alex Rivera", D(2026, 3, 25))
    client = cast.client("education_intake_clerk")
    url = cast.url(cast.education, "court_result", pk=case.pk)
    client.post(url, result_form(case, held_on="2026-03-25", next_court_on="2026-03-30"))
    client.post(url, result_form(case, outcome="appeared", version=str(case.version + 1)))
    page = client.get(cast.url(cast.education, "referral", pk=case.pk)).text
    assert "there may be a warrant" not in page
    assert "Mar 25, 2026: did not appear" in page


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"outcome": ""}, "Choose how it went."),
        ({"held_on": "2026-04-09"}, "still to come"),
        ({"next_court_on": "2026-03-01"}, "must be after this one"),
        ({"note": "x" * 501}, "at most 500"),
    ],
)
def test_bad_input_shows_the_form_again(cast, over, words):
    case = hears(cast, cast.education, "Alex Rivera", D(2026, 3, 30))
    client = cast.client("education_intake_clerk")
    typed = result_form(case, note="The bus did not come.")
    answer = client.post(cast.url(cast.education, "court_result", pk=case.pk), {**typed, **over})
    assert answer.status_code == 422
    assert words in answer.text
    assert over.get("note", "The bus did not come.") in answer.text
    with in_track(cast.education):
        assert not CourtResult.objects.exists()


def test_form_on_an_old_version_shows_what_is_stored(cast):
    case = hears(cast, cast.education, "Alex Rivera", D(2026, 3, 30))
    client = cast.client("education_intake_clerk")
    url = cast.url(cast.education, "court_result", pk=case.pk)
    client.post(url, result_form(case, next_court_on="2026-05-05"))
    answer = client.post(url, result_form(case, held_on="2026-03-12", next_court_on="2026-04-30"))
    assert answer.status_code == 422
    assert "Stored now" in answer.text
    assert "2026-04-30" in answer.text
    assert "May 5, 2026" in answer.text


def test_an_earlier_date_does_not_lose_the_next_one(cast):
    """The form of an earlier date comes with the date that stands there."""
    case = hears(cast, cast.education, "Alex Rivera", D(2026, 4, 20), must_appear="yes")
    page = cast.client("education_intake_clerk").get(cast.url(cast.education, "court_result", pk=case.pk))
    assert page.context["form"].initial["next_court_on"] == D(2026, 4, 20)
    assert 'value="2026-04-20"' in page.text
    moved = cast.client("education_intake_clerk").get(
        cast.url(cast.education, "court_result", pk=case.pk), {"moved": "1"}
    )
    assert moved.context["form"].initial == {"version": 0, "held_on": D(2026, 4, 20), "outcome": "reset"}


def test_wrong_result_is_corrected_on_its_page(cast):
    case = hears(cast, cast.education, "Alex Rivera", D(2026, 3, 30))
    client = cast.client("education_intake_clerk")
    client.post(cast.url(cast.education, "court_result", pk=case.pk), result_form(case))
    with in_track(cast.education):
        url = cast.url(cast.education, "court_result_edit", pk=CourtResult.objects.get().pk)
    assert client.post(url, {"outcome": "fled", "note": ""}).status_code == 422
    answer = client.post(url, {"outcome": "appeared", "note": "Was there."})
    assert (answer.status_code, answer.url) == (302, cast.url(cast.education, "referral", pk=case.pk))
    with in_track(cast.education):
        row = CourtResult.objects.get()
        assert (row.outcome, row.note) == ("appeared", "Was there.")


def told_form(case, told="yes", **over):
    return {"court_on": case.next_court_on.isoformat(), "must_appear": case.must_appear, "told": told, **over}


@pytest.mark.parametrize("back", ["court_dates", "my_day", ""])
def test_one_button_marks_told_and_leads_back(cast, back):
    case = hears(cast, cast.education, "Alex Rivera", D(2026, 4, 3))
    client = cast.client("education_intake_clerk")
    url = cast.url(cast.education, "court_told", pk=case.pk)
    answer = client.post(f"{url}?back={back}", told_form(case))
    place = cast.url(cast.education, back) if back else cast.url(cast.education, "referral", pk=case.pk)
    assert (answer.status_code, answer.url) == (302, place)
    assert client.post(f"{url}?back=//evil.example", told_form(case)).url.startswith("/harbor/education/")
    with in_track(cast.education):
        assert Referral.objects.get(pk=case.pk).court_told_on == TODAY
        assert Event.objects.filter(action="court.told").count() == 1


def test_told_of_another_date_is_refused_with_the_right_one(cast):
    case = hears(cast, cast.education, "Alex Rivera", D(2026, 4, 3))
    client = cast.client("education_intake_clerk")
    url = cast.url(cast.education, "court_told", pk=case.pk)
    answer = client.post(url, told_form(case, court_on="2026-04-02"))
    assert answer.status_code == 422
    assert "was changed after you opened the page" in answer.text
    assert "Friday, April 3, 2026" in answer.text
    assert client.post(url, {}).status_code == 422
    with in_track(cast.education):
        assert Referral.objects.get(pk=case.pk).court_told_on is None


def test_after_placement_the_file_keeps_the_court_dates(cast):
    stay = builders.make_enrollment(cast, cast.education, name="Petra Placed", next_court_on=D(2026, 3, 30))
    with in_track(cast.education, by=cast.education_caseworker, write=True):
        record_court_result(
            referral=stay.referral,
            version=stay.referral.version,
            held_on=D(2026, 3, 30),
            outcome="missed",
            note="Child was ill",
            next_court_on=D(2026, 4, 20),
            must_appear="yes",
            today=TODAY,
            by=cast.education_caseworker,
        )
    clerk, worker = cast.client("education_intake_clerk"), cast.client("education_caseworker")
    page = worker.get(cast.url(cast.education, "participant", reference=stay.participant.reference)).text
    assert page.count("Child was ill") == 2  # panel and timeline
    assert "there may be a warrant" in page
    assert "Not told yet" in page
    # The clerk reads the case as it was until the placement, and records nothing on it.
    page = clerk.get(cast.url(cast.education, "referral", pk=stay.referral_id)).text
    assert "Child was ill" not in page
    assert "did not appear" not in page
    for name in ("court_result", "court_told"):
        assert clerk.get(cast.url(cast.education, name, pk=stay.referral_id)).status_code == 403
    answer = worker.post(
        cast.url(cast.education, "court_told", pk=stay.referral_id),
        {"court_on": "2026-04-20", "must_appear": "yes", "told": "yes"},
    )
    assert answer.url == cast.url(cast.education, "participant", reference=stay.participant.reference)


@pytest.mark.parametrize("kind", ["education", "services"])
def test_nothing_of_court_dates_reaches_the_prosecutor(cast, kind):
    track = cast.tracks[kind]
    worker = cast.people[f"{kind}_caseworker"]
    liaison = cast.client(f"{kind}_liaison")
    stay = builders.make_enrollment(cast, track, name="Petra Placed", next_court_on=D(2026, 3, 30))
    before = liaison.get(cast.url(track, "cases")).text
    with in_track(track, by=worker, write=True):
        row = Referral.objects.get(pk=stay.referral_id)
        record_court_result(
            referral=row,
            version=row.version,
            held_on=D(2026, 3, 30),
            outcome="missed",
            note="Child was ill",
            next_court_on=D(2026, 4, 20),
            must_appear="yes",
            today=TODAY,
            by=worker,
        )
    assert liaison.get(cast.url(track, "cases")).text.split("<main")[1] == before.split("<main")[1]
    assert liaison.get(cast.url(track, "court_dates")).status_code == 403


def test_my_day_shows_own_dates_with_the_button_and_what_has_passed(cast):
    own = hears(cast, cast.education, "Olga Own", D(2026, 4, 2), must_appear="yes")
    past = hears(cast, cast.education, "Paul Past", D(2026, 3, 30))
    late = hears(cast, cast.education, "Lou Later", D(2026, 4, 9))
    hears(cast, cast.education, "Nobody Yet", D(2026, 4, 2))
    for case in (own, past, late):
        assign(cast, cast.education, case, cast.education_intake_clerk)
    client = cast.client("education_intake_clerk")
    page = client.get(cast.url(cast.education, "my_day")).text
    assert "Olga Own" in page
    assert "Court: how did it go?" in page
    assert "Paul Past" in page
    assert f'action="{cast.url(cast.education, "court_told", pk=own.pk)}?back=my_day"' in page
    assert "Lou Later" not in page
    assert "Nobody Yet" not in page

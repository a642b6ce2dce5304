"""The equity table: one cohort, every case in one group, numbers that add up."""

import csv
import datetime
import io

import pytest

from participants.audit.models import Event
from participants.people.models import Restriction
from participants.referrals.models import Referral
from participants.reports.equity import Steps, equity_of
from participants.reports.queries import completion_report
from participants.screening.queries import screening_of
from participants.screening.reviews import decide_review, override
from participants.tracks.scope import in_track
from tests import builders
from tests.referrals.typed import text_of
from tests.statements import exactly

D = datetime.date
START, END, AS_OF = D(2026, 3, 1), D(2026, 3, 31), D(2026, 4, 30)
WOMAN, MAN = {"gender": "woman", "race": "black"}, {"gender": "man", "race": "white"}


def table(by: str, **over):
    equity = equity_of(**{"start": START, "end": END, "as_of": AS_OF, **over})
    found = next(table for table in equity.tables if table.by == by)
    return dict(found.groups), found.total


@pytest.fixture
def cases(cast):
    """Three women (placed, eligible, overridden away), two men (not eligible, let in by a second look), two who
    say nothing (not eligible, override to eligible); besides one still open and one of the other track."""
    track, manager = cast.education, cast.education_manager
    builders.make_enrollment(cast, track, **WOMAN)
    builders.make_eligible(cast, track, **WOMAN)
    turned = builders.make_eligible(cast, track, gender="woman", race="")
    builders.make_ineligible(cast, track, **MAN)
    looked = builders.make_second_look(cast, track, **MAN)
    upheld = builders.make_second_look(cast, track)
    let_in = builders.make_ineligible(cast, track)
    builders.make_open(cast, track, **WOMAN)
    builders.make_eligible(cast, cast.services, **WOMAN)
    with in_track(track, by=manager, write=True):
        values = {"reason": "Because.", "today": D(2026, 3, 20), "by": manager}
        for row, to in ((turned, False), (let_in, True)):
            screening = screening_of(row)
            override(
                screening=screening, to=to, against=[] if to else ["misdemeanor"], version=screening.version, **values
            )
        decide_review(review=looked, eligible=True, **values)
        decide_review(review=upheld, eligible=False, against=["misdemeanor"], **values)
    return track


def test_every_group_with_its_steps(cases):
    with in_track(cases):
        groups, total = table("gender")
    assert groups == {
        "Woman": Steps(screened=3, eligible=2, placed=1, turned_away=1),
        "Man": Steps(screened=2, eligible=1, placed=0, second_looks=1, changed=1),
        "Not reported": Steps(screened=2, eligible=1, placed=0, let_in=1, second_looks=1),
    }
    assert total == Steps(7, 4, 1, let_in=1, turned_away=1, second_looks=2, changed=1)


def test_groups_add_up_and_both_breakdowns_and_the_report_say_the_same(cases):
    with in_track(cases):
        by_race, total = table("race")
        assert total == table("gender")[1]
        report = completion_report(track=cases, start=START, end=END, cohort="exit", as_of=AS_OF).total
    assert by_race["Black or African American"].screened + by_race["White"].screened == 4
    assert by_race["Not reported"].screened == 3
    assert sum(by_race.values(), Steps()) == total
    assert (total.screened, total.eligible, total.placed) == (report.screened, report.eligible, report.placed)


def test_rates_say_what_they_are_made_of(cases):
    with in_track(cases):
        woman = table("gender")[0]["Woman"]
    rate = woman.eligibility
    assert (str(rate.percent), rate.numerator, rate.denominator) == ("66.7", 2, 3)
    assert (str(woman.placement.percent), woman.placement.numerator, woman.placement.denominator) == ("50.0", 1, 2)
    assert Steps().eligibility.percent is None


def test_placed_counts_until_the_day_of_the_report(cases):
    with in_track(cases):
        before = builders.PLACED - datetime.timedelta(days=1)
        assert [table("gender", as_of=day)[1].placed for day in (before, builders.PLACED)] == [0, 1]


def test_only_the_cases_screened_in_the_period(cases):
    with in_track(cases):
        assert table("gender", start=builders.SCREENED, end=builders.SCREENED)[1].screened == 7
        day_after = builders.SCREENED + datetime.timedelta(days=1)
        groups, total = table("gender", start=day_after)
    assert (groups, total) == ({"Not reported": Steps()}, Steps())


def test_restricted_files_are_counted(cases, cast):
    with in_track(cases, by=cast.education_manager, write=True):
        for referral in Referral.objects.filter(gender="woman"):
            values = {"staff": cast.education_manager, "recorded_on": AS_OF, "recorded_by": cast.education_manager}
            Restriction.objects.create(referral=referral, **values)
    with in_track(cases, by=cast.education_manager):
        assert table("gender")[0]["Woman"].screened == 3


@pytest.mark.parametrize("number", [1, 3])
def test_statements_do_not_grow_with_the_cases(cast, number):
    for _ in range(number):
        builders.make_second_look(cast, cast.education, **MAN)
    with in_track(cast.education), exactly(4):
        equity_of(start=START, end=END, as_of=AS_OF)


PERIOD = "?from=2026-03-01&to=2026-03-31"


def test_page_shows_counts_rates_and_that_it_is_internal(cases, cast):
    client = cast.client("education_manager")
    reports = client.get(cast.url(cast.education, "reports"))
    url = cast.url(cast.education, "equity")
    assert f'href="{url}"' in reports.text
    shown = text_of(client.get(url + PERIOD))
    assert "Internal: contains small groups." in shown
    assert "Woman 3 2 66.7 % 2 / 3 1 50.0 % 1 / 2 0 1 0 0" in shown
    assert "Not reported 2 1 50.0 % 1 / 2 0 0.0 % 0 / 1 1 0 1 0" in shown
    assert "Total 7 4 57.1 % 4 / 7 1 25.0 % 1 / 4 1 1 2 1" in shown


def test_csv_says_the_same_and_runs_nothing(cases, cast):
    client = cast.client("education_manager")
    response = client.get(cast.url(cast.education, "equity") + PERIOD + "&format=csv")
    assert response["Content-Disposition"] == 'attachment; filename="equity-2026-03-01-2026-03-31.csv"'
    lines = list(csv.DictReader(io.StringIO(response.text)))
    woman = next(line for line in lines if line["group"] == "Woman")
    assert (woman["screened"], woman["eligible"], woman["eligibility_percent"]) == ("3", "2", "66.7")
    assert woman["eligibility_formula"] == "eligible / screened in the period"
    for by in ("gender", "race"):
        rows = [line for line in lines if line["by"] == by]
        total = next(line for line in rows if line["group"] == "Total")
        for count in ("screened", "eligible", "placed", "let_in", "turned_away", "second_looks", "changed"):
            assert sum(int(line[count]) for line in rows if line["group"] != "Total") == int(total[count])
    cells = [cell for row in csv.reader(io.StringIO(response.text)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
    with in_track(cases):
        event = Event.objects.get(action="report.exported")
    assert (event.detail["report"], event.detail["from"], event.actor_id) == (
        "equity", "2026-03-01", cast.education_manager.pk,
    )  # fmt: skip


def test_group_named_like_a_formula_is_harmless_in_the_csv(cast):
    """The choices of today are harmless; a value that was stored under an older list need not be."""
    referral = builders.make_eligible(cast, cast.education)
    with in_track(cast.education, write=True):
        Referral.objects.filter(pk=referral.pk).update(gender="=1+1")
    client = cast.client("education_manager")
    response = client.get(cast.url(cast.education, "equity") + PERIOD + "&format=csv")
    assert ",'=1+1," in response.text


def test_wrong_period_is_shown_again(cast):
    client = cast.client("education_manager")
    for query in ("?from=2026-04-01&to=2026-03-01", "?from=x&to=2026-03-01", "?from=&to="):
        assert client.get(cast.url(cast.education, "equity") + query).status_code == 422
    assert client.get(cast.url(cast.education, "equity")).status_code == 200


@pytest.mark.parametrize("role", ["intake_clerk", "caseworker", "facilitator", "liaison", "administrator"])
def test_other_roles_see_no_figures(cast, role):
    assert cast.client(f"education_{role}").get(cast.url(cast.education, "equity")).status_code == 403

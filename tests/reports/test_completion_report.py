"""The completion report against rows in the database: the worked example, edges, groups, statements."""

import datetime

import pytest

from participants.reports.queries import completion_report
from participants.reports.rules import Counts, rate_of_all_exits, success_rate, success_rate_without_withdrawals
from participants.tracks.scope import in_track
from tests.builders import at
from tests.reports.facts import DAY, END, START, Case, worked_example, write

AS_OF = datetime.date(2026, 4, 5)


def report_of(cast, cases, *, track=None, cohort="exit", by="", start=START, end=END, as_of=AS_OF):
    track = track or cast.education
    with in_track(track, write=True):
        write(cases, by=cast.education_caseworker)
        return completion_report(track=track, start=start, end=end, cohort=cohort, by=by, as_of=as_of)


def without_days(counts: Counts) -> dict:
    return {name: value for name, value in vars(counts).items() if name != "days" and value}


EXPECTED = {
    "referred": 120,
    "screened": 110,
    "eligible": 80,
    "offered": 78,
    "declined": 10,
    "placed": 68,
    "completed": 38,
    "terminated": 6,
    "withdrew": 4,
    "neutral": 2,
    "active_at_end": 18,
}


@pytest.mark.parametrize("cohort", ["exit", "entry"])
def test_worked_example(cast, cohort):
    report = report_of(cast, worked_example(), cohort=cohort)
    assert without_days(report.total) == EXPECTED
    assert report.groups == ()
    assert report.total.adds_up
    rate = success_rate(report.total, cohort)
    assert (rate.numerator, rate.denominator, str(rate.percent)) == (
        (38, 48, "79.2") if cohort == "exit" else (38, 68, "55.9")
    )
    assert str(rate_of_all_exits(report.total).percent) == "76.0"
    if cohort == "exit":
        assert str(success_rate_without_withdrawals(report.total, cohort).percent) == "86.4"
    assert sorted(report.total.days) == list(range(25, 75))


@pytest.mark.parametrize("by", ["source", "charge", "language", "caseworker"])
@pytest.mark.parametrize("cohort", ["exit", "entry"])
def test_groups_partition_the_total(cast, by, cohort):
    cases = [
        *worked_example(),
        Case(START, source="Police", charge="796.07(2)(i)", language="ht", caseworker=cast.education_manager),
        Case(
            START,
            source="Police",
            charge="796.07(2)(i)",
            language="ht",
            reach="placed",
            placed_on=START + DAY,
            caseworker=cast.education_manager,
        ),
    ]
    report = report_of(cast, cases, cohort=cohort, by=by)
    assert len(report.groups) > 1
    assert len({group.name for group in report.groups}) == len(report.groups)
    whole = Counts()
    for group in report.groups:
        whole += group.counts
        assert group.counts.adds_up
    assert whole == report.total
    assert report.total.referred == 122


def test_groups_by_name(cast):
    report = report_of(
        cast,
        [
            Case(START, language="ht"),
            Case(START, reach="placed", caseworker=cast.education_caseworker),
            Case(START, reach="placed", caseworker=cast.education_second_caseworker),
        ],
        by="language",
    )
    assert [(group.name, group.counts.referred) for group in report.groups] == [("English", 2), ("Haitian Creole", 1)]
    with in_track(cast.education):
        by_worker = completion_report(
            track=cast.education, start=START, end=END, cohort="exit", by="caseworker", as_of=AS_OF
        )
    assert [(group.name, group.counts.referred, group.counts.placed) for group in by_worker.groups] == [
        ("Education Caseworker", 1, 1),
        ("Education Second Caseworker", 1, 1),
        ("Not placed", 1, 0),
    ]


def test_both_days_of_the_period_are_in_it(cast):
    before, after = START - DAY, END + DAY
    cases = [
        *[Case(day, reach="declined") for day in (before, START, END, after)],
        *[
            Case(before, reach="placed", placed_on=before, status="completed", exited_on=day)
            for day in (START, END, after)
        ],
        Case(before - DAY, reach="placed", status="completed", exited_on=before),
    ]
    report = report_of(cast, cases)
    assert without_days(report.total) == {
        "referred": 2,
        "screened": 2,
        "eligible": 2,
        "offered": 2,
        "declined": 2,
        "completed": 2,
        "active_at_start": 3,
        "active_at_end": 1,
    }
    assert report.total.adds_up


def test_stay_placed_and_ended_on_the_first_day(cast):
    """Same day: 0 days in diversion, placed and exited in the period, active neither before nor after."""
    report = report_of(cast, [Case(START, reach="placed", status="withdrew", exited_on=START)])
    assert report.total.days == (0,)
    assert (report.total.active_at_start, report.total.placed, report.total.exits, report.total.active_at_end) == (
        0,
        1,
        1,
        0,
    )


def test_entry_cohort_is_followed_beyond_the_period_until_the_day_of_the_report(cast):
    cases = [
        Case(START, reach="placed", status="completed", exited_on=END + 3 * DAY),
        Case(START, reach="placed", status="completed", exited_on=AS_OF),
        Case(START, reach="placed", status="withdrew", exited_on=AS_OF + DAY),
        Case(START - DAY, reach="placed", status="completed", exited_on=START + DAY),
    ]
    entry = report_of(cast, cases, cohort="entry")
    assert without_days(entry.total) == {
        "referred": 3,
        "screened": 3,
        "eligible": 3,
        "offered": 3,
        "placed": 3,
        "completed": 2,
        "active_at_end": 1,
    }
    with in_track(cast.education):
        exits = completion_report(track=cast.education, start=START, end=END, cohort="exit", as_of=AS_OF)
    assert (exits.total.completed, exits.total.active_at_start, exits.total.active_at_end) == (1, 1, 3)
    assert entry.total.adds_up
    assert exits.total.adds_up


def test_case_offered_twice_counts_once(cast):
    from participants.consent.models import Offer

    with in_track(cast.education, write=True):
        (referral,) = write([Case(START, reach="declined")], by=cast.education_caseworker)
        first = Offer.objects.get(referral=referral)
        Offer.objects.create(
            referral=referral,
            text=first.text,
            language="en",
            place="court",
            made_at=at(START + DAY),
            made_on=START + DAY,
            explained_by=first.explained_by,
            decide_by=START + 5 * DAY,
            decision="declined",
            decided_at=at(START + 2 * DAY),
            decided_on=START + 2 * DAY,
        )
        report = completion_report(track=cast.education, start=START, end=END, cohort="exit", as_of=AS_OF)
    assert (report.total.offered, report.total.declined) == (1, 1)


def test_report_reads_one_track(cast):
    with in_track(cast.services, write=True):
        write([Case(START, reach="placed", charge="796.07(2)(e)")] * 3, by=cast.services_caseworker)
    report = report_of(cast, [Case(START)], by="source")
    assert without_days(report.total) == {"referred": 1}
    assert [group.counts.referred for group in report.groups] == [1]


def test_empty_track_has_a_report(cast):
    report = report_of(cast, [], by="source")
    assert report.total == Counts()
    assert report.groups == ()


@pytest.mark.parametrize(("by", "statements"), [("", 5), ("source", 5), ("language", 5), ("caseworker", 6)])
def test_statements_do_not_grow_with_groups(cast, django_assert_num_queries, by, statements):
    sources = ("Court", "Police", "Office")
    languages = ("en", "es", "ht")
    workers = (cast.education_caseworker, cast.education_second_caseworker, cast.education_manager)
    with in_track(cast.education, write=True):
        for source, language, worker in zip(sources, languages, workers, strict=True):
            write(
                [
                    Case(
                        START,
                        reach="placed",
                        source=source,
                        language=language,
                        caseworker=worker,
                        status="completed",
                        exited_on=START + DAY,
                    )
                ],
                by=cast.education_caseworker,
            )
            with django_assert_num_queries(statements):
                report = completion_report(
                    track=cast.education, start=START, end=END, cohort="exit", by=by, as_of=AS_OF
                )
        assert len(report.groups) == (3 if by else 0)

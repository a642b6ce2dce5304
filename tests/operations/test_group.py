"""The people of an operation or a file worked together: own rows, own events, nobody who needs a look of their own."""

import datetime

import pytest

from participants.audit.models import Event, EventSubject
from participants.errors import ProgramError
from participants.models import Comparison, Offer, Referral, Restriction, Screening
from participants.operations import group
from participants.operations.group import Plan, Terms, group_of, work_group
from participants.screening.actions import screen
from participants.screening.queries import current_criteria
from participants.tracks.scope import in_track
from tests import builders
from tests.operations.grouped import TODAY, add, night, operation_of, statuses, wanted
from tests.statements import exactly

NOON = builders.at(TODAY)
WEEK = TODAY + datetime.timedelta(days=7)


def terms(by, **over):
    values = {"place": "office", "present": "", "explained_by": by, "made_at": NOON, "decide_by": WEEK}
    return Terms(**{**values, **over})


def work(cast, source, chosen=None, *, track=None, by=None, assign=True, answers=True, offer=True, now=NOON):
    track = track or cast.education
    by = by or builders.staff(cast, track, "intake_clerk")
    answers = wanted(track) if answers is True else answers
    with in_track(track, by=by, write=True):
        plan = Plan(
            assign_to=by if assign is True else assign or None,
            criteria=current_criteria(TODAY),
            answers=answers or None,
            offer=terms(by) if offer is True else offer or None,
        )
        chosen = list(Referral.objects.values_list("pk", flat=True)) if chosen is None else chosen
        return work_group(source=source, chosen=chosen, plan=plan, today=TODAY, now=now, by=by)


def groups(cast, source, track=None, by=None):
    with in_track(track or cast.education, by=by or cast.education_intake_clerk):
        return group_of(source)


def named(cases):
    return sorted((case.referral.name, case.reason) for case in cases)


def test_everybody_gets_rows_and_events_of_their_own(cast):
    source = night(cast, cast.education, 3)
    done = work(cast, source)
    assert (done.assigned, done.eligible, done.ineligible, done.offered, dict(done.left)) == (3, 3, 0, 3, {})
    assert statuses(cast.education) == ["offered"] * 3
    with in_track(cast.education):
        people = list(Referral.objects.order_by("pk"))
        assert {row.assigned_to_id for row in people} == {cast.education_intake_clerk.pk}
        assert Screening.objects.filter(eligible=True).count() == 3
        offers = list(Offer.objects.order_by("referral_id"))
        assert [offer.referral_id for offer in offers] == [row.pk for row in people]
        assert {(offer.language, offer.place, offer.made_at, offer.decide_by) for offer in offers} == {
            ("en", "office", NOON, WEEK)
        }
        for action in ("referral.assigned", "referral.screened", "offer.made"):
            events = Event.objects.filter(action=action)
            about = EventSubject.objects.filter(event_id__in=events.values("pk"), kind="referral")
            assert events.count() == 3
            assert set(about.values_list("subject_id", flat=True)) == {row.pk for row in people}


def test_the_text_is_in_each_persons_language(cast):
    source = night(cast, cast.education, 1)
    add(cast, cast.education, name="Yves Toussaint", language="ht")
    add(cast, cast.education, name="Zoe Quintana", language="es")
    work(cast, source)
    with in_track(cast.education):
        assert sorted(Offer.objects.values_list("language", "text__language")) == [
            ("en", "en"),
            ("es", "es"),
            ("ht", "ht"),
        ]


def test_who_needs_a_look_of_their_own_is_singled_out_and_left_alone(cast):
    track = cast.education
    source = night(cast, track, 1)
    add(cast, track, name="Nora Nobirth", date_of_birth=None)
    add(cast, track, name="Minnie Young", date_of_birth=datetime.date(2009, 6, 1))
    add(cast, track, name="Twila Twin", case_number="T26-1")
    builders.make_referral(cast, track, name="Twila Twin", case_number="T26-2")
    begun = add(cast, track, name="Bruno Begun", date_of_birth=datetime.date(1961, 2, 3))
    with in_track(track, by=cast.education_caseworker, write=True):
        answers = {**wanted(track), "prior_diversion": "unknown"}
        screen(referral=begun, answers=answers, today=TODAY, by=cast.education_caseworker)
    found = groups(cast, source, by=cast.education_manager)
    with in_track(track, by=cast.education_manager):
        assert [case.referral.name for case in found.people] == ["Ada Alvarez"]
        assert named(found.singled_out) == [
            ("Bruno Begun", group.BEGUN),
            ("Minnie Young", group.UNDER_AGE),
            ("Nora Nobirth", group.NO_BIRTH_DATE),
            ("Twila Twin", group.LOOKS_ALIKE),
        ]
    done = work(cast, source, by=cast.education_manager)
    assert (done.eligible, done.offered) == (1, 1)
    assert sorted(done.left) == sorted([group.BEGUN, group.LOOKS_ALIKE, group.NO_BIRTH_DATE, group.UNDER_AGE])
    with in_track(track):
        assert Offer.objects.count() == 1
        assert Referral.objects.filter(assigned_to__isnull=False).count() == 1


def test_who_was_compared_is_worked_with_the_others(cast):
    track = cast.education
    source = night(cast, track, 1)
    mine = add(cast, track, name="Twila Twin", case_number="T26-1")
    other = builders.make_referral(cast, track, name="Twila Twin", case_number="T26-2")
    with in_track(track, write=True):
        Comparison.objects.create(
            referral=other,
            other=mine,
            score=90,
            decision="same_person",
            decided_on=TODAY,
            decided_by=cast.education_manager,
        )
    assert groups(cast, source).singled_out == []


def test_without_a_text_in_the_language_the_offer_is_left_to_an_interpreter(cast):
    source = night(cast, cast.education, 1)
    add(cast, cast.education, name="Paulo Souza", language="pt")
    (case,) = [case for case in groups(cast, source).people if case.remark]
    assert case.remark == "No text in Portuguese: the offer is made one by one, with an interpreter."
    done = work(cast, source)
    assert (done.assigned, done.eligible, done.offered, dict(done.left)) == (2, 2, 1, {case.remark: 1})
    left = groups(cast, source)
    assert left.people == []
    assert [(one.reason, one.page) for one in left.singled_out] == [(case.remark, "offer_new")]


@pytest.mark.parametrize(
    ("steps", "status", "numbers"),
    [
        ({"answers": None, "offer": None}, "received", (2, 0, 0)),
        ({"assign": None, "offer": None}, "eligible", (0, 2, 0)),
        ({"offer": None}, "eligible", (2, 2, 0)),
    ],
)
def test_a_part_of_the_steps(cast, steps, status, numbers):
    source = night(cast, cast.education, 2)
    done = work(cast, source, **steps)
    assert (done.assigned, done.eligible, done.offered) == numbers
    assert statuses(cast.education) == [status] * 2


def test_offers_alone_go_to_those_who_are_eligible(cast):
    source = night(cast, cast.education, 2)
    with in_track(cast.education):
        first = Referral.objects.order_by("pk").first()
    work(cast, source, [first.pk], offer=None)
    done = work(cast, source, assign=None, answers=None)
    assert (done.offered, dict(done.left)) == (1, {group.NOT_SCREENED: 1})


def test_who_is_not_eligible_gets_no_offer(cast):
    source = night(cast, cast.education, 2)
    done = work(cast, source, answers={**wanted(cast.education), "misdemeanor": "no"})
    assert (done.eligible, done.ineligible, done.offered) == (0, 2, 0)
    assert statuses(cast.education) == ["ineligible"] * 2


def test_twice_does_nothing_twice(cast):
    source = night(cast, cast.education, 2)
    work(cast, source)
    done = work(cast, source)
    assert done.nothing
    assert dict(done.left) == {"Worked on already: it stands at “Offer made”.": 2}
    with in_track(cast.education):
        assert (Screening.objects.count(), Offer.objects.count()) == (2, 2)


def test_only_people_of_the_group_who_were_ticked(cast):
    source = night(cast, cast.education, 2)
    stranger = builders.make_referral(cast, cast.education, name="Sven Stranger", case_number="S26-1")
    with in_track(cast.education):
        first = Referral.objects.order_by("pk").first()
    done = work(cast, source, [first.pk, stranger.pk])
    assert done.offered == 1
    assert statuses(cast.education) == ["offered", "received", "received"]


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"decide_by": TODAY}, "decide_by"),
        ({"made_at": builders.at(TODAY + datetime.timedelta(days=1))}, "made_at"),
        ({"place": "moon"}, "place"),
    ],
)
def test_what_holds_for_nobody_is_told_next_to_its_field_and_nothing_is_done(cast, over, field):
    source = night(cast, cast.education, 2)
    with pytest.raises(ProgramError) as refusal:
        work(cast, source, offer=terms(cast.education_intake_clerk, **over))
    assert refusal.value.field == field
    assert statuses(cast.education) == ["received"] * 2
    with in_track(cast.education):
        assert not Screening.objects.exists()
        assert not Referral.objects.filter(assigned_to__isnull=False).exists()
        assert not Event.objects.filter(action__in=("referral.assigned", "referral.screened", "offer.made")).exists()


def test_a_time_that_holds_for_some_leaves_the_others(cast):
    source = night(cast, cast.education, 1)
    add(cast, cast.education, name="Lars Late", received_on=TODAY, today=TODAY)
    evening = builders.at(builders.RECEIVED, 20)
    work(cast, source, offer=None)
    with in_track(cast.education):  # screened on the day before, as the offers were made on that evening
        Screening.objects.update(decided_on=builders.RECEIVED)
    done = work(cast, source, answers=None, offer=terms(cast.education_intake_clerk, made_at=evening))
    assert done.offered == 1
    assert [sentence for sentence in done.left if "received on March 3, 2026" in sentence]


def test_an_assignee_whom_the_person_does_not_want_is_refused_for_that_person(cast):
    source = night(cast, cast.education, 2)
    restrict(cast, "Ada Alvarez", cast.education_caseworker)
    done = work(cast, source, assign=cast.education_caseworker, answers=None, offer=None)
    assert done.assigned == 1
    assert dict(done.left) == {"Education Caseworker may not open this file. Choose somebody else for it.": 1}


def restrict(cast, name, staff):
    with in_track(cast.education, by=cast.education_manager, write=True):
        row = next(row for row in Referral.objects.all() if row.name == name)
        values = {"recorded_on": TODAY, "recorded_by": cast.education_manager}
        Restriction.objects.create(referral=row, staff=staff, **values)
        return row.pk


def test_a_file_restricted_to_the_reader_is_not_in_their_group(cast):
    source = night(cast, cast.education, 2)
    pk = restrict(cast, "Ada Alvarez", cast.education_caseworker)
    found = groups(cast, source, by=cast.education_caseworker)
    assert pk not in {case.referral.pk for case in (*found.people, *found.singled_out)}
    done = work(cast, source, by=cast.education_caseworker)
    assert done.offered == 1
    assert not done.left
    assert statuses(cast.education) == ["offered", "received"]


def test_the_other_tracks_people_are_never_in_it(cast):
    source = night(cast, cast.education, 1)
    night(cast, cast.services, 2)
    with in_track(cast.services):
        theirs = list(Referral.objects.values_list("pk", flat=True))
    done = work(cast, source, theirs)
    assert done.nothing
    assert not done.left
    assert statuses(cast.services) == ["received"] * 2


@pytest.mark.parametrize("number", [1, 3])
def test_a_fixed_number_of_statements_to_read(cast, number):
    source = night(cast, cast.education, number)
    with in_track(cast.education, by=cast.education_intake_clerk) as scope:
        assert scope.hidden == frozenset()
        with exactly(8):
            assert len(group_of(source).people) == number


def test_services_work_the_same_way(cast):
    source = night(cast, cast.services, 2)
    done = work(cast, source, track=cast.services)
    assert (done.assigned, done.eligible, done.offered) == (2, 2, 2)
    assert operation_of(cast.services) == source


def test_who_is_singled_out_does_not_stand_in_the_way_of_those_behind(cast):
    """More people than one page takes wait for an interpreter; the one behind them is still reached."""
    source = night(cast, cast.education, group.AT_ONCE + 1)
    with in_track(cast.education, write=True):
        Referral.objects.update(status="eligible", language="fr")
    behind = add(cast, cast.education, name="Zoe Behind")
    with in_track(cast.education, by=cast.education_intake_clerk):
        found = group_of(source)
    assert ([case.referral for case in found.people], found.more) == ([behind], False)

"""Every row of the demonstration passes the rules that the actions ask before they write it."""

import datetime

import pytest

from participants.completion import rules as completion
from participants.completion.models import Disposition, ExitProposal, Recommendation
from participants.consent import rules as consent
from participants.consent.models import Agreement, Offer
from participants.enrollment import rules as enrollment
from participants.enrollment.models import Enrollment
from participants.handoffs.erasure import EMPTIED
from participants.handoffs.models import Handoff
from participants.people.actions import index_participant
from participants.people.models import Participant, SearchToken
from participants.referrals.actions import DERIVED, check, derive, index_referral
from participants.referrals.models import Referral
from participants.referrals.rules import Status, standing
from participants.reports.queries import completion_report
from participants.requirements.models import Credit, Requirement, RequirementTemplate
from participants.requirements.queries import all_met, progress_of
from participants.screening.models import Screening
from participants.screening.rules import decide
from participants.sessions import rules as sessions
from participants.sessions.models import Attendance, Session
from participants.sessions.rules import Mark, State
from participants.tracks.scope import in_track
from tests.builders import at
from tests.demo.conftest import TODAY

NOW = at(TODAY, 23, 59)


def test_referral_stands_where_its_facts_put_it(track):
    with in_track(track):
        for referral in Referral.objects.all():
            screening = Screening.objects.filter(referral=referral).first()
            offer = Offer.objects.filter(referral=referral).first()
            placed = Enrollment.objects.filter(referral=referral).exists()
            facts = standing(
                eligible=screening.eligible if screening else None, offer=offer.decision if offer else None
            )
            if referral.is_nameless:
                assert (screening, offer, placed) == (None, None, False)
            else:
                assert referral.status == (Status.PLACED if placed else facts)


def test_referral_is_valid_and_its_keys_are_those_that_receiving_computes(track):
    with in_track(track):
        for referral in Referral.objects.exclude(status=Status.HANDED_OFF):
            stored = {name: getattr(referral, name) for name in DERIVED}
            check(referral, today=TODAY)
            derive(referral)
            assert {name: getattr(referral, name) for name in DERIVED} == stored


def test_search_tokens_are_those_that_indexing_writes(track):
    def tokens():
        return sorted((row.kind, row.subject_id, bytes(row.token)) for row in SearchToken.objects.all())

    with in_track(track):
        loaded = tokens()
        for referral in Referral.objects.all():
            index_referral(referral)
        for participant in Participant.objects.all():
            index_participant(participant=participant)
        assert tokens() == loaded


def test_screening_decides_as_the_criteria_do(track):
    with in_track(track):
        for row in Screening.objects.select_related("referral", "criteria_version"):
            age = row.referral.age_at_offense
            decision = decide(row.criteria_version.criteria, row.answers, age_at_offense=age, age_today=age)
            assert (row.eligible, tuple(row.reasons)) == (decision.eligible, decision.reasons)
            assert (row.decided_on or row.referral.received_on) >= row.criteria_version.valid_from


def test_offer_and_answer_hold(track):
    with in_track(track):
        for offer in Offer.objects.select_related("referral__screening"):
            assert not consent.offer_refusal(
                made_at=offer.made_at,
                decide_by=offer.decide_by,
                zone=track.program.zone,
                received_on=offer.referral.received_on,
                screened_on=offer.referral.screening.decided_on,
                earlier_ended_at=None,
                now=NOW,
            )
            if offer.decision == consent.Decision.LAPSED:
                assert offer.decided_on == offer.decide_by + datetime.timedelta(days=1)
                assert offer.decided_at == consent.end_of_day(offer.decide_by, track.program.zone)
            elif offer.decision != consent.Decision.WAITING:
                assert not consent.decision_refusal(
                    stands=consent.Decision.WAITING,
                    to=offer.decision,
                    made_at=offer.made_at,
                    decide_by=offer.decide_by,
                    decided_before=None,
                    decided_at=offer.decided_at,
                    zone=track.program.zone,
                    counsel=offer.counsel,
                    counsel_on=offer.counsel_on,
                    counsel_name=offer.counsel_name,
                    asked_to_sign_now=offer.asked_to_sign_now,
                    offense_on=offer.referral.offense_on,
                    latest=True,
                    now=NOW,
                )
            else:
                assert offer.decide_by >= TODAY


def test_agreement_and_placement_hold(track):
    with in_track(track):
        for agreement in Agreement.objects.select_related("offer"):
            assert not consent.agreement_refusal(
                decision=agreement.offer.decision,
                made_at=agreement.offer.made_at,
                decided_at=agreement.offer.decided_at,
                asked_to_sign_now=agreement.offer.asked_to_sign_now,
                signed_at=agreement.signed_at,
                now=NOW,
                zone=track.program.zone,
            )
            assert not consent.terms_refusal(
                signed_on=agreement.signed_on,
                speedy_trial_waived=agreement.speedy_trial_waived,
                waived_until=agreement.waived_until,
                term_ends_on=agreement.term_ends_on,
                monitoring_ends_on=agreement.monitoring_ends_on,
            )
            assert agreement.signed_at.astimezone(track.program.zone).date() == agreement.signed_on
        for stay in Enrollment.objects.select_related("agreement"):
            assert not enrollment.placement_refusal(
                placed_on=stay.placed_on,
                signed_on=stay.agreement.signed_on,
                term_ends_on=stay.agreement.term_ends_on,
                today=TODAY,
            )
            assert stay.term_ends_on == stay.agreement.term_ends_on
            left = stay.status == enrollment.Status.WITHDREW and not stay.exit_detail
            assert stay.agreement.withdrawn_on == (stay.exited_on if left else None)


def test_stay_ends_in_a_way_that_its_track_knows(track):
    with in_track(track):
        for stay in Enrollment.objects.exclude(status="active"):
            assert not enrollment.exit_refusal(
                now=enrollment.Status.ACTIVE,
                to=stay.status,
                detail=stay.exit_detail,
                placed_on=stay.placed_on,
                exited_on=stay.exited_on,
                requirements_met_on=stay.requirements_met_on,
                exit_types=track.rules.exit_types,
                lapsed_is_withdrawal=track.rules.lapsed_is_withdrawal,
            )


def test_requirements_are_those_of_the_templates(track):
    with in_track(track):
        templates = [
            (row.kind, row.quantity, row.service, row.basis, row.position)
            for row in RequirementTemplate.objects.order_by("position")
        ]
        for stay in Enrollment.objects.all():
            rows = Requirement.objects.filter(enrollment=stay).order_by("position")
            asked = [(row.kind, row.reduced_from or row.quantity, row.service, row.basis, row.position) for row in rows]
            assert asked == templates
            assert all((row.version, bool(row.change_reason)) in ((0, False), (1, True)) for row in rows)


def test_credit_lies_in_the_stay(track):
    with in_track(track):
        for credit in Credit.objects.select_related("requirement__enrollment"):
            stay = credit.requirement.enrollment
            assert stay.placed_on <= credit.earned_on <= (stay.exited_on or TODAY)
            assert credit.requirement.waived_on is None


def test_progress_agrees_with_the_ends(track):
    with in_track(track):
        stays = list(Enrollment.objects.all())
        progress = progress_of(stays)
        proposals = {row.enrollment_id: row for row in ExitProposal.objects.all()}
        for stay in stays:
            gaps = completion.completion_gaps(progress[stay.pk])
            proposal = proposals.get(stay.pk)
            if stay.status == "completed" or (proposal and proposal.exit_type == "completed"):
                assert gaps == []
            if stay.status == "completed":
                assert stay.requirements_met_on == all_met(progress[stay.pk])
            elif stay.status != "active":
                assert gaps
        active = [stay for stay in stays if stay.status == "active"]
        met = [not completion.completion_gaps(progress[stay.pk]) for stay in active]
        assert any(met) and not all(met)
        assert any(met and stay.pk not in proposals for stay, met in zip(active, met, strict=True))


def test_proposal_holds_and_another_person_decided(track):
    with in_track(track):
        for row in ExitProposal.objects.select_related("enrollment"):
            if row.exit_type == "terminated":
                assert not completion.termination_refusals(
                    reason_codes=row.reason_codes,
                    reasons=row.reasons,
                    notice_on=row.notice_on,
                    contest_by=row.contest_by,
                    placed_on=row.enrollment.placed_on,
                    today=row.proposed_on,
                )
            if row.decision == "approved":
                assert not completion.decision_refusals(
                    decision="waiting",
                    exit_type=row.exit_type,
                    approve=True,
                    reason=row.decision_reason,
                    same_person=row.decided_by_id == row.proposed_by_id,
                    contest_by=row.contest_by,
                    today=row.decided_on,
                )
                assert (row.enrollment.status, row.enrollment.exited_on) == (row.exit_type, row.decided_on)
            else:
                assert row.enrollment.status == "active"


def test_recommendation_and_disposition_follow_the_end(track):
    with in_track(track):
        for row in Recommendation.objects.select_related("enrollment"):
            stay = row.enrollment
            reported = track.rules.status_word(stay.status) != track.rules.no_report
            assert row.recommended in completion.recommendations(stay.status, reported=reported)
            assert row.made_on >= stay.exited_on
        for row in Disposition.objects.select_related("referral"):
            assert not completion.disposition_refusals(
                decided_on=row.decided_on, received_on=row.referral.received_on, today=TODAY
            )


def test_session_is_one_that_the_track_holds(track):
    with in_track(track):
        for session in Session.objects.select_related("facilitator"):
            assert session.kind in track.rules.session_kinds
            assert session.state == State.HELD if session.held_on < TODAY - datetime.timedelta(days=7) else True
            rows = list(Attendance.objects.filter(session=session))
            assert len(rows) <= (session.capacity or sessions.MOST_SEATS)
            assert (session.state == State.HELD) == any(row.mark != Mark.BOOKED for row in rows)


def test_attendance_is_what_the_roster_would_have_saved(track):
    with in_track(track):
        for row in Attendance.objects.select_related("session", "enrollment"):
            stay, session = row.enrollment, row.session
            assert row.participant_id == stay.participant_id
            assert stay.placed_on <= session.held_on
            if row.mark == Mark.BOOKED:
                assert session.state == State.SCHEDULED
                assert (row.minutes, row.reason, row.recorded_by_id, row.version) == (None, "", None, 0)
            else:
                settled = sessions.settled(row.mark, row.minutes, row.reason, session.planned_minutes)
                assert (row.mark, row.minutes, row.reason) == settled
                assert session.held_on <= (stay.exited_on or TODAY)
                assert row.recorded_at >= session.ends_at


@pytest.mark.parametrize("cohort", ["exit", "entry"])
@pytest.mark.parametrize("months", [1, 3, 12])
def test_facts_add_up_in_every_report(track, cohort, months):
    start = TODAY - datetime.timedelta(days=30 * months)
    with in_track(track):
        report = completion_report(track=track, start=start, end=TODAY, cohort=cohort, as_of=TODAY)
        placed = Enrollment.objects.filter(placed_on__gte=start).count()
    assert report.total.adds_up
    assert report.total.placed == placed > 0


def test_minors_are_handed_over_and_emptied_but_the_latest(track):
    with in_track(track):
        for handoff in Handoff.objects.select_related("referral"):
            row = handoff.referral
            assert (row.status, {name: getattr(row, name) for name in EMPTIED}) == (Status.HANDED_OFF, EMPTIED)
            assert not SearchToken.objects.filter(subject_id=row.pk).exists()
            assert handoff.told_at.date() > row.received_on
        waiting = Referral.objects.filter(status=Status.STOPPED)
        assert waiting.count() <= 3
        assert not waiting.filter(received_on__lt=TODAY - datetime.timedelta(days=8)).exists()
        assert Handoff.objects.exists() or waiting.exists()

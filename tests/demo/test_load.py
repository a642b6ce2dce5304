"""What the loaded demonstration holds: someone at every stage, and rows that mean what the actions write."""

import datetime
from collections import Counter

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from participants.audit.looking import findings
from participants.audit.models import Event
from participants.completion.models import Disposition, ExitProposal, Recommendation
from participants.consent.models import Offer
from participants.court.queries import court_dates
from participants.demo.actions import load_demo
from participants.demo.staff import OVERSEER, PASSWORD, SENDER
from participants.enrollment.models import Enrollment
from participants.enrollment.rules import ExitDetail
from participants.people.models import Participant
from participants.referrals.models import Referral
from participants.referrals.rules import Status
from participants.requirements.models import Requirement
from participants.sessions.models import Note, Session
from participants.sessions.queries import roster, sessions_on, unrecorded_before
from participants.sessions.rules import State, Visibility
from participants.staff.models import TrackGrant, User
from participants.staff.queries import open_tracks
from participants.staff.roles import ROLES
from participants.tracks.models import Program, TrackRecord
from participants.tracks.scope import in_track
from tests.demo.conftest import NOW, TODAY, opened

WEEK = datetime.timedelta(days=7)


def everything() -> dict[str, int]:
    """The number of rows of every table, track records counted per track."""
    counted = {}
    for model in apps.get_app_config("participants").get_models():
        if issubclass(model, TrackRecord):
            for track in Program.objects.get().tracks.select_related("program"):
                with in_track(track):
                    counted[f"{model.__name__} {track.kind}"] = model.objects.count()
        else:
            counted[model.__name__] = model.objects.count()
    return counted


def test_someone_stands_at_every_stage_before_a_stay(track):
    with in_track(track):
        # Cases made one and minors handed over are rare, and stand in a large demonstration only.
        stages = set(Referral.objects.values_list("status", flat=True).distinct())
        assert stages | {Status.MERGED, Status.HANDED_OFF} == set(Status.values)
        accepted = Referral.objects.filter(status=Status.ACCEPTED)
        assert {referral.agreements.exists() for referral in accepted} == {True, False}


def test_someone_stands_at_every_stage_of_a_stay(track):
    with in_track(track):
        ends = set(Enrollment.objects.values_list("status", "exit_detail").distinct())
        waiting = set(ExitProposal.objects.filter(decision="waiting").values_list("exit_type", flat=True))
        completed = Enrollment.objects.filter(status="completed")
        facts = {
            (
                Recommendation.objects.filter(enrollment=stay).exists(),
                Disposition.objects.filter(referral=stay.referral_id).exists(),
            )
            for stay in completed
        }
    assert facts == {(False, False), (True, False), (True, True)}
    assert {("active", ""), ("completed", ""), ("withdrew", "")} < ends
    assert {status for status, _ in ends} == {"active", *track.rules.exit_types}
    assert any(status == "neutral" for status, _ in ends)
    assert ("withdrew", ExitDetail.LAPSED) in ends or not track.rules.lapsed_is_withdrawal
    assert waiting == {"completed", "neutral"} | ({"terminated"} if track.rules.may_terminate else set())


def test_fees_are_paid_reduced_and_waived(demo):
    with in_track(demo.tracks["education"]):
        fees = Counter(
            "waived" if fee.waived_on else "reduced" if fee.reduced_from else "full"
            for fee in Requirement.objects.filter(kind="fee")
        )
    assert min(fees["waived"], fees["reduced"], fees["full"]) > 0


def test_notes_of_both_kinds_are_there(demo):
    seen = {}
    for kind, track in demo.tracks.items():
        with in_track(track):
            seen[kind] = set(Note.objects.values_list("visibility", flat=True))
    assert seen == {"education": {Visibility.CASE}, "services": {Visibility.CASE, Visibility.PRIVILEGED}}


def test_sessions_lie_in_last_week_today_and_next_week(track):
    with in_track(track):
        days = set(Session.objects.values_list("held_on", flat=True))
        assert any(TODAY - WEEK <= day < TODAY for day in days)
        assert TODAY in days
        assert any(TODAY < day <= TODAY + WEEK for day in days)
        assert all(session.state == State.SCHEDULED for session in sessions_on(TODAY))


def test_class_today_has_a_roster_of_twenty_to_forty(demo):
    with in_track(demo.tracks["education"]):
        classes = [session for session in sessions_on(TODAY) if session.kind == "class"]
        assert classes
        assert all(20 <= len(roster(session)) <= 40 for session in classes)


@pytest.mark.parametrize("key", ["caseworker", "caseworker2"])
def test_a_caseworkers_day_is_full(demo, track, key):
    me = demo.staff(track.kind, key)
    with in_track(track):
        assert sessions_on(TODAY, facilitator=me).exists()
        assert court_dates(TODAY, TODAY + WEEK, caseworker=me).exists()
        assert Enrollment.objects.filter(caseworker=me, status="active").count() >= 5


@pytest.mark.parametrize(
    ("kind", "key"), [("education", "facilitator"), ("services", "facilitator"), ("services", "counsellor")]
)
def test_who_runs_sessions_has_one_today(demo, kind, key):
    with in_track(demo.tracks[kind]):
        assert any(roster(session) for session in sessions_on(TODAY, facilitator=demo.staff(kind, key)))


def test_a_session_of_last_week_is_still_to_be_recorded(track):
    with in_track(track):
        overdue = list(unrecorded_before(TODAY))
        assert overdue
        assert all(TODAY - WEEK <= session.held_on < TODAY for session in overdue)


def test_an_offer_was_made_in_the_persons_language(track):
    with in_track(track):
        assert all(offer.text.language == offer.language for offer in Offer.objects.select_related("text"))


def test_every_role_of_every_track_signs_in(demo):
    places = {(one.role, one.track) for one in demo.sign_ins}
    assert places == {(role, kind) for role in ROLES for kind in demo.tracks}
    for one in demo.sign_ins:
        assert one.password == PASSWORD
        assert User.objects.get(email=one.email).check_password(PASSWORD)
        grant = TrackGrant.objects.get(user__email=one.email, track__kind=one.track)
        assert (grant.role, grant.track.program.slug) == (one.role, one.program)


def test_sender_of_referrals_lands_on_the_drop(demo):
    client = Client()
    assert client.login(username=SENDER, password=PASSWORD)
    assert client.get("/", follow=True).redirect_chain == [("/demand-more/drop/", 302)]


def test_overseer_lands_outside_the_tracks(demo):
    client = Client()
    assert client.login(username=OVERSEER, password=PASSWORD)
    assert client.get("/", follow=True).redirect_chain == [("/oversight/", 302)]


def test_patterns_of_the_trail_have_something_to_show(demo, track):
    with in_track(track):
        found = {pattern.key for pattern in findings(track=track, now=timezone.now()) if pattern.found}
    assert {"files", "caseload", "refusals", "searches"} <= found


def test_sign_in_page_lets_a_demo_account_in(demo):
    client = Client()
    answer = client.post("/account/login/", {"login": "caseworker.services@demo.example", "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get("/", follow=True).redirect_chain == [("/demand-more/services/", 302)]


def test_one_manager_enters_both_tracks_and_nobody_else_does(demo):
    both = [user.email for user in User.objects.all() if len(open_tracks(user, now=NOW)) > 1]
    assert both == ["manager.both@demo.example"]


def test_loading_is_on_record_with_the_records_it_made(demo, track):
    with in_track(track):
        loaded = Event.objects.filter(action="demo.loaded")
        assert sum(event.detail.get("referral", 0) for event in loaded) == Referral.objects.count()
        assert sum(event.detail.get("participant", 0) for event in loaded) == Participant.objects.count()


def test_loading_again_adds_nothing_and_answers_the_same(demo):
    before = everything()
    assert load_demo(people=3, seed=99, now=NOW) == demo.sign_ins
    assert everything() == before


def test_same_seed_and_day_make_the_same_rows(db):
    def made(seed: int):
        with transaction.atomic():
            demo = opened(load_demo(people=40, seed=seed, now=NOW))
            found = []
            for track in demo.tracks.values():
                with in_track(track):
                    found.append({row.pk: (row.name, row.status) for row in Referral.objects.all()})
                    found.append({row.pk: row.reference for row in Participant.objects.all()})
                    found.append(set(Session.objects.values_list("pk", "starts_at", "state")))
            transaction.set_rollback(True)
        return found

    first = made(seed=7)
    assert made(seed=7) == first
    assert made(seed=8) != first


@pytest.mark.parametrize("people", [1, 2, 11])
def test_few_people_can_be_loaded_too(db, people):
    demo = opened(load_demo(people=people, now=NOW))
    count = 0
    for track in demo.tracks.values():
        with in_track(track):
            count += Referral.objects.count()
    assert count == people


def test_day_is_that_of_the_program(db):
    """At three in the morning UTC it is still the evening before in New York."""
    demo = opened(load_demo(people=40, now=datetime.datetime(2026, 11, 20, 3, 0, tzinfo=datetime.UTC)))
    with in_track(demo.tracks["education"]):
        assert Referral.objects.latest("received_on").received_on == datetime.date(2026, 11, 19)


def test_production_refuses_known_passwords(db, settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=1") as refusal:
        call_command("load_demo")
    assert refusal.value.returncode == 1
    assert not Program.objects.exists()


def test_nobody_is_not_enough(db):
    with pytest.raises(CommandError, match="from 1 on"):
        call_command("load_demo", participants=0)
    assert not Program.objects.exists()

"""A restricted file against every address: whoever is named meets neither name nor reference, on any page."""

import pytest
import time_machine
from django.db.models import Q

from participants.models import Participant, Restriction
from participants.people.restricting import restrict_file
from participants.referrals.models import Referral
from participants.staff.models import permissions_of
from participants.staff.roles import ROLES
from participants.tracks.scope import in_track
from tests import builders
from tests.sessions.arrange import fields_of
from tests.world import OWN, TODAY, build_world, track_patterns

PATTERNS = track_patterns()


@pytest.fixture(autouse=True)
def noon():
    """The day of the world's session and court dates."""
    with time_machine.travel("2026-04-01T16:00:00Z", tick=False):
        yield


def close_everything(cast, track, *named) -> set[str]:
    """Close every file of a track to some people, by rows, so that those whom nobody may name are covered too.
    Returns what must not be shown to them."""
    with in_track(track, write=True):
        referrals = list(Referral.objects.order_by("id"))
        people = list(Participant.objects.order_by("id"))
        about = [{"referral": row} for row in referrals] + [{"participant": row} for row in people]
        by = builders.staff(cast, track, "manager")
        Restriction.objects.bulk_create(
            Restriction(staff=staff, recorded_on=TODAY, recorded_by=by, **row) for staff in named for row in about
        )
        secrets = {row.reference for row in people}
        for row in referrals:
            secrets |= {row.name, row.case_number}
    return secrets - {""}


@pytest.mark.parametrize("kind", ["education", "services"])
def test_who_is_named_sees_no_name_and_no_reference_anywhere(land, kind):
    """Every address a role may open, as the user of each role, with every file of the track closed to them."""
    cast, world, track = land.cast, land.worlds[kind], land.cast.tracks[kind]
    members = [cast.people[f"{kind}_{role}"] for role in ROLES]
    secrets = close_everything(cast, track, *members) | {world.person}
    # That the world leads to every address is the matrix's test.
    reached = [pattern for pattern in PATTERNS if "<" not in str(pattern.pattern) or pattern.name in world.kwargs]
    shown, broken, seen = [], [], set()
    for member in members:
        permissions = permissions_of(list(member.grants.all()))
        client = cast.client(member)
        for pattern in reached:
            if not pattern.callback.permissions <= permissions:
                continue
            seen.add(pattern.name)
            response = client.get(cast.url(track, pattern.name, **world.kwargs.get(pattern.name, {})), follow=True)
            text = response.text if not response.streaming else ""
            if pattern.name not in OWN:  # what the reader has uploaded themselves stands there as they sent it
                shown += [(member.name, pattern.name, secret) for secret in secrets if secret in text]
            fine = {200, 405} if pattern.name not in world.kwargs else {200, 404, 405}
            if response.status_code not in fine:
                broken.append((member.name, pattern.name, response.status_code))
    assert (shown, broken) == ([], [])
    assert len(seen) > 60


def test_the_names_are_there_for_others(land):
    """The test above would pass on an empty world."""
    cast, world, track = land.cast, land.worlds["education"], land.cast.education
    close_everything(cast, track, cast.education_second_manager)
    client = cast.client("education_manager")
    pages = {"referrals", "participants", "participant", "session", "my_day", "approvals", "placement_new"}
    for name in pages:
        assert world.person in client.get(cast.url(track, name, **world.kwargs.get(name, {}))).text, name


def test_every_page_of_a_closed_file_answers_like_a_wrong_address(land):
    cast, world, track = land.cast, land.worlds["education"], land.cast.education
    named = cast.education_second_caseworker
    close_everything(cast, track, named)
    client = cast.client(named)
    of_one_person = {
        name
        for name, kwargs in world.kwargs.items()
        if "reference" in kwargs
        or name in {"referral", "referral_edit", "offer_new", "offer_decision", "agreement_new"}
    } | {"placement_new", "screening_new", "credit_new", "handoff", "referral_restrict"}
    allowed = permissions_of(list(named.grants.all()))
    answers = {}
    for pattern in PATTERNS:
        if pattern.name in of_one_person and pattern.callback.permission in allowed:
            url = cast.url(track, pattern.name, **world.kwargs[pattern.name])
            answers[pattern.name] = {client.get(url).status_code, client.post(url, {"x": "1"}).status_code}
    assert len(answers) > 15
    assert {name: found for name, found in answers.items() if found - {404, 405}} == {}


@pytest.mark.parametrize("text", ["Edgar", "Buyerson", "F26"])
def test_search_finds_nobody_who_is_closed(land, text):
    cast = land.cast
    named = cast.education_second_caseworker
    url = cast.url(cast.education, "search")
    assert "Buyerson" in cast.client("education_caseworker").post(url, {"q": text}).text
    close_everything(cast, cast.education, named)
    answer = cast.client(named).post(url, {"q": text})
    assert "Edgar Active" not in answer.text
    assert len(answer.context["findings"]) == 0


def test_counts_count_everybody(cast):
    """A figure that is smaller for one reader would tell that a file is closed, and would be wrong."""
    build_world(cast, cast.education, "Rosa Closedfile")
    url = cast.url(cast.education, "reports") + "?from=2026-01-01&to=2026-12-31"
    before = cast.client("education_manager").get(url).context["report"]
    close_everything(cast, cast.education, cast.education_manager)
    assert cast.client("education_manager").get(url).context["report"] == before


def test_a_restricted_facilitator_sees_a_row_without_name_and_leaves_it_alone(cast):
    from participants.models import Attendance
    from tests.sessions.arrange import NOW, make_class

    with time_machine.travel(NOW, tick=False):
        session = make_class(cast, cast.education, people=3)
        facilitator = cast.education_facilitator
        with in_track(cast.education, by=cast.education_manager, write=True):
            rows = list(Attendance.objects.filter(session=session).select_related("participant").order_by("id"))
            closed = rows[0].participant
            name, reference = closed.name, closed.reference
            restrict_file(participant=closed, staff=facilitator, today=TODAY, by=cast.education_manager)
        client, url = cast.client(facilitator), cast.url(cast.education, "session", pk=session.pk)
        page = client.get(url)
        assert "A person whose file is restricted" in page.text
        assert name not in page.text
        assert reference not in page.text
        sent = fields_of(page.text)
        assert len([key for key in sent if key.endswith("-version")]) == 2
        for key in [key for key in sent if key.endswith("-version")]:
            sent[key.replace("-version", "-mark")] = "attended"
        forged = {f"{rows[0].pk.hex}-mark": "no_show", f"{rows[0].pk.hex}-version": "0"}
        assert client.post(url, {**sent, **forged}).status_code == 302
        assert marks(cast, session) == {rows[0].pk: "booked", rows[1].pk: "attended", rows[2].pk: "attended"}
        # Somebody else can mark the person.
        other = cast.client("education_caseworker")
        again = fields_of(other.get(url).text)
        again[f"{rows[0].pk.hex}-mark"] = "attended"
        assert other.post(url, again).status_code == 302
        assert marks(cast, session)[rows[0].pk] == "attended"


def marks(cast, session) -> dict:
    from participants.models import Attendance

    with in_track(cast.education):
        return dict(Attendance.objects.filter(session=session).values_list("pk", "mark"))


def test_a_closed_person_is_neither_booked_nor_logged_nor_marked_by_who_is_named(cast):
    from participants.errors import ProgramError
    from participants.models import Attendance
    from participants.sessions.actions import Entry, take_attendance
    from tests.sessions.arrange import DAY, NOW, make_class, make_session

    with time_machine.travel(NOW, tick=False):
        session = make_class(cast, cast.education, people=1)
        other = make_session(cast, cast.education)
        named = cast.education_second_caseworker
        with in_track(cast.education, by=cast.education_manager, write=True):
            row = Attendance.objects.select_related("participant", "enrollment").get(session=session)
            restrict_file(participant=row.participant, staff=named, today=TODAY, by=cast.education_manager)
        client = cast.client(named)
        url = cast.url(cast.education, "session_book", pk=other.pk)
        answer = client.post(url, {"people": [str(row.enrollment_id)]})
        assert answer.status_code == 422
        assert row.enrollment not in answer.context["stays"]
        log = cast.url(cast.education, "session_log")
        sent = fields_of(client.get(log).text)
        sent |= {"person": str(row.enrollment_id), "held_on": "2026-04-14", "starts": "10:00", "minutes": "30"}
        assert client.post(log, sent).status_code == 422
        with in_track(cast.education, by=named, write=True), pytest.raises(ProgramError, match="not booked"):
            take_attendance(
                session=session, version=0, entries=[Entry(row.pk, "attended")], today=DAY, now=NOW, by=named
            )
        with in_track(cast.education):
            assert not Attendance.objects.filter(~Q(mark="booked") | Q(session=other)).exists()


def test_the_same_case_typed_again_leads_to_no_closed_file(cast):
    values = {"name": "Rosa Closedfile", "case_number": "F26-777"}
    row = builders.make_referral(cast, cast.education, **values)
    typed = {
        **values,
        "date_of_birth": "1990-05-17",
        "charge": row.charge,
        "offense_on": row.offense_on.isoformat(),
        "received_on": row.received_on.isoformat(),
        "source": row.source,
        "language": "en",
        "must_appear": "unknown",
    }
    link, url = cast.url(cast.education, "referral", pk=row.pk), cast.url(cast.education, "referral_new")
    for named, linked in ((None, True), (cast.education_intake_clerk, False)):
        if named:
            close_everything(cast, cast.education, named)
        client = cast.client("education_intake_clerk")
        key = fields_of(client.get(url).text)["form_key"]
        answer = client.post(url, {**typed, "form_key": key})
        assert answer.status_code == 422
        assert "already received" in answer.text
        assert (link in answer.text) == linked

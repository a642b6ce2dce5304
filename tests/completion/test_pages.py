"""The pages of ending: what they say, what they refuse, what they keep of what was typed."""

import re

import pytest
import time_machine

from participants.completion.models import ExitProposal, Recommendation
from participants.enrollment.models import Enrollment
from tests import builders
from tests.completion import steps
from tests.completion.steps import inside
from tests.statements import exactly
from tests.words import key_in, main_of, text_of

TRACKS = ("education", "services")
pytestmark = pytest.mark.usefixtures("in_may")


@pytest.fixture
def in_may():
    """11 in the morning of 4 May 2026 in New York."""
    with time_machine.travel("2026-05-04 15:00Z"):
        yield


def address(cast, track, name, stay):
    with inside(track):
        return cast.url(track, name, reference=Enrollment.objects.get(pk=stay.pk).participant.reference)


def state(track) -> tuple:
    """Status of the only stay, and of its only proposal."""
    with inside(track):
        return Enrollment.objects.get().status, ExitProposal.objects.values_list("decision", flat=True).first()


@pytest.mark.parametrize("kind", TRACKS)
def test_completion_page_names_what_counts_and_is_proposed(cast, kind):
    track = cast.tracks[kind]
    stay = steps.make_met(cast, track)
    client, url = cast.client(f"{kind}_caseworker"), address(cast, track, "completion_propose", stay)
    page = client.get(url)
    text = text_of(page)
    assert "Everything is met." in text
    assert "What counts (" in text
    response = client.post(url, {"form_key": key_in(page)}, follow=True)
    assert "Proposed. Another person decides." in text_of(response)
    assert state(track) == ("active", "waiting")


def test_completion_page_names_what_is_missing(cast):
    stay = builders.make_enrollment(cast, cast.education)
    client, url = cast.client("education_caseworker"), address(cast, cast.education, "completion_propose", stay)
    text = text_of(client.get(url))
    assert "Education class: 8 hours are missing." in text
    assert "An unpaid fee alone never stands in the way." in text
    assert "<button" not in main_of(client.get(url))
    met = steps.make_met(cast, cast.education)
    key = key_in(client.get(address(cast, cast.education, "completion_propose", met)))
    response = client.post(url, {"form_key": key})
    assert response.status_code == 422
    assert "Not complete yet. Education class: 8 hours are missing." in text_of(response)
    with inside(cast.education):
        assert not ExitProposal.objects.exists()


def test_form_without_its_key_is_shown_again(cast):
    stay = steps.make_met(cast, cast.education)
    response = cast.client("education_caseworker").post(address(cast, cast.education, "completion_propose", stay), {})
    assert response.status_code == 422
    assert "This form is out of date." in text_of(response)
    assert state(cast.education) == ("active", None)


@pytest.mark.parametrize(("kind", "word"), [("education", "returned"), ("services", "no report")])
def test_leaving_takes_one_press(cast, kind, word):
    track = cast.tracks[kind]
    stay = builders.make_enrollment(cast, track)
    client, url = cast.client(f"{kind}_caseworker"), address(cast, track, "withdraw", stay)
    page = client.get(url)
    text = text_of(page)
    assert f"reads one thing about the case: {word} ." in text
    assert re.findall(r"<(?:input|select|textarea)[^>]*\brequired\b", main_of(page)) == []
    assert ("stopped coming" in text) == (kind == "services")
    response = client.post(url, {}, follow=True)
    assert "The stay has ended. No reason was asked, and none is on file." in text_of(response)
    assert state(track) == ("withdrew", None)
    again = client.post(url, {})
    assert again.status_code == 422
    assert "This stay has already ended." in text_of(again)


def test_leaving_on_a_wrong_day_keeps_what_was_typed(cast):
    stay = builders.make_enrollment(cast, cast.services)
    client, url = cast.client("services_caseworker"), address(cast, cast.services, "withdraw", stay)
    response = client.post(url, {"on": "2026-05-05", "lapsed": "on"})
    assert response.status_code == 422
    assert "Use a day from March 12, 2026 until today." in text_of(response)
    assert 'value="2026-05-05"' in response.text
    assert "checked" in response.text
    assert state(cast.services) == ("active", None)
    client.post(url, {"on": "2026-04-30", "lapsed": "on"})
    with inside(cast.services):
        stay = Enrollment.objects.get()
        assert (stay.status, stay.exit_detail, str(stay.exited_on)) == ("withdrew", "lapsed", "2026-04-30")


def test_leaving_says_that_the_waiting_proposal_is_closed(cast):
    proposal = steps.make_proposed(cast, cast.education)
    client, url = cast.client("education_caseworker"), address(cast, cast.education, "withdraw", proposal.enrollment)
    assert "The proposal that waits (completed) is closed without a decision." in text_of(client.get(url))
    client.post(url, {})
    assert state(cast.education) == ("withdrew", "void")
    decided = text_of(cast.client("education_manager").get(cast.url(cast.education, "approval", pk=proposal.pk)))
    assert "Closed by a withdrawal On May 4, 2026." in decided


def test_neutral_end_is_proposed_on_its_page(cast):
    stay = builders.make_enrollment(cast, cast.services)
    client, url = cast.client("services_caseworker"), address(cast, cast.services, "neutral_propose", stay)
    page = client.get(url)
    assert "checked" not in main_of(page)
    refused = client.post(url, {"form_key": key_in(page), "reasons": "Moved <north>."})
    assert refused.status_code == 422
    assert "Moved &lt;north&gt;." in refused.text
    assert state(cast.services) == ("active", None)
    answer = {"form_key": key_in(page), "detail": "transfer", "reasons": "Moved."}
    for _ in range(2):
        assert client.post(url, answer).status_code == 302
    with inside(cast.services):
        assert ExitProposal.objects.get().exit_detail == "transfer"
    assert "A proposal is waiting:" in text_of(client.get(url))


def test_notice_is_recorded_on_its_page(cast):
    stay = builders.make_enrollment(cast, cast.education)
    client, url = cast.client("education_caseworker"), address(cast, cast.education, "termination_propose", stay)
    page = client.get(url)
    assert "This ends nothing yet." in text_of(page)
    answer = {
        "form_key": key_in(page),
        "reason_codes": ["fee"],
        "reasons": "Has not paid.",
        "notice_on": "2026-05-04",
        "contest_by": "2026-05-18",
    }
    refused = client.post(url, answer)
    assert refused.status_code == 422
    assert "A fee that is not paid never ends a stay by itself." in text_of(refused)
    assert "Has not paid." in refused.text
    assert state(cast.education) == ("active", None)
    assert client.post(url, answer | {"reason_codes": ["fee", "conduct"]}).status_code == 302
    assert state(cast.education) == ("active", "waiting")


def test_statement_is_recorded_on_its_page(cast):
    notice = steps.make_notice(cast)
    client, url = cast.client("education_caseworker"), cast.url(cast.education, "exit_statement", pk=notice.pk)
    assert client.post(url, {"statement": ""}).status_code == 422
    for words in ("I was ill.", "Here is the note."):
        assert client.post(url, {"statement": words}).status_code == 302
    assert "I was ill." in text_of(client.get(url))
    text = text_of(cast.client("education_manager").get(cast.url(cast.education, "approval", pk=notice.pk)))
    assert "I was ill. Here is the note. Recorded on May 4, 2026" in text
    assert "Time to contest until May 18, 2026. It can be approved after that day. It can be returned now." in text


class TestApprovals:
    def test_queue_says_what_waits_since_when_and_for_whom(self, cast):
        steps.make_proposed(cast, cast.education, today=steps.TODAY.replace(day=1))
        steps.make_notice(cast)
        page = cast.client("education_manager").get(cast.url(cast.education, "approvals"))
        text = text_of(page)
        assert "Completed Education Caseworker 3 days Decide" in text
        assert "Terminated Education Caseworker since today Time to contest until May 18, 2026" in text

    def test_empty_queue_says_so(self, cast):
        assert "Nothing waits for a decision" in text_of(
            cast.client("services_manager").get(cast.url(cast.services, "approvals"))
        )

    def test_queue_has_a_fixed_number_of_statements(self, cast):
        client, url = cast.client("services_manager"), cast.url(cast.services, "approvals")
        steps.make_neutral(cast, cast.services)
        for _ in range(2):
            with exactly(7):
                client.get(url)
            steps.make_neutral(cast, cast.services)
            steps.make_neutral(cast, cast.services)

    @pytest.mark.parametrize("kind", TRACKS)
    def test_manager_approves(self, cast, kind):
        track = cast.tracks[kind]
        proposal = steps.make_proposed(cast, track)
        client, url = cast.client(f"{kind}_manager"), cast.url(track, "approval", pk=proposal.pk)
        assert "checked" not in main_of(client.get(url))
        response = client.post(url, {"decision": "approve", "reason": ""}, follow=True)
        assert "Approved. The stay has ended." in text_of(response)
        assert state(track) == ("completed", "approved")
        again = client.post(url, {"decision": "return", "reason": "x"})
        assert again.status_code == 422
        assert "This proposal has already been decided." in text_of(again)

    def test_manager_returns_with_a_reason(self, cast):
        proposal = steps.make_proposed(cast, cast.education)
        client, url = cast.client("education_manager"), cast.url(cast.education, "approval", pk=proposal.pk)
        for answer in ({"decision": "return", "reason": " "}, {"reason": "Kept <text>."}):
            response = client.post(url, answer)
            assert response.status_code == 422
            assert state(cast.education) == ("active", "waiting")
        assert "Kept &lt;text&gt;." in response.text
        client.post(url, {"decision": "return", "reason": "The time sheet."})
        assert state(cast.education) == ("active", "returned")
        assert "The time sheet." in client.get(url).text

    def test_proposer_sees_no_buttons_and_decides_nothing(self, cast):
        stay = steps.make_met(cast, cast.education)
        client = cast.client("education_manager")
        page = client.get(address(cast, cast.education, "completion_propose", stay))
        client.post(address(cast, cast.education, "completion_propose", stay), {"form_key": key_in(page)})
        queue = client.get(cast.url(cast.education, "approvals"))
        assert "Another person decides" in text_of(queue)
        assert ">Decide<" not in queue.text
        with inside(cast.education):
            url = cast.url(cast.education, "approval", pk=ExitProposal.objects.get().pk)
        page = client.get(url)
        assert "You proposed this." in text_of(page)
        assert 'name="decision"' not in page.text
        refused = client.post(url, {"decision": "approve"})
        assert refused.status_code == 422
        assert "so another person decides it" in text_of(refused)
        assert state(cast.education) == ("active", "waiting")
        assert cast.client("education_second_manager").post(url, {"decision": "approve"}).status_code == 302
        assert state(cast.education) == ("completed", "approved")

    def test_termination_waits_for_the_day_to_contest(self, cast):
        notice = steps.make_notice(cast)
        client, url = cast.client("education_manager"), cast.url(cast.education, "approval", pk=notice.pk)
        assert "Time to contest until May 18, 2026." in text_of(client.get(url))
        early = client.post(url, {"decision": "approve", "reason": "As noticed."})
        assert early.status_code == 422
        assert "The person may contest until May 18, 2026." in text_of(early)
        with time_machine.travel("2026-05-19 03:30Z"):  # 18 May, half past eleven at night in New York
            client = cast.client("education_manager")
            assert client.post(url, {"decision": "approve", "reason": "As noticed."}).status_code == 422
        with time_machine.travel("2026-05-19 04:30Z"):
            assert client.post(url, {"decision": "approve", "reason": "As noticed."}).status_code == 302
        with inside(cast.education):
            stay = Enrollment.objects.get()
            assert (stay.status, str(stay.exited_on)) == ("terminated", "2026-05-19")

    @pytest.mark.parametrize("member", ["education_caseworker", "education_liaison", "education_facilitator"])
    def test_decisions_are_not_for_everyone(self, cast, member):
        proposal = steps.make_proposed(cast, cast.education)
        url = cast.url(cast.education, "approval", pk=proposal.pk)
        assert cast.client(member).post(url, {"decision": "approve"}).status_code == 403
        assert cast.client("services_manager").get(url).status_code == 404
        assert (
            cast.client("services_manager").get(cast.url(cast.services, "approval", pk=proposal.pk)).status_code == 404
        )
        assert state(cast.education) == ("active", "waiting")


class TestRecommendation:
    def test_page_offers_what_fits_the_exit(self, cast):
        stay = steps.make_completed(cast, cast.education)
        client, url = cast.client("education_manager"), address(cast, cast.education, "recommend", stay)
        page = client.get(url)
        assert re.findall(r'type="radio"[^>]*value="(\w+)"', page.text) == ["dismissal", "further"]
        assert client.post(url, {"recommended": "revert"}).status_code == 422
        assert client.post(url, {"recommended": "dismissal"}).status_code == 302
        with inside(cast.education):
            assert Recommendation.objects.get().recommended == "dismissal"
        assert "On file: Dismissal, May 4, 2026, Education Manager. Saving replaces it." in text_of(client.get(url))

    def test_page_of_an_active_stay(self, cast):
        stay = builders.make_enrollment(cast, cast.education)
        page = cast.client("education_manager").get(address(cast, cast.education, "recommend", stay))
        assert "The stay is active." in text_of(page)
        assert 'type="radio"' not in page.text

    def test_nothing_is_recommended_of_who_left_services(self, cast):
        stay = steps.make_withdrawn(cast, cast.services)
        client, url = cast.client("services_manager"), address(cast, cast.services, "recommend", stay)
        page = client.get(url)
        assert "Nothing is recommended after this exit." in text_of(page)
        assert 'type="radio"' not in page.text
        assert client.post(url, {"recommended": "revert"}).status_code == 422
        with inside(cast.services):
            assert not Recommendation.objects.exists()


@pytest.mark.parametrize("name", ["completion_propose", "neutral_propose", "termination_propose"])
def test_page_of_an_ended_stay_says_so(cast, name):
    stay = steps.make_withdrawn(cast, cast.education)
    page = cast.client("education_caseworker").get(address(cast, cast.education, name, stay))
    assert page.status_code == 200
    assert "This stay has ended. Withdrew on May 4, 2026." in text_of(page)
    assert "form panel" not in page.text

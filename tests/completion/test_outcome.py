"""Requirements met, recommendation, disposition: three facts; and the one word that the prosecutor's office reads."""

import datetime
import re

import pytest

from participants.audit.models import Event
from participants.completion.actions import recommend, record_disposition
from participants.completion.models import Disposition, Recommendation
from participants.completion.queries import Outcome, as_cases, cases_sent, outcome_of
from participants.enrollment.models import Enrollment
from participants.errors import ProgramError
from participants.referrals.models import Referral
from tests import builders
from tests.completion import steps
from tests.completion.steps import MET, TODAY, fresh, inside
from tests.statements import exactly

DAY = datetime.timedelta(days=1)


def advise(cast, stay, recommended, *, track=None, made_on=None):
    track = track or cast.education
    with inside(track):
        return recommend(
            enrollment=stay,
            recommended=recommended,
            made_on=made_on or TODAY,
            by=builders.staff(cast, track, "manager"),
        )


def dispose(cast, stay, disposed="nolle_prosequi", *, track=None, decided_on=TODAY + DAY):
    track = track or cast.education
    with inside(track):
        return record_disposition(
            referral=Referral.objects.get(pk=stay.referral_id),
            disposed=disposed,
            decided_on=decided_on,
            today=TODAY + 2 * DAY,
            by=builders.staff(cast, track, "liaison"),
        )


def test_three_facts_stay_apart(cast):
    stay = steps.make_completed(cast, cast.education)
    with inside(cast.education):
        assert outcome_of(stay) == Outcome(MET, None, None)
    recommendation = advise(cast, stay, "dismissal")
    with inside(cast.education):
        assert outcome_of(stay) == Outcome(MET, recommendation, None)
    disposition = dispose(cast, stay, "prosecuted")
    with inside(cast.education):
        outcome = outcome_of(stay)
        assert outcome == Outcome(MET, recommendation, disposition)
        assert (outcome.recommendation.recommended, outcome.disposition.disposed) == ("dismissal", "prosecuted")
        assert fresh(stay).status == "completed"
        actions = Event.objects.filter(action__in=("recommendation.recorded", "disposition.recorded"))
        assert [(event.action, event.actor_id) for event in actions.order_by("id")] == [
            ("recommendation.recorded", cast.education_manager.pk),
            ("disposition.recorded", cast.education_liaison.pk),
        ]


def test_nothing_is_recommended_of_an_active_stay(cast):
    stay = builders.make_enrollment(cast, cast.education)
    with pytest.raises(ProgramError, match="follows the end of the stay"):
        advise(cast, stay, "dismissal")
    with inside(cast.education):
        assert not Recommendation.objects.exists()


@pytest.mark.parametrize(
    ("make", "allowed"),
    [
        (lambda cast: steps.make_completed(cast, cast.education), {"dismissal", "further"}),
        (steps.make_terminated, {"further", "revert"}),
        (lambda cast: steps.make_withdrawn(cast, cast.education), {"further", "revert"}),
    ],
    ids=("completed", "terminated", "withdrew"),
)
def test_recommendation_fits_the_exit(cast, make, allowed):
    stay = make(cast)
    for recommended in ("dismissal", "further", "revert", "praise"):
        if recommended in allowed:
            assert advise(cast, stay, recommended, made_on=stay.exited_on).recommended == recommended
        else:
            with pytest.raises(ProgramError, match="cannot be recommended"):
                advise(cast, stay, recommended, made_on=stay.exited_on)
    with inside(cast.education):
        assert Recommendation.objects.count() == 1


def test_services_recommend_nothing_but_dismissal_of_a_completion(cast):
    stay = steps.make_completed(cast, cast.services)
    with pytest.raises(ProgramError, match="cannot be recommended"):
        advise(cast, stay, "further", track=cast.services)
    assert advise(cast, stay, "dismissal", track=cast.services).recommended == "dismissal"
    gone = steps.make_withdrawn(cast, cast.services)
    for recommended in ("dismissal", "further", "revert"):
        with pytest.raises(ProgramError, match="cannot be recommended"):
            advise(cast, gone, recommended, track=cast.services)


def test_recommendation_before_the_exit(cast):
    stay = steps.make_completed(cast, cast.education)
    with pytest.raises(ProgramError, match="follows the end of the stay"):
        advise(cast, stay, "dismissal", made_on=TODAY - DAY)


def test_recommendation_stays_once_the_prosecutor_has_decided(cast):
    stay = steps.make_completed(cast, cast.education)
    advise(cast, stay, "further")
    dispose(cast, stay)
    with pytest.raises(ProgramError, match="has decided"):
        advise(cast, stay, "dismissal")
    with inside(cast.education):
        assert Recommendation.objects.get().recommended == "further"


@pytest.mark.parametrize(
    ("disposed", "decided_on", "field"),
    [
        ("forgiven", TODAY, "disposed"),
        ("other", TODAY + 3 * DAY, "decided_on"),
        ("other", builders.RECEIVED - DAY, "decided_on"),
    ],
)
def test_disposition_that_is_refused(cast, disposed, decided_on, field):
    stay = builders.make_enrollment(cast, cast.education)
    with pytest.raises(ProgramError) as refused:
        dispose(cast, stay, disposed, decided_on=decided_on)
    assert refused.value.field == field
    with inside(cast.education):
        assert not Disposition.objects.exists()
        assert not Event.objects.filter(action="disposition.recorded").exists()


def test_disposition_is_recorded_for_a_case_that_was_never_placed(cast):
    referral = builders.make_referral(cast, cast.services)
    with inside(cast.services):
        for disposed in ("no_action", "prosecuted"):
            record_disposition(
                referral=referral, disposed=disposed, decided_on=TODAY, today=TODAY, by=cast.services_liaison
            )
        assert Disposition.objects.get().disposed == "prosecuted"


def every_state(cast, track):
    """One case per state that a case can be in."""
    builders.make_referral(cast, track, name="Ann Received")
    builders.make_ineligible(cast, track, name="Bea Ineligible")
    builders.make_offer(cast, track, person={"name": "Cleo Offered"})
    builders.make_declined(cast, track, person={"name": "Dora Declined"})
    builders.make_agreement(cast, track, person={"name": "Eva Agreed"})
    builders.make_enrollment(cast, track, name="Fay Active")
    steps.make_withdrawn(cast, track, stay=builders.make_enrollment(cast, track, name="Gia Withdrew"))
    done = builders.make_enrollment(cast, track, name="Hal Completed")
    if track == cast.services:
        steps.make_withdrawn(cast, track, stay=builders.make_enrollment(cast, track, name="Ida Lapsed"), lapsed=True)
        steps.come_by(cast, done)
    else:
        steps.attend_class(cast, done)
        steps.serve_hours(cast, done)
    steps.make_completed(cast, track, stay=done)


def rows_of(page: str) -> list[list[str]]:
    body = re.search(r"<tbody.*?</tbody>", page, flags=re.DOTALL)[0]
    return [
        [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]
        for row in re.findall(r"<tr>.*?</tr>", body, re.DOTALL)
    ]


def test_services_tell_the_office_the_same_of_every_case(cast):
    every_state(cast, cast.services)
    page = cast.client("services_liaison").get(cast.url(cast.services, "cases")).text
    rows = rows_of(page)
    assert len(rows) == 9
    assert {(status, disposition) for _, _, status, disposition in rows} == {("no report", "not recorded")}
    assert all(re.fullmatch(r"F26-\d{6}", number) for number, *_ in rows)
    # But for number and name, no row differs from another in a single letter.
    body = re.search(r"<tbody.*?</tbody>", page, flags=re.DOTALL)[0]
    plain = re.sub(r"F26-\d{6}|[0-9a-f-]{36}|(?<=Name\">)[^<]+", "", body)
    assert len(set(re.findall(r"<tr>.*?</tr>", plain, re.DOTALL))) == 1


def test_services_case_page_is_the_same_for_every_case(cast):
    every_state(cast, cast.services)
    client = cast.client("services_liaison")
    with inside(cast.services):
        cases = [(case.id, case.name, case.case_number) for case in as_cases(cases_sent())]
    pages = set()
    for pk, name, number in cases:
        page = client.get(cast.url(cast.services, "case_disposition", pk=pk)).text
        page = re.sub(r"value=\"[\w-]{60,}\"|csrftoken\":\"\w+\"", "", page)
        pages.add(page.replace(name, "").replace(number, "").replace(str(pk), ""))
    assert len(cases) == 9
    assert len(pages) == 1


def test_education_tells_the_word_of_the_agreements_clause(cast):
    every_state(cast, cast.education)
    steps.make_terminated(cast)
    page = cast.client("education_liaison").get(cast.url(cast.education, "cases")).text
    assert {name: status for _, name, status, _ in rows_of(page)} == {
        "Ann Received": "no report",
        "Bea Ineligible": "no report",
        "Cleo Offered": "no report",
        "Dora Declined": "no report",
        "Eva Agreed": "no report",
        "Fay Active": "taking part",
        "Gia Withdrew": "returned",
        "Hal Completed": "completed",
        "Alex Rivera": "returned",
    }


def test_liaison_reads_no_file(cast):
    stay = builders.make_enrollment(cast, cast.education)
    client = cast.client("education_liaison")
    with inside(cast.education):
        reference = Enrollment.objects.get().participant.reference
    page = client.get(cast.url(cast.education, "cases")).text
    assert reference not in page
    assert client.get(cast.url(cast.education, "participant", reference=reference)).status_code == 403
    assert client.get(cast.url(cast.education, "referral", pk=stay.referral_id)).status_code == 403


def test_liaison_records_a_disposition(cast):
    referral = builders.make_referral(cast, cast.services)
    client = cast.client("services_liaison")
    url = cast.url(cast.services, "case_disposition", pk=referral.pk)
    wrong = client.post(url, {"disposed": "no_action", "decided_on": "2206-01-01"})
    assert wrong.status_code == 422
    assert 'value="2206-01-01"' in wrong.text
    with inside(cast.services):
        assert not Disposition.objects.exists()
    right = client.post(url, {"disposed": "no_action", "decided_on": "2026-03-20"})
    assert right.status_code == 302
    assert rows_of(client.get(right.url).text)[0][3] == "No action filed, Mar 20, 2026"
    with inside(cast.services):
        row = Disposition.objects.get()
        assert (row.disposed, row.decided_on, row.recorded_by) == (
            "no_action",
            datetime.date(2026, 3, 20),
            cast.services_liaison,
        )
    assert "Saving replaces it." in client.get(url).text


@pytest.mark.parametrize("kind", ["education", "services"])
def test_list_of_cases_has_a_fixed_number_of_statements(cast, kind):
    track = cast.tracks[kind]
    client, url = cast.client(f"{kind}_liaison"), cast.url(track, "cases")
    builders.make_enrollment(cast, track)
    client.get(url)
    with exactly(7):
        client.get(url)
    builders.make_enrollment(cast, track)
    builders.make_referral(cast, track)
    with exactly(7):
        client.get(url)


def test_liaison_is_shown_no_child(cast):
    born = datetime.date(2010, 7, 1)
    child = builders.make_referral(cast, cast.education, name="Kim Minorson", date_of_birth=born)
    client = cast.client("education_liaison")
    assert "Minorson" not in client.get(cast.url(cast.education, "cases")).text
    assert client.get(cast.url(cast.education, "case_disposition", pk=child.pk)).status_code == 404

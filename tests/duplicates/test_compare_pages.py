"""The pages on which a person decides what two cases are: before one is received, and later."""

import datetime
import re

import pytest

from participants.audit.models import Event, EventSubject
from participants.duplicates.actions import decide_comparison, merge_referrals
from participants.duplicates.models import Comparison
from participants.people.models import Restriction
from participants.referrals.models import Referral
from participants.tracks.scope import in_track
from tests.builders import RECEIVED, make_eligible, make_referral, staff
from tests.referrals.typed import TYPED, form_key, post_new, text_of

BORN = datetime.date(1990, 2, 28)


@pytest.fixture
def client(cast):
    return cast.client("education_intake_clerk")


@pytest.fixture
def new_url(cast):
    return cast.url(cast.education, "referral_new")


@pytest.fixture
def one(cast):
    return make_referral(cast, cast.education, name="Maria Jose Oneal", date_of_birth=BORN, case_number="F26-1")


@pytest.fixture
def two(cast):
    return make_referral(cast, cast.education, name="María-José O’Neil", date_of_birth=BORN, case_number="F26-2",
                         counsel_name="Ada Lawson")  # fmt: skip


def rows(cast, track=None) -> tuple[int, list]:
    with in_track(track or cast.education):
        return Referral.objects.count(), list(Comparison.objects.order_by("pk").values_list("decision", flat=True))


def typed_again(response) -> dict:
    """The key that the form came back with."""
    return {"form_key": re.search(r'name="form_key" value="([^"]+)"', response.content.decode())[1]}


# --- before a case is received -------------------------------------------------------------------------------
def test_a_case_that_looks_like_a_stored_one_is_asked_about_first(cast, client, new_url, one):
    response = post_new(client, new_url)
    text = text_of(response)
    assert response.status_code == 422
    assert "Nothing is stored yet: this looks like a case that is here" in text
    assert "Names written almost the same, same birth date" in text
    assert "Say what this one is, or open the case that is here." in text
    assert cast.url(cast.education, "referral", pk=one.pk) in response.content.decode()
    assert 'value="F26-01234"' in response.content.decode()
    assert rows(cast) == (1, [])
    with in_track(cast.education):
        event = Event.objects.filter(action="page.viewed").latest("id")
        shown = set(EventSubject.objects.filter(event_id=event.pk).values_list("subject_id", flat=True))
    assert one.pk in shown


@pytest.mark.parametrize("decision", ["different", "same_person"])
def test_received_with_the_decision(cast, client, new_url, one, decision):
    first = post_new(client, new_url)
    data = {**TYPED, **typed_again(first), f"match_{one.pk.hex}": decision}
    response = client.post(new_url, data)
    assert response.status_code == 302
    assert rows(cast) == (2, [decision])
    assert client.post(new_url, data).status_code == 302
    assert rows(cast) == (2, [decision])


def test_a_decision_that_is_none_is_asked_again(cast, client, new_url, one):
    response = post_new(client, new_url, **{f"match_{one.pk.hex}": "same_case"})
    assert response.status_code == 422
    assert rows(cast) == (1, [])


def test_a_case_that_looks_like_nobody_is_received_at_once(cast, client, new_url):
    make_referral(cast, cast.education, name="Ruth Palmer")
    assert post_new(client, new_url).status_code == 302
    assert rows(cast) == (2, [])


def test_exactly_the_same_case_is_told_as_before(cast, client, new_url):
    post_new(client, new_url)
    response = post_new(client, new_url)
    assert "already received" in text_of(response)
    assert "What is case" not in text_of(response)
    assert rows(cast) == (1, [])


def test_the_twin_in_the_other_track_is_not_asked_about(cast, client, new_url):
    """The same person, phone and case number, in the other track and in another program."""
    for track in (cast.services, cast.elsewhere):
        make_referral(cast, track, name=TYPED["name"], date_of_birth=BORN, phone=TYPED["phone"],
                      case_number=TYPED["case_number"])  # fmt: skip
    response = post_new(client, new_url)
    assert response.status_code == 302
    assert rows(cast) == (1, [])


def test_a_restricted_case_is_not_asked_about(cast, client, new_url, one):
    clerk = staff(cast, cast.education, "intake_clerk")
    with in_track(cast.education, write=True):
        Restriction.objects.create(referral=one, staff=clerk, recorded_on=RECEIVED, recorded_by=clerk)
    assert post_new(client, new_url).status_code == 302


# --- the referral page ---------------------------------------------------------------------------------------
def page(cast, client, row) -> str:
    return text_of(client.get(cast.url(cast.education, "referral", pk=row.pk)))


def test_panel_shows_what_is_undecided_and_then_the_decision(cast, client, one, two):
    words = "Looks like another record Maria Jose Oneal , F26-1 names written almost the same, same birth date"
    assert words in page(cast, client, two)
    with in_track(cast.education, by=staff(cast, cast.education, "manager"), write=True) as scope:
        decide_comparison(referral=one, other=two, decision="different", today=RECEIVED, by=scope.by)
    text = page(cast, client, two)
    assert "Looks like another record" not in text
    assert (
        "Compared with Maria Jose Oneal , F26-1 Different people, decided by Education Manager on Mar 2, 2026" in text
    )


def test_merged_page_leads_to_the_kept_one_and_nothing_else_does(cast, client, one, two):
    clerk = staff(cast, cast.education, "intake_clerk")
    with in_track(cast.education, by=clerk, write=True):
        merge_referrals(kept=one, absorbed=two, versions=(0, 0), today=RECEIVED, by=clerk)
    text = page(cast, client, two)
    assert "This is part of another case." in text
    assert "Edit" not in text
    assert (
        cast.url(cast.education, "referral", pk=one.pk)
        in client.get(cast.url(cast.education, "referral", pk=two.pk)).content.decode()
    )
    assert "The same case, received twice, decided by" in page(cast, client, one)
    listed = client.get(cast.url(cast.education, "referrals")).content.decode()
    assert cast.url(cast.education, "referral", pk=two.pk) not in listed
    edit = client.get(cast.url(cast.education, "referral_edit", pk=two.pk))
    assert edit.url == cast.url(cast.education, "referral", pk=two.pk)


# --- comparing -----------------------------------------------------------------------------------------------
@pytest.fixture
def compare_url(cast, one, two):
    return cast.url(cast.education, "referral_compare", pk=two.pk, other=one.pk)


def choices(**over) -> dict:
    return {"version_kept": 0, "version_absorbed": 0, **over}


def test_nothing_is_decided_beforehand(client, compare_url):
    html = client.get(compare_url).content.decode()
    chosen = re.findall(r'name="(\w+)" value="(\w+)"[^>]* checked', html)
    assert "decision" not in dict(chosen)
    # Of the values those of the kept case are offered, and of what it lacks the other's.
    assert dict(chosen) == {"take_name": "kept", "take_case_number": "kept", "take_counsel_name": "absorbed"}


def test_the_form_asks_what_they_are(client, cast, compare_url):
    response = client.post(compare_url, choices())
    assert response.status_code == 422
    assert "Say what these two are." in text_of(response)
    assert rows(cast) == (2, [])


@pytest.mark.parametrize("decision", ["different", "same_person"])
def test_decided_at_once(cast, client, compare_url, one, decision):
    response = client.post(compare_url, choices(decision=decision))
    assert response.url == cast.url(cast.education, "referral", pk=one.pk)
    assert rows(cast) == (2, [decision])
    assert "Decided by Education Intake Clerk" in text_of(client.get(compare_url))


def test_merge_is_shown_before_it_is_done(cast, client, compare_url, one, two):
    data = choices(decision="same_case", take_name="absorbed", take_counsel_name="absorbed", take_case_number="kept")
    preview = client.post(compare_url, data)
    text = text_of(preview)
    assert preview.status_code == 200
    assert "This is what would be kept" in text
    assert "Name María-José O’Neil Maria Jose Oneal" in text
    assert rows(cast) == (2, [])
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', preview.content.decode()))
    again = client.post(compare_url, {**hidden, "change": "1"})
    assert "Are these the same?" in text_of(again)
    response = client.post(compare_url, {**hidden, "confirm": "1"})
    assert response.url == cast.url(cast.education, "referral", pk=one.pk)
    with in_track(cast.education):
        kept = Referral.objects.get(pk=one.pk)
        assert (kept.name, kept.counsel_name, kept.case_number) == ("María-José O’Neil", "Ada Lawson", "F26-1")
        assert Referral.objects.get(pk=two.pk).merged_into == kept


def test_changed_meanwhile_is_compared_once_more(cast, client, compare_url):
    response = client.post(compare_url, choices(decision="same_case", version_kept=7, confirm="1"))
    assert response.url == compare_url
    assert rows(cast) == (2, [])


def test_why_they_cannot_become_one(cast, client, one, two):
    for row in (one, two):
        make_eligible(cast, cast.education, referral=row)
    url = cast.url(cast.education, "referral_compare", pk=one.pk, other=two.pk)
    text = text_of(client.get(url))
    assert "They cannot become one case here. The other case stands at “Eligible” already." in text
    assert "The same case, received twice" not in text
    assert client.post(url, choices(decision="same_case", confirm="1")).status_code == 422
    assert rows(cast) == (2, [])


def test_undo_from_the_page(cast, client, one, two):
    clerk = staff(cast, cast.education, "intake_clerk")
    with in_track(cast.education, by=clerk, write=True):
        row = merge_referrals(kept=one, absorbed=two, versions=(0, 0), today=RECEIVED, by=clerk)
    url = cast.url(cast.education, "comparison_undo", pk=row.pk)
    assert "Both cases stand again" in text_of(client.get(url))
    assert client.post(url).url == cast.url(cast.education, "referral", pk=one.pk)
    with in_track(cast.education):
        assert Referral.objects.get(pk=two.pk).status == "received"
    assert "Taken back already." in text_of(client.get(url))


def test_undo_that_is_refused_says_why(cast, client, one, two):
    clerk = staff(cast, cast.education, "intake_clerk")
    with in_track(cast.education, by=clerk, write=True):
        row = merge_referrals(kept=one, absorbed=two, versions=(0, 0), today=RECEIVED, by=clerk)
    make_eligible(cast, cast.education, referral=one)
    response = client.post(cast.url(cast.education, "comparison_undo", pk=row.pk))
    assert (response.status_code, "cannot be parted" in text_of(response)) == (422, True)


def test_who_may_not_receive_reads_the_panel_and_decides_nothing(cast, one, two, compare_url):
    client = cast.client("education_facilitator")
    assert client.get(compare_url).status_code == 403
    assert client.post(compare_url, choices(decision="different")).status_code == 403


def test_the_other_track_s_case_cannot_be_compared(cast, client, one):
    theirs = make_referral(cast, cast.services, name="Maria Jose Oneal", date_of_birth=BORN)
    for pk, other in ((one.pk, theirs.pk), (theirs.pk, one.pk), (one.pk, one.pk)):
        url = cast.url(cast.education, "referral_compare", pk=pk, other=other)
        assert client.get(url).status_code == 404
        assert client.post(url, choices(decision="different")).status_code == 404


def test_form_key_is_needed_as_before(client, new_url, one):
    key = form_key(client, new_url)
    assert client.post(new_url, {**TYPED, "form_key": key[:-1] + "x"}).status_code == 422

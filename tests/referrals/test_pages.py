"""The pages of referrals: list, new, and the referral itself with its next step."""

import datetime
import re

import pytest
from django.db import connection

from participants.audit.models import Event, EventSubject
from participants.completion.actions import record_disposition, withdraw
from participants.operations.models import Operation
from participants.referrals.models import Referral
from participants.tracks.scope import in_track
from tests import builders
from tests.referrals.typed import TYPED, form_key, post_new, text_of

D = datetime.date
# On PostgreSQL a page is one transaction that names its track.
OPENING = 5 if connection.vendor == "postgresql" else 0


@pytest.fixture
def client(cast):
    return cast.client("education_caseworker")


@pytest.fixture
def list_url(cast):
    return cast.url(cast.education, "referrals")


@pytest.fixture
def new_url(cast):
    return cast.url(cast.education, "referral_new")


def count(cast, track=None) -> int:
    with in_track(track or cast.education):
        return Referral.objects.count()


def last_page(cast) -> set[tuple[str, str]]:
    """The records that the latest page is on record with."""
    with in_track(cast.education):
        event = Event.objects.filter(action="page.viewed").latest("id")
        subjects = EventSubject.objects.filter(event_id=event.pk).values_list("kind", "subject_id")
        return {(kind, str(pk)) for kind, pk in subjects}


# --- the list ------------------------------------------------------------------------------------------------
def test_list_shows_what_is_needed_newest_first(cast, client, list_url):
    builders.make_referral(
        cast, cast.education, name="Old Oakmere", received_on=D(2026, 2, 25), next_court_on=D(2026, 5, 4)
    )
    builders.make_referral(cast, cast.education, name="New Foxglen")
    page = text_of(client.get(list_url))
    assert "Old Oakmere 796.07(2)(f) Feb 25, 2026 State Attorney's Office Received May 4, 2026" in page
    assert page.index("New Foxglen") < page.index("Old Oakmere")


def test_list_is_on_record_with_everyone_it_showed(cast, client, list_url):
    shown = {builders.make_referral(cast, cast.education).pk for _ in range(2)}
    client.get(list_url)
    with in_track(cast.education):
        event = Event.objects.get(action="page.viewed")
        assert set(EventSubject.objects.filter(event_id=event.pk).values_list("subject_id", flat=True)) == shown


def test_list_shows_nobody_of_the_other_track(cast, client, list_url):
    builders.make_referral(cast, cast.services, name="Naomi Hazelthorpe")
    page = text_of(client.get(list_url))
    assert "Hazelthorpe" not in page
    assert "No referrals yet" in page


def test_list_filters_by_status_and_source(cast, client, list_url):
    builders.make_eligible(cast, cast.education, name="Ivy Eligible", source="Court")
    builders.make_referral(cast, cast.education, name="Rae Received", source="Court")
    builders.make_referral(cast, cast.education, name="Pat Police", source="Police")

    def names(**query):
        return set(re.findall(r"Ivy Eligible|Rae Received|Pat Police", text_of(client.get(list_url, query))))

    assert names(status="eligible") == {"Ivy Eligible"}
    assert names(source="Court") == {"Ivy Eligible", "Rae Received"}
    assert names(status="received", source="Court") == {"Rae Received"}
    assert names(status="nonsense") == {"Ivy Eligible", "Rae Received", "Pat Police"}
    assert "No referral fits" in text_of(client.get(list_url, {"status": "placed"}))


def test_list_pages_by_fifty_and_keeps_its_filter(cast, client, list_url):
    made = {builders.make_referral(cast, cast.education).pk for _ in range(52)}
    first = client.get(list_url, {"status": "received"})
    next_url = first.context["page"].next_url
    assert "status=received" in next_url
    second = client.get(list_url + next_url)
    rows = [row.pk for response in (first, second) for row in response.context["page"].rows]
    assert (len(first.context["page"].rows), len(rows), set(rows)) == (50, 52, made)
    assert second.context["page"].next_url is None


@pytest.mark.parametrize("rows", [1, 3])
def test_list_asks_the_same_number_of_questions(cast, client, list_url, django_assert_num_queries, rows):
    for _ in range(rows):
        builders.make_referral(cast, cast.education)
    # Session, user, grants; sources, rows; the event and its subjects, in a transaction of their own.
    with django_assert_num_queries(10 + OPENING):
        client.get(list_url)


# --- a new one -----------------------------------------------------------------------------------------------
def test_new_referral_is_received(cast, client, new_url):
    response = post_new(client, new_url)
    with in_track(cast.education):
        made = Referral.objects.get()
        assert response.url == cast.url(cast.education, "referral", pk=made.pk)
        assert (made.name, made.charge, made.language, made.must_appear) == (TYPED["name"], "796.07(2)(f)", "es", "yes")
    assert "The referral is received." in text_of(client.get(response.url))


def test_received_on_is_today_beforehand_and_nothing_else_is(cast, client, new_url, time_machine):
    time_machine.move_to("2026-04-02T02:30:00Z")  # 1 April, half past ten at night in New York
    form = client.get(new_url).context["form"]
    assert form["received_on"].value() == D(2026, 4, 1)
    assert (form["gender"].value(), form["race"].value(), form["must_appear"].value()) == (None, None, "unknown")


def test_charges_are_suggested_that_this_track_takes(cast, client, new_url):
    page = client.get(new_url).content.decode()
    assert '<option value="796.07(2)(f)">' in page
    assert '<option value="796.07(2)(g)">' in page
    assert "796.07(2)(e)" not in page


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"charge": "812.014"}, "Known charges: 796.07(2)(a), 796.07(2)(b)"),
        ({"charge": "796.07(2)(e)"}, "This charge belongs to the program's other track. Nothing was stored."),
        ({"offense_on": "2099-01-01"}, "The offense date is in the future."),
        ({"received_on": "2026-02-01"}, "received before the offense date"),
        ({"date_of_birth": "31/31/1990"}, "Enter a valid date."),
        ({"date_of_birth": "1801-01-01"}, "older than 110"),
        ({"operation_name": "Night Harbor"}, "A new operation needs agency, name and date."),
        ({"form_key": "forged"}, "This form is out of date."),
        ({"form_key": ""}, "This form is out of date."),
    ],
)
def test_bad_input_is_shown_again_with_what_was_typed(cast, client, new_url, over, words):
    response = post_new(client, new_url, **over)
    assert response.status_code == 422
    assert words in text_of(response)
    assert response.context["form"]["counsel_name"].value() == "Ada Lawson"
    assert count(cast) == 0


def test_form_that_lost_its_key_can_be_sent_again(cast, client, new_url):
    response = post_new(client, new_url, form_key="forged")
    fresh = re.search(r'name="form_key" value="([^"]+)"', response.content.decode())[1]
    assert client.post(new_url, {**TYPED, "form_key": fresh}).status_code == 302
    assert count(cast) == 1


def test_form_posted_twice_writes_once_and_leads_to_the_same_page(cast, client, new_url):
    typed = {**TYPED, "form_key": form_key(client, new_url)}
    first, second = client.post(new_url, typed), client.post(new_url, typed)
    assert (first.status_code, first.url) == (second.status_code, second.url) == (302, first.url)
    assert count(cast) == 1


def test_form_of_another_person_or_track_is_not_taken(cast, client, new_url):
    key = form_key(cast.client("education_manager"), new_url)
    assert client.post(new_url, {**TYPED, "form_key": key}).status_code == 422
    assert count(cast) == 0


def test_case_that_is_here_is_refused_with_a_link(cast, client, new_url):
    first = post_new(client, new_url)
    response = post_new(client, new_url, case_number="f26 01234", phone="1")
    assert response.status_code == 422
    assert "This case was already received on March 3, 2026." in text_of(response)
    assert f'href="{first.url}"' in response.content.decode()
    assert count(cast) == 1
    assert ("referral", first.url.rstrip("/").rpartition("/")[2]) in last_page(cast)


def test_case_of_the_other_track_is_received_without_a_word(cast, client, new_url):
    with in_track(cast.services):
        builders.make_referral(cast, cast.services, name=TYPED["name"], case_number=TYPED["case_number"],
                               charge="796.07(2)(g)")  # fmt: skip
    assert post_new(client, new_url, charge="796.07(2)(g)").status_code == 302


def test_operation_is_chosen_or_named(cast, client, new_url):
    named = {"operation_agency": "City Police", "operation_name": "Night Harbor", "operation_on": "2026-03-01"}
    post_new(client, new_url, **named)
    with in_track(cast.education):
        operation = Operation.objects.get()
    other = {"name": "Ruth Palmer", "case_number": "F26-2"}
    assert post_new(client, new_url, **other, operation=operation.pk).status_code == 302
    both = post_new(client, new_url, case_number="F26-3", operation=operation.pk, **named)
    assert "not both" in text_of(both)
    with in_track(cast.education):
        assert [referral.operation for referral in Referral.objects.all()] == [operation, operation]


def test_operation_of_the_other_track_cannot_be_chosen(cast, client, new_url):
    with in_track(cast.services, write=True):
        theirs = Operation.objects.create(agency="City Police", name="Quiet Street", held_on=D(2026, 3, 1))
    assert "Quiet Street" not in text_of(client.get(new_url))
    assert post_new(client, new_url, operation=theirs.pk).status_code == 422


# --- the referral --------------------------------------------------------------------------------------------
NEXT = [
    (builders.make_referral, "screening_new", "Screen", True),
    (builders.make_eligible, "offer_new", "Make an offer", True),
    (builders.make_offer, "offer_decision", "Record the decision", True),
    (builders.make_accepted, "agreement_new", "Record the agreement", True),
    (builders.make_agreement, "placement_new", "Place", True),
    (builders.make_declined, "offer_new", "Make another offer", False),
    (builders.make_lapsed, "offer_new", "Make another offer", False),
]


@pytest.mark.parametrize(("build", "page", "label", "pressing"), NEXT)
def test_next_step_is_the_button(cast, client, build, page, label, pressing):
    made = build(cast, cast.education)
    referral_id = getattr(made, "referral_id", made.pk)
    step = client.get(cast.url(cast.education, "referral", pk=referral_id)).context["step"]
    assert (step.label, step.pressing) == (label, pressing)
    of_the_offer = page in ("agreement_new", "offer_decision")
    assert step.url == cast.url(cast.education, page, pk=made.pk if of_the_offer else referral_id)


def test_placed_referral_leads_to_the_file_those_who_may_open_it(cast, client):
    enrollment = builders.make_enrollment(cast, cast.education)
    url = cast.url(cast.education, "referral", pk=enrollment.referral_id)
    with in_track(cast.education):
        reference = enrollment.participant.reference
    assert client.get(url).context["step"].url == cast.url(cast.education, "participant", reference=reference)
    page = cast.client("education_intake_clerk").get(url)
    assert page.context["step"].url == ""
    assert reference not in page.content.decode()


def test_ineligible_referral_asks_for_nothing(cast, client):
    referral = builders.make_ineligible(cast, cast.education)
    response = client.get(cast.url(cast.education, "referral", pk=referral.pk))
    assert response.context["step"].url == ""
    assert "The program takes misdemeanor charges only." in text_of(response)


def test_page_tells_what_happened_in_order(cast, client):
    enrollment = builders.make_enrollment(cast, cast.education)
    response = client.get(cast.url(cast.education, "referral", pk=enrollment.referral_id))
    titles = [item["title"] for item in response.context["timeline"]]
    assert titles == [
        "Received",
        "Screened: eligible",
        "Offer made",
        "Accepted, 119 hours after the offer",
        "Agreement signed, 143 hours after the offer",
        "Placed",
    ]


@pytest.mark.parametrize("status", ["active", "withdrew"])
def test_clerk_reads_that_a_person_is_placed_and_nothing_after_it(cast, client, status):
    stay = builders.make_enrollment(cast, cast.education)
    if status == "withdrew":
        with in_track(cast.education, write=True):
            withdraw(enrollment=stay, on=D(2026, 4, 1), today=D(2026, 4, 1), by=cast.education_caseworker)
            decided = {"disposed": "prosecuted", "decided_on": D(2026, 4, 2), "today": D(2026, 4, 2)}
            record_disposition(referral=stay.referral, **decided, by=cast.education_liaison)
    url = cast.url(cast.education, "referral", pk=stay.referral_id)
    before = [
        "Received",
        "Screened: eligible",
        "Offer made",
        "Accepted, 119 hours after the offer",
        "Agreement signed, 143 hours after the offer",
    ]
    page = cast.client("education_intake_clerk").get(url)
    placed = page.context["timeline"][-1]
    assert [item["title"] for item in page.context["timeline"]] == [*before, "Placed"]
    assert placed.keys() == {"on", "title"}
    text = text_of(page)
    assert [word in text for word in ("Caseworker:", "Withdrew", "withdrawn", "Prosecut")] == [False] * 4
    whole = client.get(url)
    after = ["Agreement withdrawn", "Withdrew", "Prosecutor's decision"] if status == "withdrew" else []
    assert [item["title"] for item in whole.context["timeline"]] == [*before, "Placed", *after]
    assert "Caseworker: Education Caseworker" in text_of(whole)


def test_decision_about_a_case_that_was_never_placed_is_not_the_clerks(cast, client):
    referral = builders.make_referral(cast, cast.education)
    with in_track(cast.education, write=True):
        decided = {"disposed": "prosecuted", "decided_on": D(2026, 4, 2), "today": D(2026, 4, 2)}
        record_disposition(referral=referral, **decided, by=cast.education_liaison)
    url = cast.url(cast.education, "referral", pk=referral.pk)
    assert "Prosecutor's decision" in text_of(client.get(url))
    assert "Prosecutor's decision" not in text_of(cast.client("education_intake_clerk").get(url))


def test_page_without_date_of_birth_asks_for_it(cast, client):
    referral = builders.make_referral(cast, cast.education, date_of_birth=None)
    step = client.get(cast.url(cast.education, "referral", pk=referral.pk)).context["step"]
    assert (step.label, step.url) == (
        "Add the date of birth",
        cast.url(cast.education, "referral_edit", pk=referral.pk),
    )


def test_possible_duplicates_are_linked(cast, client):
    first = builders.make_referral(cast, cast.education, case_number="F26-1")
    second = builders.make_referral(cast, cast.education, case_number="F26-2")
    page = client.get(cast.url(cast.education, "referral", pk=first.pk)).content.decode()
    assert cast.url(cast.education, "referral", pk=second.pk) in page


def test_referral_of_the_other_track_is_not_there(cast, client):
    referral = builders.make_referral(cast, cast.services)
    for page in ("referral", "referral_edit", "screening_new"):
        assert client.get(cast.url(cast.education, page, pk=referral.pk)).status_code == 404
        assert client.get(cast.url(cast.services, page, pk=referral.pk)).status_code == 404

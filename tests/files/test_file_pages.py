"""A file of referrals as its uploader meets it: sent, looked at row by row, received, discarded, gone after an hour."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine

from participants.audit.models import Event, EventSubject
from participants.files.models import Batch, WaitingFile
from participants.files.table import LARGEST
from participants.people.models import Restriction, SearchToken
from participants.referrals.models import Referral
from participants.referrals.rules import HOTLINE, Status
from participants.tracks.scope import in_track
from tests import builders
from tests.files.desk import BUYER, CHILD, EITHER, GOOD, THEIRS, UNSURE, WRONG, Desk, tabs
from tests.sending import HEAD, NOON, TODAY, csv_of, make_batch, make_waiting, row
from tests.statements import exactly
from tests.words import main_of, text_of


@pytest.fixture(autouse=True)
def clock():
    """Noon in Harbor on the day of the files."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk(cast):
    return Desk(cast)


def subjects_of(event) -> set:
    return set(EventSubject.objects.filter(event_id=event.pk).values_list("kind", "subject_id"))


# --- upload --------------------------------------------------------------------------------------------------
def test_file_is_kept_sealed_for_an_hour_and_nothing_else_is_stored(cast, desk):
    desk.keep(GOOD, WRONG)
    assert desk.stored() == (0, 0, 1)
    with in_track(cast.education):
        kept = WaitingFile.objects.get()
        assert (kept.owner, kept.sender, kept.expires_at) == (
            cast.education_intake_clerk,
            "Harbor Police",
            NOON + timedelta(hours=1),
        )
        assert (kept.content, kept.file_name) == (csv_of(GOOD, WRONG), "cases.csv")
        assert b"Foxglen" not in bytes(WaitingFile.objects.values_list("content", flat=True).get())
        assert not SearchToken.objects.exists()
        assert Event.objects.get(action="referrals.checked").detail["refused"] == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"x" * (LARGEST + 1), "The file is larger than 10 MB."),
        (csv_of(), "The file has a header but no rows below it."),
        (csv_of(GOOD, head=[*HEAD[:-1], "Full name"]), "mean the same"),
    ],
)
def test_file_that_cannot_be_read_is_refused_next_to_its_field(desk, content, words):
    response = desk.upload(content, sender="The Sheriff")
    assert response.status_code == 422
    assert words in str(response.context["form"].errors["file"])
    assert 'value="The Sheriff"' in main_of(response)
    assert desk.stored() == (0, 0, 0)


@pytest.mark.parametrize("sender", ["", "x" * 151, "two\nlines"])
def test_sender_is_asked_for(desk, sender):
    response = desk.upload(csv_of(GOOD), sender=sender)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["sender"]
    assert desk.stored() == (0, 0, 0)


def test_file_is_asked_for(desk):
    response = desk.client.post(desk.url("referral_import"), {"sender": "Police"})
    assert (response.status_code, "Choose a file first." in text_of(response)) == (422, True)


def test_senders_and_columns_are_suggested(cast, desk):
    make_batch(cast, cast.education, csv_of(GOOD), sender="Earlier Office")
    make_batch(cast, cast.services, csv_of(THEIRS), sender="Office of the other track")
    response = desk.client.get(desk.url("referral_import"))
    assert '<option value="Earlier Office">' in main_of(response)
    assert "other track" not in main_of(response)
    assert "case number yes court case number" in text_of(response)


# --- preview -------------------------------------------------------------------------------------------------
def test_every_row_says_what_becomes_of_it(cast, desk):
    builders.make_referral(cast, cast.education, name="Cy Other", case_number="F26-900006")
    same = builders.make_referral(
        cast, cast.education, name="ann foxglen", date_of_birth=builders.datetime.date(1990, 2, 28),
        case_number="f26 900001",
    )  # fmt: skip
    page = desk.client.get(
        desk.keep(GOOD, CHILD, THEIRS, UNSURE, WRONG, row(6, BUYER, name="Dee Ashvale"), row(7, BUYER, name="Una New"))
    )
    assert tabs(page) == {
        "All rows": 7, "New": 2, "Possible duplicate": 1, "Already here": 1, "Undecided track": 1, "Other track": 1,
        "Refused": 1,
    }  # fmt: skip
    lines = {line.number: line for line in page.context["page"].rows}
    assert [line.verdict for line in lines.values()] == [
        "same", "new", "elsewhere", "undecided", "refused", "alike", "new",
    ]  # fmt: skip
    assert lines[2].meets == (same.pk,)
    assert [refusal.column for refusal in lines[6].refusals] == ["DOB"]
    text = text_of(page)
    assert "Receive 3 good rows" in text
    assert "Una New F26-900007, 796.07(2)(f) New" in text
    # Of rows of the other track, and of refused ones, only the row number and the reason are shown.
    assert "Larkspurn" not in text
    assert "Wrongdate" not in text
    assert f'href="{desk.url("referral", pk=same.pk)}"' in main_of(page)


def test_minor_is_named_with_the_hotline_before_anything_is_stored(desk):
    text = text_of(desk.client.get(desk.keep(GOOD, CHILD)))
    assert "1 of these people is under 18" in text
    assert f"Under 18: will be received as stopped. Call the Florida Abuse Hotline now: {HOTLINE}" in text


@pytest.mark.parametrize(
    ("show", "numbers"),
    [("new", [2]), ("refused", [4]), ("undecided", [3]), ("elsewhere", []), ("nonsense", [2, 3, 4])],
)
def test_figures_filter_the_rows(desk, show, numbers):
    page = desk.client.get(desk.keep(GOOD, UNSURE, WRONG), {"show": show})
    assert [line.number for line in page.context["page"].rows] == numbers


def test_long_file_is_shown_page_by_page(desk):
    url = desk.keep(*(row(number, BUYER, name=f"Ann Foxglen{number}") for number in range(120)))
    numbers, query = [], ""
    while query is not None:
        page = desk.client.get(url + query)
        shown = [line.number for line in page.context["page"].rows]
        assert len(shown) <= 50
        numbers += shown
        query = page.context["page"].next_url
    assert numbers == list(range(2, 122))


@pytest.mark.parametrize("after", ["x", "-1", "²", "99999999999999999999"])
def test_nonsense_in_the_address_does_no_harm(desk, after):
    assert desk.client.get(desk.keep(GOOD), {"after": after}).status_code == 200


def test_looking_is_on_record_with_the_stored_cases_that_the_page_tells_of(cast, desk):
    same = builders.make_referral(
        cast, cast.education, name="ann foxglen", date_of_birth=builders.datetime.date(1990, 2, 28),
        case_number="f26 900001",
    )  # fmt: skip
    url = desk.keep(GOOD, UNSURE)
    with in_track(cast.education):
        assert subjects_of(Event.objects.get(action="referrals.checked")) == {("referral", same.pk)}
    desk.client.get(url)
    with in_track(cast.education):
        event = Event.objects.filter(action="page.viewed").first()
        assert event.detail["page"] == "import_preview"
        assert ("referral", same.pk) in subjects_of(event)


def test_case_that_the_clerk_may_not_open_is_not_led_to(cast, desk):
    same = builders.make_referral(
        cast, cast.education, name="ann foxglen", date_of_birth=builders.datetime.date(1990, 2, 28),
        case_number="f26 900001",
    )  # fmt: skip
    with in_track(cast.education, write=True):
        Restriction.objects.create(
            referral=same, staff=cast.education_intake_clerk, recorded_on=TODAY, recorded_by=cast.education_manager
        )
    page = desk.client.get(desk.keep(GOOD))
    assert tabs(page)["Already here"] == 1
    assert str(same.pk) not in main_of(page)


def test_cases_of_the_other_track_are_never_met(cast, desk):
    """The same person and case stand in the other track: the preview says new."""
    builders.make_referral(
        cast, cast.services, name="Ann Foxglen", date_of_birth=builders.datetime.date(1990, 2, 28),
        case_number="F26-900001",
    )  # fmt: skip
    page = desk.client.get(desk.keep(GOOD))
    assert tabs(page) == {"All rows": 1, "New": 1}


def test_number_of_statements_does_not_depend_on_the_rows(cast, desk):
    few, many = desk.keep(GOOD), desk.keep(*(row(number, BUYER) for number in range(40)))
    desk.client.get(few)
    for url in (few, many):
        with exactly(12):
            desk.client.get(url)


# --- undecided rows ------------------------------------------------------------------------------------------
def test_undecided_rows_are_decided_by_a_tick_and_undecided_again(cast, desk):
    url = desk.keep(UNSURE, row(8, EITHER, name="Pat Second"), THEIRS)
    ask = f"{url}?show=undecided"
    assert 'name="taken" value="2"' in main_of(desk.client.get(ask))

    response = desk.client.post(url, {"take": "1", "listed": ["2", "3"], "taken": ["2"]}, follow=True)
    assert tabs(response) == {"All rows": 3, "New": 1, "Undecided track": 1, "Other track": 1}
    assert "You have put it into this track." in text_of(response)
    assert [line.number for line in response.context["page"].rows] == [2, 3]

    response = desk.client.post(url, {"take": "1", "listed": ["2", "3"], "taken": ["3"]}, follow=True)
    assert [line.taken for line in response.context["page"].rows] == [False, True]
    desk.client.post(url, {"receive": "1"})
    with in_track(cast.education):
        assert [referral.name for referral in Referral.objects.all()] == ["Pat Second"]


@pytest.mark.parametrize("number", ["4", "5", "x", "999"])
def test_row_whose_charge_decides_cannot_be_ticked(cast, desk, number):
    """Row 4 is of the other track, row 5 says its track in the file, the others are not there."""
    url = desk.keep(UNSURE, GOOD, THEIRS, row(9, EITHER, track="services"))
    desk.client.post(url, {"take": "1", "listed": [number], "taken": [number]})
    with in_track(cast.education):
        assert WaitingFile.objects.get().taken == []


# --- receive, discard, expire --------------------------------------------------------------------------------
def test_good_rows_become_a_batch_and_the_file_is_gone(cast, desk):
    url = desk.keep(GOOD, CHILD, WRONG, UNSURE, THEIRS)
    response = desk.client.post(url, {"receive": "1"})
    assert response.status_code == 302
    assert desk.stored() == (2, 1, 0)
    with in_track(cast.education):
        batch = Batch.objects.get()
        assert response.url == desk.url("batch", pk=batch.pk)
        # The row of the other track is no row of this batch.
        assert (batch.rows, batch.new, batch.same, batch.refused_rows) == (4, 2, 0, 2)
        assert (batch.sender, batch.received_by) == ("Harbor Police", cast.education_intake_clerk)
        assert set(Referral.objects.values_list("status", flat=True)) == {Status.RECEIVED, Status.STOPPED}
    with in_track(cast.services):
        assert not Referral.objects.exists()


def test_received_twice_is_one_batch(desk):
    """A second click, another tab, the back button."""
    url = desk.keep(GOOD)
    answers = [desk.client.post(url, {"receive": "1"}) for _ in range(3)]
    assert len({answer.url for answer in answers}) == 1
    assert desk.client.get(url).url == answers[0].url
    assert desk.stored() == (1, 1, 0)


def test_same_file_again_adds_nothing_and_the_page_says_so(desk):
    desk.client.post(desk.keep(GOOD), {"receive": "1"})
    url = desk.keep(GOOD)
    assert "Nothing new to receive" in text_of(desk.client.get(url))
    response = desk.client.post(url, {"receive": "1"}, follow=True)
    assert "There was nothing new in the file, so nothing was stored." in response.text
    assert desk.stored() == (1, 1, 0)


def test_two_tabs_with_the_same_file_store_it_once(desk):
    one, other = desk.keep(GOOD), desk.keep(GOOD)
    desk.client.post(one, {"receive": "1"})
    desk.client.post(other, {"receive": "1"})
    assert desk.stored() == (1, 1, 0)


def test_discarded_file_leaves_nothing(cast, desk):
    url = desk.keep(GOOD, WRONG)
    response = desk.client.post(url, {"discard": "1"}, follow=True)
    assert "The file is discarded. Nothing of it was stored." in response.text
    assert desk.stored() == (0, 0, 0)
    assert desk.client.get(url).status_code == 404


@pytest.mark.parametrize("name", ["import_preview", "import_columns", "import_refused"])
def test_file_is_its_uploaders_own(cast, desk, name):
    kept = make_waiting(cast, cast.education, csv_of(GOOD))
    url = desk.url(name, pk=kept.pk)
    assert desk.client.get(url).status_code == 200
    for other in ("education_manager", "education_caseworker", "services_intake_clerk"):
        assert cast.client(other).get(url).status_code == 404
        assert cast.client(other).post(url, {"receive": "1"}).status_code in {404, 405}
    assert cast.client("education_facilitator").get(url).status_code == 403
    assert desk.stored() == (0, 0, 1)


@pytest.mark.parametrize("name", ["import_preview", "import_columns", "import_refused"])
def test_expired_file_answers_in_a_friendly_way_before_it_is_swept(cast, desk, clock, name):
    kept = make_waiting(cast, cast.education, csv_of(GOOD))
    clock.shift(timedelta(hours=1))
    response = desk.client.get(desk.url(name, pk=kept.pk), follow=True)
    assert response.redirect_chain[-1][0] == desk.url("referral_import")
    assert "A file is kept for an hour and then deleted." in response.text
    desk.client.post(desk.url("import_preview", pk=kept.pk), {"receive": "1"})
    assert desk.stored() == (0, 0, 1)


def test_case_that_was_typed_in_between_is_not_received_again(cast, desk):
    """What the preview has said is not trusted: the file is judged anew when it is received."""
    url = desk.keep(GOOD, row(2, BUYER, name="Una New"))
    builders.make_referral(
        cast, cast.education, name="Ann Foxglen", date_of_birth=builders.datetime.date(1990, 2, 28),
        case_number="F26-900001",
    )  # fmt: skip
    desk.client.post(url, {"receive": "1"})
    with in_track(cast.education):
        batch = Batch.objects.get()
        assert (batch.new, batch.same) == (1, 1)


# --- refused rows --------------------------------------------------------------------------------------------
def test_refused_rows_are_downloaded_with_their_reasons_ready_to_be_sent_again(cast, desk):
    formula = row(6, BUYER, name="=HYPERLINK(1)", born="30/30/1990")
    response = desk.client.get(desk.keep(GOOD, WRONG, UNSURE, formula) + "refused/")
    assert response["Content-Disposition"] == 'attachment; filename="refused-rows.csv"'
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[0] == ["Row", "Column", "Problem", *HEAD]
    assert [(line[0], line[3]) for line in rows[1:]] == [
        ("3", "Bea Wrongdate"),
        ("4", "Sam Either"),
        ("5", "'=HYPERLINK(1)"),
    ]
    assert (rows[1][1], rows[1][2][:29]) == ("DOB", "“31/31/1990” is not a date. W")
    with in_track(cast.education):
        assert Event.objects.get(action="waiting_file.refused_downloaded").detail == {"rows": 3}
    # Put right, the download itself is a file that can be sent.
    mended = response.content.replace(b"31/31/1990", b"1990-01-31")
    assert tabs(desk.client.get(desk.upload(mended).url))["New"] == 1

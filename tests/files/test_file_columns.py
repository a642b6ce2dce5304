"""Which column of a file is which: asked where a heading is not known, remembered for the sender."""

import pytest
import time_machine

from participants.files.models import ColumnMapping
from participants.referrals.models import Referral
from participants.tracks.scope import in_track
from tests.files.desk import BUYER, GOOD, Desk, tabs
from tests.sending import HEAD, NOON, csv_of, row
from tests.words import text_of


@pytest.fixture(autouse=True)
def clock():
    """Noon in Harbor on the day of the files."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk(cast):
    return Desk(cast)


OWN_HEAD = ["Subject", "Born", "Ct No", "Count 1", "Offense Date", "Received", "Source", "Remarks"]


def test_unknown_headings_are_asked_for_once_and_remembered_for_the_sender(cast, desk):
    response = desk.upload(csv_of(GOOD, head=OWN_HEAD), follow=True)
    assert response.redirect_chain[-1][0].endswith("/columns/")
    assert "Not found yet: name, case number, charge." in text_of(response)

    response = desk.client.post(
        response.redirect_chain[-1][0],
        {"column_0": "name", "column_1": "date_of_birth", "column_2": "case_number", "column_3": "charge",
         "column_4": "offense_on", "column_5": "received_on", "column_6": "source", "column_7": ""},
        follow=True,
    )  # fmt: skip
    assert tabs(response) == {"All rows": 1, "New": 1}
    mapping = ColumnMapping.objects.get()
    assert (mapping.program, mapping.sender) == (cast.harbor, "harbor police")
    # Only what is not headed so by everybody, and nothing that stands in a cell.
    assert mapping.columns == {
        "subject": "name", "born": "date_of_birth", "ct no": "case_number", "count 1": "charge",
    }  # fmt: skip

    again = desk.upload(csv_of(row(2, BUYER, name="Una New"), head=OWN_HEAD), sender=" HARBOR-Police ", follow=True)
    assert tabs(again) == {"All rows": 1, "New": 1}


def test_other_sender_is_asked_again(desk):
    desk.upload(csv_of(GOOD, head=OWN_HEAD))
    response = desk.upload(csv_of(GOOD, head=OWN_HEAD), sender="Somebody else", follow=True)
    assert response.redirect_chain[-1][0].endswith("/columns/")


def test_columns_that_are_understood_can_be_corrected(cast, desk):
    url = desk.keep(GOOD)
    page = desk.client.get(f"{url}columns/")
    assert page.context["form"]["column_6"].initial == "source"
    values = {f"column_{number}": page.context["form"][f"column_{number}"].initial for number in range(len(HEAD))}
    response = desk.client.post(f"{url}columns/", {**values, "column_6": ""}, follow=True)
    assert "Columns left aside: Source." in text_of(response)
    desk.client.post(url, {"receive": "1"})
    with in_track(cast.education):
        assert Referral.objects.get().source == "Harbor Police"


@pytest.mark.parametrize(
    ("over", "words"),
    [({"column_1": "name"}, "is said to hold this already"), ({"column_0": ""}, "Columns are missing: name")],
)
def test_columns_that_cannot_be_are_refused(desk, over, words):
    url = desk.keep(GOOD)
    form = desk.client.get(f"{url}columns/").context["form"]
    values = {name: form[name].initial for name in form.fields}
    response = desk.client.post(f"{url}columns/", {**values, **over})
    assert (response.status_code, words in text_of(response)) == (422, True)
    assert not ColumnMapping.objects.exists()


def test_case_in_the_place_of_headings_is_not_remembered(desk):
    """Who sends a file without headings must not leave a name behind in the program's mappings."""
    response = desk.upload(csv_of(GOOD, head=row(2, BUYER, name="Private Person")), follow=True)
    fields = ["name", "date_of_birth", "case_number", "charge", "offense_on", "received_on", "source", ""]
    response = desk.client.post(
        response.redirect_chain[-1][0], {f"column_{number}": name for number, name in enumerate(fields)}
    )
    assert response.status_code == 422
    assert "The first row seems to hold a case." in text_of(response)
    assert not ColumnMapping.objects.exists()

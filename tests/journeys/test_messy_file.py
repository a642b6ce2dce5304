"""A night's file with everything wrong that a file can have, from the upload to a closed batch and back again."""

import csv
import io
import re

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from participants.models import Batch, Event, Referral, SearchToken, WaitingFile
from participants.referrals.rules import HOTLINE
from participants.tracks.scope import in_track
from tests import builders
from tests.journeys.walker import Walker
from tests.words import text_of

# In Windows-1252, with semicolons, headings of the office's own, a title that is no column, and a quoted line break.
FILE = """\
Person arrested;Born;Our file no.;Charge;Offense Date;Hearing Date;Comment
Maria Herrera;3/14/1988;F26-70001;796.07(2)(f);3/1/2026;6/1/2026;first
"Jos\u00e9 Pe\u00f1a";1979-08-02;F26-70002;F.S. 796.07-2i;2026-03-01;;"two
lines"
;1980-01-01;F26-70003;796.07(2)(f);2026-03-01;;no name
Ann Nodate;the fifth of May;F26-70004;796.07(2)(f);2026-03-01;;
Bob Future;1980-01-01;F26-70005;796.07(2)(f);2031-03-01;;
Cy Older;1880-01-01;F26-70006;796.07(2)(f);2026-03-01;;
Di Theft;1980-01-01;F26-70007;812.014(3)(a);2026-03-01;;another law
Eve Larkspurn;1992-07-01;F26-70008;796.07(2)(e);2026-03-01;;the other track
Gil Entering;1985-05-05;F26-70009;796.07(2)(g);2026-03-01;;undecided
Hal Entering;1986-06-06;F26-70010;796.07(2)(g);2026-03-01;;undecided, a third party
Kim Young;2010-07-01;F26-70011;796.07(2)(f);2026-03-01;;a child
Noa Unknown;;F26-70012;796.07(2)(f);2026-03-01;;no birth date
Maria Herrera;3/14/1988;F26-70001;796.07(2)(f);3/1/2026;6/1/2026;twice in the file
Una Here;1990-02-28;F26-70013;796.07(2)(f);2026-03-01;;here already
Maria Herrera;3/14/1988;F26-70099;796.07(2)(f);3/1/2026;;the same person again
too;few;cells
=cmd();1980-01-01;F26-70014;796.07(2)(f);32/32/2026;;a formula
""".encode("cp1252")  # fmt: skip
OURS = {"Person arrested": "name", "Our file no.": "case_number", "Born": "date_of_birth"}


@pytest.fixture
def clock():
    with time_machine.travel("2026-06-01T16:00:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def clerk(cast, clock):
    return Walker(cast, "education_intake_clerk", cast.education)


def upload(clerk, content=FILE):
    clerk.open("referral_import")
    clerk.send(file=SimpleUploadedFile("night.csv", content), sender="Harbor Police, Vice")
    return clerk.url


def name_columns(clerk):
    """Say what the headings mean that nobody knows, and leave the others as the page understands them."""
    fields = clerk.page.context["form"].fields
    clerk.send(**{name: OURS[field.label] for name, field in fields.items() if field.label in OURS})


def tabs(clerk):
    return {tab["label"]: tab["count"] for tab in clerk.page.context["tabs"]}


def test_messy_file_from_upload_to_batch_and_back(cast, clerk):
    builders.make_referral(
        cast, cast.education, name="Una Here", date_of_birth=builders.datetime.date(1990, 2, 28),
        case_number="F26-70013", by=cast.education_intake_clerk,
    )  # fmt: skip

    # 1. The office's headings are not known yet, so the clerk is asked once.
    assert upload(clerk).endswith("/columns/")
    assert "Not found yet: name, case number." in text_of(clerk.page)
    name_columns(clerk)

    # 2. Every row says what becomes of it; nothing is stored.
    assert tabs(clerk) == {
        "All rows": 17, "New": 4, "Possible duplicate": 1, "Already here": 2, "Undecided track": 2, "Other track": 1,
        "Refused": 7,
    }  # fmt: skip
    preview, text = clerk.url, text_of(clerk.page)
    assert f"Under 18: will be received as stopped. Call the Florida Abuse Hotline now: {HOTLINE}" in text
    assert "Eve Larkspurn" not in text
    with in_track(cast.education):
        assert Referral.objects.count() == 1

    # One of the two undecided rows belongs here.
    clerk.go(f"{preview}?show=undecided")
    assert "Gil Entering" in text_of(clerk.page)
    rows = re.findall(r'name="taken" value="(\d+)"', clerk.page.text)
    clerk.page = clerk.client.post(preview, {"take": "1", "listed": rows, "taken": rows[:1]}, follow=True)
    assert (tabs(clerk)["New"], tabs(clerk)["Undecided track"]) == (5, 1)

    # The others go back to the sender with the reasons, harmless to a spreadsheet.
    refused = clerk.client.get(f"{preview}refused/").content.decode("utf-8-sig")
    returned = list(csv.DictReader(io.StringIO(refused)))
    assert [row["Our file no."] for row in returned] == [
        "F26-70003", "F26-70004", "F26-70005", "F26-70006", "F26-70007", "F26-70008", "F26-70010", "cells", "F26-70014",
    ]  # fmt: skip
    assert all(row["Problem"] for row in returned)
    assert "'=cmd()" in refused

    # 3. The good rows become a batch; of the rest nothing stays.
    clerk.page = clerk.client.post(preview, {"receive": "1"}, follow=True)
    assert "hand off first" in text_of(clerk.page)
    with in_track(cast.education):
        batch = Batch.objects.get()
        assert (batch.rows, batch.new, batch.same, batch.refused_rows) == (16, 6, 2, 8)
        assert sorted(referral.name for referral in batch.referrals.all()) == [
            "Gil Entering", "José Peña", "Kim Young", "Maria Herrera", "Maria Herrera", "Noa Unknown",
        ]  # fmt: skip
        assert not WaitingFile.objects.exists()
    with in_track(cast.services):
        assert not Referral.objects.exists()

    # The batch stays open while the child is not handed off.
    clerk.open("batch_close", pk=batch.pk)
    clerk.send(expect=422)
    assert "Hand off first, then close." in text_of(clerk.page)

    # The next file of this sender is understood at once; the same file adds nothing.
    assert not upload(clerk).endswith("/columns/")
    assert tabs(clerk)["Already here"] == 7
    clerk.page = clerk.client.post(clerk.url, {"receive": "1"}, follow=True)
    with in_track(cast.education):
        assert Batch.objects.count() == 1

    # Nothing was done with it, so the clerk can take it back; only what was there before is left.
    clerk.open("batch_undo", pk=batch.pk)
    clerk.send(answered="on")
    with in_track(cast.education):
        assert [referral.name for referral in Referral.objects.all()] == ["Una Here"]
        assert set(SearchToken.objects.values_list("subject_id", flat=True)) == {Referral.objects.get().pk}
        assert Event.objects.filter(action="batch.undone").count() == 1

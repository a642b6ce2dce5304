"""The drop: each part of a mixed file in its own track, and an answer that never tells what a track holds."""

import base64
import csv
import datetime
import io
import re

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile

from participants.audit.models import Event, EventSubject
from participants.models import Batch, ColumnMapping, Operation, Referral, SearchToken, WaitingFile
from participants.people.restricting import restrict_file
from participants.referrals.rules import HOTLINE, Status
from participants.staff.actions import grant_access
from participants.tracks.scope import in_track
from tests import builders
from tests.access.test_matrix import plain
from tests.cast import START
from tests.files.workbooks import written
from tests.referrals.typed import text_of

HEAD = "name,date_of_birth,case_number,charge,offense_date,phone"
ANN = "Ann Foxglen,1990-02-28,F26-1,796.07(2)(f),2026-03-01,"
BEN = "Ben Oakmere,1985-07-01,F26-2,796.07(2)(i),2026-03-01,"
EVE = "Eve Larkspurn,1992-07-01,F26-3,796.07(2)(e),2026-03-01,"
SAM = "Sam Either,1992-07-01,F26-5,796.07(2)(g),2026-03-01,"
CHILD = "Kim Young,2010-07-01,F26-4,796.07(2)(f),2026-03-01,"
URL = "/harbor/drop/"
TODAY = datetime.date(2026, 4, 1)


def content(*rows: str, head: str = HEAD) -> bytes:
    return "\n".join([head, *rows]).encode()


@pytest.fixture
def send(cast):
    client = cast.client("harbor_sender")

    def post(*rows: str, data: bytes | None = None, name="cases.csv", **more):
        file = SimpleUploadedFile(name, content(*rows) if data is None else data)
        return client.post(URL, {"file": file, **more})

    return post


def figures(response) -> tuple[int, int, int]:
    answer = response.context["answer"]
    shown = re.search(r"Rows (\d+) Taken (\d+) Refused (\d+)", text_of(response))
    assert tuple(map(int, shown.groups())) == (answer.rows, answer.taken, answer.refused_rows)
    return answer.rows, answer.taken, answer.refused_rows


def cases(track) -> set[str]:
    with in_track(track):
        return {referral.case_number for referral in Referral.objects.all()}


def test_each_track_gets_its_part_and_nothing_of_the_other(cast, send):
    response = send(ANN, EVE, BEN, SAM)
    assert (response.status_code, figures(response)) == (200, (4, 3, 1))
    assert cases(cast.education) == {"F26-1", "F26-2"}
    assert cases(cast.services) == {"F26-3"}
    for track, rows, names in ((cast.education, 2, "Ann Ben"), (cast.services, 1, "Eve")):
        with in_track(track):
            batch = Batch.objects.get()
            assert (batch.sender, batch.received_by, batch.rows, batch.new) == ("Harbor Police", None, rows, rows)
            assert {row.name.split()[0] for row in Referral.objects.filter(batch=batch)} == set(names.split())
            assert {row.source for row in Referral.objects.all()} == {"Harbor Police"}
            event = Event.objects.get(action="referrals.imported")
            assert (event.actor_id, event.detail["new"], event.detail["refused"]) == (cast.harbor_sender.pk, rows, 0)
    with in_track(cast.elsewhere):
        assert not Referral.objects.exists()


def test_what_was_sent_is_on_record_outside_the_tracks_by_its_figures(cast, send):
    send(ANN, EVE, SAM)
    event = Event.objects.get(action="drop.received")
    assert (event.track_id, event.actor_id) == (None, cast.harbor_sender.pk)
    assert event.detail == {"program": "harbor", "rows": 3, "taken": 2, "refused": 1, "failed": 0}
    outside = Event.objects.filter(action__in=("drop.received", "page.viewed"))
    assert not EventSubject.objects.filter(event_id__in=outside.values("pk")).exists()


def test_same_file_twice_gives_the_same_page_and_adds_nothing(cast, send):
    first, second = send(ANN, EVE, SAM), send(ANN, EVE, SAM)
    assert plain(first) == plain(second)
    with in_track(cast.education):
        assert (Referral.objects.count(), Batch.objects.count()) == (1, 1)


def known_persons(cast, people: tuple[str, str]) -> None:
    """In both tracks: the very case, the same case number of another, the same person with another number."""
    education, services = people
    for track, name in ((cast.education, education), (cast.services, services)):
        charge = "796.07(2)(f)" if track == cast.education else "796.07(2)(e)"
        born = datetime.date(1990, 2, 28) if track == cast.education else datetime.date(1992, 7, 1)
        number = "F26-1" if track == cast.education else "F26-3"
        for each, case in ((name, number), ("Another Altogether", number), (name, "F26-77")):
            builders.make_referral(cast, track, name=each, case_number=case, charge=charge, date_of_birth=born)


def test_answer_never_tells_who_is_known(cast, send):
    """The answer for people who are here in every way is the answer for people of whom nobody has heard."""
    unknown = send(
        *(row.replace("F26", "F99").replace("Ann", "Zoe").replace("Eve", "Zia") for row in (ANN, EVE)), CHILD, SAM
    )
    with in_track(cast.education):
        assert Referral.objects.filter(status=Status.STOPPED).count() == 1
    known_persons(cast, ("Ann Foxglen", "Eve Larkspurn"))
    for rows in ((ANN, EVE, CHILD, SAM), (ANN.replace("F26-1", "F26-77"), EVE.replace("Eve", "Eva"), CHILD, SAM)):
        response = send(*rows)
        assert figures(response) == (4, 3, 1)
        assert plain(response) == plain(unknown)
    words = text_of(unknown).lower()
    assert not [word for word in ("duplicate", "already", "same", "known", "match") if word in words]


def test_person_of_the_other_track_changes_nothing(cast, send):
    first = send(ANN)
    builders.make_referral(cast, cast.services, name="Ann Foxglen", case_number="F26-1", charge="796.07(2)(e)")
    assert plain(send(ANN)) == plain(first)


def test_restricted_file_does_not_change_the_answer(cast, send):
    """The sender works in the track too, and is named in a file that the person has closed to them."""
    grant_access(user=cast.harbor_sender, track=cast.education, role="caseworker", valid_from=START, by=None)
    first = send(ANN)
    with in_track(cast.education, by=cast.education_caseworker, write=True):
        referral = Referral.objects.get()
        restrict_file(referral=referral, staff=cast.harbor_sender, today=TODAY, by=cast.education_caseworker)
    for row in (ANN, ANN.replace("F26-1", "F26-9"), ANN.replace("Ann", "Anne")):
        assert plain(send(row)) == plain(first)


def test_no_file_is_opened_for_a_sender(cast, send):
    """Somebody who looks alike is met by the keys alone; the event names the case and nothing else of the track."""
    known = builders.make_referral(
        cast, cast.education, name="Ann Foxglen", case_number="F26-77", date_of_birth=datetime.date(1990, 2, 28)
    )
    builders.make_referral(cast, cast.education, name="Anne Foxglenn", case_number="F26-78")
    send(ANN)
    with in_track(cast.education):
        event = Event.objects.get(action="referrals.imported")
        subjects = set(EventSubject.objects.filter(event_id=event.pk).values_list("kind", "subject_id"))
        stored = Referral.objects.get(batch__isnull=False)
        assert subjects == {("batch", stored.batch_id), ("referral", stored.pk), ("referral", known.pk)}


def test_minor_is_stopped_and_the_sender_is_given_the_hotline_for_the_row(cast, send):
    response = send(ANN, CHILD)
    assert figures(response) == (2, 2, 0)
    assert "Under 18 by the birth date in the file: row 3." in text_of(response)
    assert HOTLINE in text_of(response)
    assert "Kim" not in response.text
    with in_track(cast.education):
        assert Referral.objects.get(status=Status.STOPPED).name == "Kim Young"
    assert HOTLINE not in send(ANN).text


def test_hotline_is_also_given_for_a_row_that_no_track_takes(send):
    response = send(SAM.replace("1992", "2010"))
    assert (figures(response), HOTLINE in response.text) == ((1, 0, 1), True)


def refused_rows(response) -> list[list[str]]:
    link = re.search(r'href="data:text/csv;charset=utf-8;base64,([^"]+)" download="refused-rows.csv"', response.text)
    return list(csv.reader(io.StringIO(base64.b64decode(link[1]).decode("utf-8-sig"), newline="")))


def test_refused_rows_come_back_with_their_reasons_and_are_stored_nowhere(cast, send):
    bad = BEN.replace("1985-07-01", "soon").replace("Ben Oakmere", '"=HYPERLINK(""http://x"")"')
    response = send(ANN, SAM, bad, "ragged,row")
    assert figures(response) == (4, 1, 3)
    assert "3 charge This charge does not decide the track" in text_of(response)
    assert "4 date_of_birth “soon” is not a date" in text_of(response)
    assert "5 whole row The row has 2 cells" in text_of(response)
    table = refused_rows(response)
    assert table[0] == ["Row", "Column", "Problem", *HEAD.split(",")]
    assert [(row[0], row[1], row[3]) for row in table[1:]] == [
        ("3", "charge", "Sam Either"),
        ("4", "date_of_birth", '\'=HYPERLINK("http://x")'),
        ("5", "", "ragged"),
    ]
    assert cases(cast.education) == {"F26-1"}
    assert cases(cast.services) == set()


def test_refused_rows_put_right_can_be_sent_as_they_come_back(cast, send):
    table = refused_rows(send(SAM))
    file = io.StringIO()
    csv.writer(file).writerows([[*table[0], "track"], [*table[1], "services"]])
    assert figures(send(data=file.getvalue().encode())) == (1, 1, 0)
    assert cases(cast.services) == {"F26-5"}


def test_rules_of_each_track_refuse_for_themselves(send):
    response = send(ANN.replace("Ann Foxglen", "???"), EVE.replace("2026-03-01", "2099-03-01"))
    found = [(refusal.row, refusal.column) for refusal in response.context["answer"].refused]
    assert found[:2] == [(2, "name"), (3, "offense_date")]


def test_large_download_is_cut_and_says_so(send):
    response = send(*[SAM + "x" * 3000] * 400)
    answer = response.context["answer"]
    assert 300 < answer.linked_rows < 400 == answer.refused_rows
    assert len(answer.link) < 1_400_000
    assert f"The download holds the first {answer.linked_rows} of 400" in text_of(response)
    assert "The first 200 of 400 reasons are shown." in text_of(response)
    assert len(refused_rows(response)) == answer.linked_rows + 1


def test_nothing_is_left_beside_the_tracks(cast, send):
    send(ANN, EVE, SAM, CHILD)
    for session in Session.objects.all():
        assert not [value for value in session.get_decoded().values() if "F26" in str(value) or "Ann" in str(value)]
    assert not getattr(cache, "_cache", {})
    for track in (cast.education, cast.services):
        with in_track(track):
            assert not WaitingFile.objects.exists()
            assert not [row for row in Referral.objects.all() if row.name == "Sam Either"]
    with in_track(cast.services):
        assert SearchToken.objects.values("subject_id").distinct().count() == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04rest", "damaged"),
        (HEAD.encode(), "no rows below it"),
        (content(ANN, head=HEAD + ",DOB"), "mean the same"),
        (content(ANN, head="Ann Foxglen,1990-02-28,F26-1,796.07(2)(f),2026-03-01,x"), "first row seems to hold a case"),
    ],
)
def test_bad_file_is_refused_next_to_its_field(cast, send, data, words):
    response = send(data=data)
    assert response.status_code == 422
    assert words in str(response.context["form"].errors["file"])
    assert words in text_of(response)
    assert cases(cast.education) == set()
    assert not Event.objects.filter(action="drop.received").exists()


def test_no_file_is_refused(cast):
    response = cast.client("harbor_sender").post(URL, {})
    assert (response.status_code, "Choose a file first." in response.text) == (422, True)


def test_spreadsheet_is_read_and_its_notes_are_shown(cast, send):
    rows = [HEAD.split(","), ANN.split(","), EVE.split(",")]
    response = send(data=written(["Night Harbor"], *rows), name="cases.xlsx")
    assert figures(response) == (2, 2, 0)
    assert "The headings were found in row 2" in text_of(response)


def test_operation_of_a_night_is_made_in_each_track_that_takes_cases(cast, send):
    head = HEAD + ",operation,operation date,agency"
    send(data=content(*(row + ",Night Harbor,2026-03-01,City Police" for row in (ANN, EVE)), head=head))
    for track in (cast.education, cast.services):
        with in_track(track):
            assert Operation.objects.get().name == "Night Harbor"
            assert Referral.objects.get().source == "City Police"


# --- columns -------------------------------------------------------------------------------------------------
OWN = "Suspect,Born,Ref,Statute,Date,Tel"


def answers(response, **said) -> dict:
    """The fields of the page's form, filled in by heading."""
    form = response.context["columns"]
    filled = {"made_for": form["made_for"].value()}
    for bound in form:
        if bound.name.startswith("column_"):
            filled[bound.name] = said.get(bound.label, bound.value())
    return filled


SAID = {"Suspect": "name", "Born": "date_of_birth", "Ref": "case_number", "Date": "offense_on", "Tel": "phone"}


def test_unknown_headings_are_asked_for_and_remembered_for_the_agency(cast, send):
    data = content(ANN, EVE, head=OWN)
    asked = send(data=data)
    assert asked.status_code == 422
    assert "Not found yet: name, case number, offense date." in text_of(asked)
    assert cases(cast.education) == set()
    assert not ColumnMapping.objects.exists()

    response = send(data=data, **answers(asked, **SAID))
    assert figures(response) == (2, 2, 0)
    mapping = ColumnMapping.objects.get()
    assert (mapping.program, mapping.sender) == (cast.harbor, "harbor police")
    assert mapping.columns == {plain_.lower(): field for plain_, field in SAID.items()}

    assert figures(send(data=content(BEN, head=OWN))) == (1, 1, 0)
    assert cases(cast.education) == {"F26-1", "F26-2"}


def test_answers_for_one_file_are_not_used_for_another(cast, send):
    asked = send(data=content(ANN, head=OWN))
    other = send(data=content(BEN, head="Who,Born,Ref,Statute,Date,Tel"), **answers(asked, **SAID))
    assert (other.status_code, other.context["missing"]) == (422, ["name", "case number", "offense date"])
    assert not ColumnMapping.objects.exists()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({**SAID, "Tel": "name"}, "is said to hold this already"),
        ({**SAID, "Ref": ""}, "Not found yet: case number."),
        ({**SAID, "Ref": "secret_field"}, "Select a valid choice"),
    ],
)
def test_columns_that_do_not_hold_together_are_asked_for_again(cast, send, said, words):
    data = content(ANN, head=OWN)
    response = send(data=data, **answers(send(data=data), **said))
    assert response.status_code == 422
    assert words in text_of(response)
    assert cases(cast.education) == set()
    assert not ColumnMapping.objects.exists()


def test_known_columns_can_be_looked_at_and_put_right(cast, send):
    data = content(ANN, head=HEAD.replace("phone", "Name of Agency"))
    looked = send(data=data, look="1")
    assert (looked.status_code, looked.context["missing"]) == (200, [])
    assert cases(cast.education) == set()
    said = answers(looked, **{"Name of Agency": "phone"})
    assert figures(send(data=data, **said)) == (1, 1, 0)
    assert ColumnMapping.objects.get().columns == {"name of agency": "phone"}


def test_agency_of_another_program_has_its_own_memory(cast, send):
    data = content(ANN, head=OWN)
    send(data=data, **answers(send(data=data), **SAID))
    response = cast.client("river_sender").post("/river/drop/", {"file": SimpleUploadedFile("a.csv", data)})
    assert response.status_code == 422

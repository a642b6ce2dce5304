"""A file of referrals: good rows are received once, refused rows are stored nowhere."""

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from participants.audit.models import Event, EventSubject
from participants.errors import ProgramError
from participants.people.models import SearchToken
from participants.people.queries import subjects_matching
from participants.referrals.case import prepare
from participants.referrals.intake import SAY_WHICH, receive_file, store
from participants.referrals.models import Operation, Referral
from participants.referrals.rules import NOT_HERE, Status
from participants.referrals.sheet import LARGEST, Refusal
from participants.tracks.scope import in_track
from tests import builders
from tests.referrals.typed import text_of

D = datetime.date
TODAY = D(2026, 4, 1)
HEAD = "name,date_of_birth,case_number,charge,offense_date,received_on,source,track"
ANN = "Ann Foxglen,1990-02-28,F26-1,796.07(2)(f),2026-03-01,2026-03-03,Court,"
BEN = "Ben Oakmere,1985-07-01,F26-2,796.07(2)(i),2026-03-01,2026-03-03,Court,"
EVE = "Eve Larkspurn,1992-07-01,F26-3,796.07(2)(e),2026-03-01,2026-03-03,Court,"
CHILD = "Kim Young,2010-07-01,F26-4,796.07(2)(f),2026-03-01,2026-03-03,Court,"
EITHER = "Sam Either,1992-07-01,F26-5,796.07(2)(g),2026-03-01,2026-03-03,Court,"


def content(*rows: str) -> bytes:
    return "\n".join([HEAD, *rows]).encode()


@pytest.fixture
def education(cast):
    with in_track(cast.education, by=cast.education_intake_clerk, write=True):
        yield cast.education_intake_clerk


def receive(*rows: str, commit: bool = True, by=None):
    return receive_file(content(*rows), today=TODAY, commit=commit, by=by)[1]


def told(outcome) -> tuple[int, int, int, int, int]:
    return outcome.rows, outcome.new, outcome.same, outcome.possible_duplicate, outcome.refused_rows


def test_good_rows_are_received_like_referrals_typed_by_hand(education):
    assert told(receive(ANN, BEN, by=education)) == (2, 2, 0, 0, 0)
    ann = Referral.objects.get(charge="796.07(2)(f)")
    assert (ann.name, ann.date_of_birth, ann.status, ann.age_at_offense) == (
        "Ann Foxglen",
        D(1990, 2, 28),
        "received",
        36,
    )
    assert list(subjects_matching("F26-1").values_list("subject_id", flat=True).distinct()) == [ann.pk]
    assert subjects_matching("oakm").exists()


def test_import_is_one_event_with_its_referrals_and_figures(education):
    receive(ANN, BEN, EVE, by=education)
    event = Event.objects.get(action="referrals.imported")
    assert event.detail == {"new": 2, "same": 0, "possible_duplicate": 0, "refused": 0}
    assert set(EventSubject.objects.filter(event_id=event.pk).values_list("subject_id", flat=True)) == set(
        Referral.objects.values_list("pk", flat=True)
    )


def test_checking_stores_nothing_and_tells_the_same(education):
    assert told(receive(ANN, BEN, EVE, commit=False)) == (3, 2, 0, 0, 1)
    assert not Referral.objects.exists()
    assert not Event.objects.filter(action="referrals.imported").exists()
    assert not SearchToken.objects.exists()


def subjects_of(event: Event) -> set:
    return set(EventSubject.objects.filter(event_id=event.pk).values_list("kind", "subject_id"))


def test_check_is_on_record_with_the_stored_cases_that_it_met(cast, education):
    """A check tells whether a case is here, so it leaves a trace on that case as an import does."""
    same, number, person, _ = (
        builders.make_referral(cast, cast.education, name=name, date_of_birth=born, case_number=case)
        for name, born, case in (
            ("Ann Foxglen", D(1990, 2, 28), "F26-1"),
            ("Cy Other", D(1970, 1, 1), "F26-2"),
            ("Dee Ashvale", D(1980, 5, 5), "F26-7"),
            ("Una Volved", D(1981, 5, 5), "F26-8"),
        )
    )
    dee = "Dee Ashvale,1980-05-05,F26-6,796.07(2)(f),2026-03-01,2026-03-03,Court,"
    met = {("referral", row.pk) for row in (same, number, person)}
    before = set(Referral.objects.values_list("pk", flat=True))
    figures = {"new": 2, "same": 1, "possible_duplicate": 2, "refused": 0}

    assert told(receive(ANN, BEN, dee, commit=False, by=education)) == (3, 2, 1, 2, 0)
    event = Event.objects.get(action="referrals.checked")
    assert (event.actor_id, event.detail, subjects_of(event)) == (education.pk, figures, met)

    receive(ANN, BEN, dee, by=education)
    event = Event.objects.get(action="referrals.imported")
    stored = {("referral", pk) for pk in Referral.objects.exclude(pk__in=before).values_list("pk", flat=True)}
    assert (event.detail, subjects_of(event)) == (figures, met | stored)


def test_another_charge_of_the_same_case_is_not_met(cast, education):
    builders.make_referral(
        cast, cast.education, name="Ann Foxglen", date_of_birth=D(1990, 2, 28), case_number="F26-1",
        charge="796.07(2)(i)",
    )  # fmt: skip
    assert told(receive(ANN, ANN, commit=False)) == (2, 1, 1, 0, 0)
    assert subjects_of(Event.objects.get(action="referrals.checked")) == set()


def test_same_file_twice_adds_nothing(education):
    receive(ANN, BEN)
    assert told(receive(ANN, BEN)) == (2, 0, 2, 0, 0)
    assert Referral.objects.count() == 2


def test_row_that_was_typed_by_hand_is_already_here(cast, education):
    builders.make_referral(cast, cast.education, name="ann foxglen", date_of_birth=D(1990, 2, 28), case_number="f26 1")
    assert told(receive(ANN)) == (1, 0, 1, 0, 0)


def test_same_row_twice_in_a_file_is_received_once(education):
    assert told(receive(ANN, ANN)) == (2, 1, 1, 0, 0)


def test_possible_duplicates_are_received_and_counted(cast, education):
    builders.make_referral(cast, cast.education, name="Cy Other", case_number="F26-2")
    outcome = receive(
        ANN,
        ANN.replace("(f)", "(i)"),  # another charge of the first case: no duplicate
        ANN.replace("F26-1", "F26-9"),  # the same person, another case number
        BEN,  # a case number that is stored with another person
    )
    assert told(outcome) == (4, 4, 0, 2, 0)
    assert Referral.objects.count() == 5


def test_minor_in_a_file_is_stopped(education):
    receive(ANN, CHILD)
    assert sorted(Referral.objects.values_list("status", flat=True)) == [Status.RECEIVED, Status.STOPPED]
    event = Event.objects.get(action="referral.stopped")
    assert EventSubject.objects.filter(event_id=event.pk).count() == 1


def test_charge_of_the_other_track_is_refused_and_stored_nowhere(cast, education):
    assert receive(ANN, EVE).refused == [Refusal(3, "charge", NOT_HERE)]
    assert Referral.objects.count() == 1
    with pytest.raises(Referral.DoesNotExist):
        Referral.objects.get(charge="796.07(2)(e)")


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        (EITHER, Refusal(2, "charge", SAY_WHICH)),
        (EITHER + "services", Refusal(2, "charge", NOT_HERE)),
        (EITHER + "both", Refusal(2, "track", "“both” is not a track. Write education or services.")),
        (ANN + "services", Refusal(2, "track", "This is not the track that the charge belongs to.")),
        (EVE + "education", Refusal(2, "charge", NOT_HERE)),
    ],
)
def test_row_without_this_track_is_refused(education, row, refused):
    assert receive(row).refused == [refused]
    assert not Referral.objects.exists()


@pytest.mark.parametrize("word", ["education", "Education", "buyer education", "ED"])
def test_undecided_charge_is_taken_where_the_file_says_so(education, word):
    assert told(receive(EITHER + word)) == (1, 1, 0, 0, 0)


def test_problems_of_the_program_name_row_and_column(education):
    outcome = receive(
        ANN.replace("2026-03-03", "2026-02-01"),
        BEN.replace("796.07(2)(i)", "812.014"),
        BEN.replace("1985-07-01", "1801-07-01").replace("Ben Oakmere", "???"),
        ANN.replace("2026-03-01", "2027-03-01"),
    )
    assert [(refusal.row, refusal.column) for refusal in outcome.refused] == [
        (2, "received_on"),
        (3, "charge"),
        (4, "name"),
        (4, "date_of_birth"),
        (5, "offense_date"),
        (5, "received_on"),
    ]
    assert outcome.refused_rows == 4


def test_case_that_somebody_stored_a_moment_ago_stores_nothing(education):
    sheet, _ = receive_file(content(ANN, BEN), today=TODAY, commit=False, by=None)
    late = [(prepare(**{k: v for k, v in row.values.items() if k != "track"}, today=TODAY), None) for row in sheet.rows]
    receive(ANN)
    with pytest.raises(ProgramError, match="Send the file once more"):
        store(late, today=TODAY, by=None)
    assert Referral.objects.count() == 1


def test_operation_of_many_rows_is_made_once(education):
    head = HEAD + ",operation_agency,operation_name,operation_date\n"
    night = ",City Police,Night Harbor,2026-03-01"
    receive_file((head + ANN + night + "\n" + BEN + night).encode(), today=TODAY, commit=True, by=None)
    operation = Operation.objects.get()
    assert [referral.operation_id for referral in Referral.objects.all()] == [operation.pk, operation.pk]


def test_operation_in_the_future_is_refused_and_not_made(education):
    head = HEAD + ",operation_agency,operation_name,operation_date\n"
    row = ANN + ",City Police,Night Harbor,2027-03-01"
    outcome = receive_file((head + row).encode(), today=TODAY, commit=True, by=None)[1]
    assert [(refusal.row, refusal.column) for refusal in outcome.refused] == [(2, "operation_date")]
    assert not Operation.objects.exists()


def many(number: int) -> bytes:
    return content(*(ANN.replace("F26-1", f"F26-{row}").replace("Ann", f"Ann{row}") for row in range(number)))


def test_thousand_rows_take_few_statements(education):
    """Bulk statements only; by far the most of them write search tokens. How long it takes is measured, not tested:
    docs/performance.md."""
    with CaptureQueriesContext(connection) as queries:
        _, outcome = receive_file(many(1000), today=TODAY, commit=True, by=education)
    assert told(outcome) == (1000, 1000, 0, 0, 0)
    assert len(queries) <= 120


# --- the page ------------------------------------------------------------------------------------------------
@pytest.fixture
def page(cast):
    client = cast.client("education_intake_clerk")
    url = cast.url(cast.education, "referral_import")

    def send(data: bytes | None, button: str):
        files = {} if data is None else {"file": SimpleUploadedFile("cases.csv", data, "text/csv")}
        return client.post(url, {button: "1", **files})

    return send


def count(cast) -> int:
    with in_track(cast.education):
        return Referral.objects.count()


def test_page_checks_first(cast, page):
    response = page(content(ANN, EVE), "check")
    assert response.status_code == 200
    assert "Checked, nothing stored yet" in text_of(response)
    assert "3 charge This charge belongs to the program's other track. Nothing was stored." in text_of(response)
    assert count(cast) == 0
    with in_track(cast.education):
        event = Event.objects.get(action="referrals.checked")
    assert event.actor_id == cast.education_intake_clerk.pk


def test_page_receives_the_good_rows_and_again_adds_nothing(cast, page):
    for new in (1, 0):
        response = page(content(ANN, EVE), "receive")
        assert response.context["outcome"].new == new
        assert count(cast) == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "Choose a file first."),
        (b"", "The file is empty."),
        (content(ANN).decode().replace("Ann", "José").encode("latin-1"), "not written in UTF-8"),
        (b"x" * (LARGEST + 1), "The file is larger than 10 MB."),
        (b"name,charge\nAnn,1", "Columns are missing: case number"),
    ],
)
def test_page_refuses_a_bad_file_next_to_its_field(cast, page, data, words):
    response = page(data, "receive")
    assert response.status_code == 422
    assert words in str(response.context["form"].errors["file"])
    assert words in text_of(response)
    assert count(cast) == 0


def test_file_of_nearly_ten_megabytes_is_answered(cast, page):
    rows = [f"{ANN.replace('F26-1', f'F26-{row}')},{'x' * 104_000}" for row in range(100)]
    data = "\n".join([f"{HEAD},remarks", *rows]).encode()
    assert 0.99 * LARGEST < len(data) < LARGEST
    response = page(data, "receive")
    assert (response.status_code, count(cast)) == (200, 100)


def test_page_lists_the_columns(cast):
    response = cast.client("education_intake_clerk").get(cast.url(cast.education, "referral_import"))
    assert "case number yes court case number" in text_of(response)

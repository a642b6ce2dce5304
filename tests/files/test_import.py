"""A file of referrals: good rows are received once, refused rows are stored nowhere."""

import datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from participants.audit.models import Event, EventSubject
from participants.errors import ProgramError
from participants.files.intake import SAY_WHICH, judge, receive_file, sender_of, store
from participants.files.models import Batch
from participants.files.sheet import Refusal, Sheet, read
from participants.operations.models import Operation
from participants.people.models import SearchToken
from participants.people.queries import subjects_matching
from participants.referrals.models import Referral
from participants.referrals.rules import NOT_HERE, Status
from participants.tracks.scope import in_track
from tests import builders

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
    assert subjects_of(event) == {
        *(("referral", pk) for pk in Referral.objects.values_list("pk", flat=True)),
        ("batch", Batch.objects.get().pk),
    }


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
    assert (event.detail, subjects_of(event)) == (figures, met | stored | {("batch", Batch.objects.get().pk)})


def test_another_charge_of_the_same_case_is_no_duplicate(cast, education):
    """It is opened to be compared, and that is on record."""
    stored = builders.make_referral(
        cast, cast.education, name="Ann Foxglen", date_of_birth=D(1990, 2, 28), case_number="F26-1",
        charge="796.07(2)(i)",
    )  # fmt: skip
    assert told(receive(ANN, ANN, commit=False)) == (2, 1, 1, 0, 0)
    assert subjects_of(Event.objects.get(action="referrals.checked")) == {("referral", stored.pk)}


def test_likely_duplicates_are_found_where_nothing_is_equal(cast, education):
    """A nickname without its accent, and two digits of the birth date swapped; a file without comparison finds none."""
    builders.make_referral(cast, cast.education, name="José Foxglen", date_of_birth=D(1990, 2, 28), case_number="F20-9")
    rows = content(ANN.replace("Ann", "Pepe").replace("1990-02-28", "1990-02-27"))
    with_it = receive_file(rows, today=TODAY, commit=False, by=education)[1]
    sheet = read(rows, today=TODAY)
    without = judge(sheet.rows, sheet, today=TODAY, compare=False)
    assert (with_it.possible_duplicate, [row.possible_duplicate for row in without.good]) == (1, [False])


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
    late = judge(read(content(ANN, BEN), today=TODAY).rows, Sheet(), today=TODAY)
    receive(ANN)
    before = Referral.objects.count(), Batch.objects.count(), SearchToken.objects.count()
    batch = Batch(sender="Court", received_on=TODAY, rows=2, new=2, same=0, refused_rows=0)
    with pytest.raises(ProgramError, match="Send the file once more"), transaction.atomic():
        batch.save(force_insert=True)
        store(late.fresh, batch=batch, by=None)
    assert before == (Referral.objects.count(), Batch.objects.count(), SearchToken.objects.count())


def test_good_rows_are_one_batch_with_its_figures(education):
    receive(ANN)
    receive(ANN, BEN, CHILD, EVE, ANN.replace("1990", "1790"), by=education)
    batch = Batch.objects.order_by("-id").first()
    assert (batch.sender, batch.received_by, batch.received_on) == ("Court", None, TODAY)
    assert (batch.rows, batch.new, batch.same, batch.refused_rows) == (4, 2, 1, 1)
    assert batch.referrals.count() == 2
    assert set(batch.referrals.values_list("status", flat=True)) == {Status.RECEIVED, Status.STOPPED}


def test_file_with_nothing_new_makes_no_batch(education):
    receive(ANN)
    receive(ANN)
    receive(EVE)
    assert Batch.objects.count() == 1


def test_sender_is_the_source_that_most_rows_name(education):
    rows = read(content(ANN, BEN.replace("Court", "Police"), CHILD.replace("Court", "Police")), today=TODAY).rows
    assert (sender_of(rows), sender_of([])) == ("Police", "")


def test_operation_of_many_rows_is_made_once(education):
    head = HEAD + ",operation_agency,operation_name,operation_date\n"
    night = ",City Police,Night Harbor,2026-03-01"
    receive_file((head + ANN + night + "\n" + BEN + night).encode(), today=TODAY, commit=True, by=None)
    operation = Operation.objects.get()
    assert operation.batch == Batch.objects.get()
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
    assert len(queries) <= 160

"""Precision and recall of the duplicate check, on people whose truth is known, through the index and the database."""

import csv
import datetime

import pytest

from participants.duplicates.finding import possible_duplicates_of
from participants.duplicates.rules import LINE
from participants.people.actions import index_new_records
from participants.people.models import SearchToken
from participants.referrals.case import known_of, prepare
from participants.referrals.models import Referral
from participants.tracks.scope import in_track
from tests.shared_data import shared_data

TODAY = datetime.date(2026, 3, 2)
CASES = 500


def born(text: str) -> datetime.date | None:
    """A date that is none (there are some) is not known."""
    try:
        return datetime.datetime.strptime(text, "%Y%m%d").replace(tzinfo=datetime.UTC).date()
    except ValueError:
        return None


@pytest.fixture
def people(cast):
    """Of the columns of the data a referral has name and birth date; addresses and social security numbers it has
    not. Every record gets a case number of its own, as a second arrest would."""
    path = shared_data("febrl/dataset1.csv")
    with path.open(encoding="utf-8") as file, in_track(cast.education, write=True):
        rows = list(csv.DictReader(file, skipinitialspace=True))
        people = {}
        for number, row in enumerate(rows):
            referral = prepare(
                name=f"{row['given_name']} {row['surname']}",
                date_of_birth=None,
                case_number=f"F26-{number:06}",
                charge="796.07(2)(f)",
                offense_on=TODAY,
                received_on=TODAY,
                source="Police",
                today=TODAY,
            )
            # Many are older than a person can be today, which is the data's, not the duplicate's.
            referral.date_of_birth = born(row["date_of_birth"])
            people[referral] = row["rec_id"].split("-")[1]
        return people


def measured(pairs: dict[frozenset, int], truth: dict, line: int) -> tuple[float, float]:
    """Precision and recall of the pairs from a score on."""
    told = [pair for pair, score in pairs.items() if score >= line]
    right = sum(len({truth[pk] for pk in pair}) == 1 for pair in told)
    return right / len(told), right / CASES


@pytest.mark.shared_data
def test_precision_and_recall_of_a_file(cast, people):
    """The bounds stand a little below what was reached: precision 0.998, recall 0.950."""
    truth = {referral.pk: person for referral, person in people.items()}
    with in_track(cast.education):
        found = possible_duplicates_of(list(people))
    pairs = {frozenset((pk, other)): score for pk, likes in found.items() for other, score in likes}
    precision, recall = measured(pairs, truth, LINE)
    assert (precision >= 0.985, recall >= 0.945) == (True, True), (precision, recall)


@pytest.mark.shared_data
def test_precision_and_recall_of_stored_cases(cast, people):
    """The same when one half is stored and the other half arrives."""
    truth = {referral.pk: person for referral, person in people.items()}
    seen, first, second = set(), [], []
    for referral, person in people.items():
        (second if person in seen else first).append(referral)
        seen.add(person)
    with in_track(cast.education, write=True):
        Referral.objects.bulk_create(first)
        index_new_records(kind=SearchToken.Kind.REFERRAL, records=[(row.pk, known_of(row)) for row in first])
    with in_track(cast.education):
        found = possible_duplicates_of(second)
    pairs = {frozenset((pk, other)): score for pk, likes in found.items() for other, score in likes}
    precision, recall = measured(pairs, truth, LINE)
    assert (precision >= 0.985, recall >= 0.94) == (True, True), (precision, recall)

"""Rows written by the thousand: as `save()` writes them, and no way round the scope."""

import datetime

import pytest
from django.db import DatabaseError, transaction

from participants.people.models import SearchToken
from participants.referrals.case import prepare
from participants.referrals.models import Referral
from participants.tracks.bulk import insert_records, insert_values
from participants.tracks.models import new_id
from participants.tracks.scope import NoTrackInScope, OtherTrack, in_track

D = datetime.date
CASE = {"charge": "796.07(2)(f)", "offense_on": D(2026, 3, 1), "received_on": D(2026, 3, 2), "source": "Court"}


def case(number: int, **over) -> Referral:
    values = {**CASE, "name": f"José {number}", "date_of_birth": D(1990, 2, 28), "case_number": f"F{number}", **over}
    return prepare(**values, phone="", today=D(2026, 4, 1))


def contents(referral: Referral) -> dict:
    """Every value but id, instant and keys, opened."""
    skipped = {"id", "created_at", "fingerprint", "case_key", "person_key"}
    fields = [field.attname for field in Referral._meta.concrete_fields if field.name not in skipped]
    return {name: getattr(referral, name) for name in fields}


def test_record_is_written_as_save_writes_it(cast):
    with in_track(cast.education, write=True):
        saved, inserted = case(1), case(1, case_number="F2")
        inserted.must_appear, inserted.next_court_on = "yes", D(2026, 6, 1)
        saved.must_appear, saved.next_court_on = "yes", D(2026, 6, 1)
        saved.save(force_insert=True)
        insert_records([inserted])
        one, other = (Referral.objects.get(pk=row.pk) for row in (saved, inserted))
        assert contents(other) == {**contents(one), "case_number": "F2"}
        assert not inserted._state.adding
        sealed = bytes(other.__dict__["created_at"].isoformat().encode())
        assert sealed and b"Jos" not in bytes(Referral.objects.values_list("name", flat=True).first())


def test_more_rows_than_one_statement_takes(cast):
    with in_track(cast.education, write=True):
        rows = [(number.to_bytes(20, "big"), new_id(), "referral") for number in range(6001)]
        insert_values(SearchToken, ("token", "subject_id", "kind"), rows)
        found = SearchToken.objects.values_list("token", "subject_id", "kind")
        assert {(bytes(token), subject_id, kind) for token, subject_id, kind in found} == set(rows)
        insert_records([])
        insert_values(SearchToken, ("token", "subject_id", "kind"), [])
        assert SearchToken.objects.count() == 6001


def test_row_of_another_track_is_refused(cast):
    with in_track(cast.services, write=True):
        theirs = case(1, charge="796.07(2)(e)")
    with in_track(cast.education, write=True):
        with pytest.raises(OtherTrack):
            insert_records([case(2), theirs])
        with pytest.raises(OtherTrack):
            insert_values(SearchToken, ("track", "token", "subject_id", "kind"), [])
        assert not Referral.objects.exists()


def test_nothing_is_written_outside_a_track(cast):
    with in_track(cast.education, write=True):
        mine = case(1)
    with pytest.raises(NoTrackInScope):
        insert_records([mine])
    with pytest.raises(NoTrackInScope):
        insert_values(SearchToken, ("token", "subject_id", "kind"), [(b"x" * 20, new_id(), "referral")])


def test_database_refuses_what_it_always_refuses(cast):
    """A row that points into the other track, a case that is here, an offense after the receipt."""
    with in_track(cast.services, write=True):
        theirs = case(1, charge="796.07(2)(e)")
        insert_records([theirs])
    with in_track(cast.education, write=True):
        insert_records([case(1)])
        pointing, late = case(2), case(3)
        pointing.merged_into_id, pointing.status = theirs.pk, "merged"
        late.received_on = D(2026, 2, 1)
        for row in (pointing, late, case(1)):
            with pytest.raises(DatabaseError), transaction.atomic():
                insert_records([row])
        assert Referral.objects.count() == 1

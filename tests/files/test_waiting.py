"""Files that wait: swept after their hour in every track, and nobody else's to receive."""

from datetime import timedelta

import pytest
import time_machine

from participants.audit.models import Event
from participants.errors import ProgramError
from participants.files.models import ColumnMapping, WaitingFile
from participants.files.queries import mapping_of
from participants.files.tasks import delete_expired_files
from participants.files.waiting import (
    KEPT_FOR,
    MOST_RECEIVED,
    MOST_WAITING,
    name_columns,
    receive_waiting,
    remember_columns,
    too_long,
)
from participants.referrals.models import Referral
from participants.tracks.scope import in_track
from tests.files.desk import BUYER, GOOD
from tests.sending import NOON, TODAY, csv_of, make_waiting, row, rows_of


def waiting(track) -> int:
    with in_track(track):
        return WaitingFile.objects.count()


def test_expired_files_are_swept_in_every_track(cast):
    later = NOON + KEPT_FOR / 2
    make_waiting(cast, cast.education, csv_of(GOOD))
    make_waiting(cast, cast.education, csv_of(row(2, BUYER)), now=later)
    make_waiting(cast, cast.services, rows_of(cast.services, "Eve Larkspurn"))
    with time_machine.travel(NOON + KEPT_FOR - timedelta(seconds=1), tick=False):
        assert delete_expired_files() == 0
    with time_machine.travel(NOON + KEPT_FOR, tick=False):
        assert delete_expired_files() == 2
        assert delete_expired_files() == 0
    assert (waiting(cast.education), waiting(cast.services)) == (1, 0)
    with in_track(cast.education):
        assert Event.objects.get(action="waiting_file.expired").actor_id is None


def test_file_of_somebody_else_or_an_expired_one_is_not_received(cast):
    kept = make_waiting(cast, cast.education, csv_of(GOOD))
    for by, now in ((cast.education_manager, NOON), (cast.education_intake_clerk, NOON + KEPT_FOR)):
        with in_track(cast.education, by=by, write=True), pytest.raises(ProgramError, match="not kept any more"):
            receive_waiting(pk=kept.pk, today=TODAY, now=now, by=by)
    with in_track(cast.education):
        assert not Referral.objects.exists()


def test_columns_of_a_file_that_was_received_meanwhile_are_refused(cast):
    kept = make_waiting(cast, cast.education, csv_of(GOOD))
    by = cast.education_intake_clerk
    with in_track(cast.education, by=by, write=True):
        receive_waiting(pk=kept.pk, today=TODAY, now=NOON, by=by)
        with pytest.raises(ProgramError, match="not kept any more"):
            name_columns(waiting=kept, columns={"name": "name"}, today=TODAY, by=by)


def test_what_a_sender_said_before_is_kept_beside_what_is_said_now(cast):
    by = cast.education_intake_clerk
    with in_track(cast.education, by=by, write=True):
        remember_columns(program=cast.harbor, sender="The Office", columns={"subject": "name", "born": ""}, by=by)
        remember_columns(program=cast.harbor, sender="the  OFFICE", columns={"our no": "case_number"}, by=by)
        assert mapping_of(cast.harbor, "The Office") == {"subject": "name", "our no": "case_number"}
        remember_columns(program=cast.harbor, sender="The Office", columns={"subject": ""}, by=by)
        assert mapping_of(cast.harbor, "The Office") == {"our no": "case_number"}
        assert mapping_of(cast.river, "The Office") == {}
        remember_columns(program=cast.harbor, sender="Usual", columns={"name": "name", "remarks": ""}, by=by)
    assert ColumnMapping.objects.count() == 1


def test_older_files_give_way_so_that_nobody_fills_the_store(cast):
    kept = [make_waiting(cast, cast.education, csv_of(row(number, BUYER))) for number in range(1, MOST_WAITING + 3)]
    with in_track(cast.education):
        left = set(WaitingFile.objects.values_list("pk", flat=True))
    assert left == {one.pk for one in kept[-MOST_WAITING:]}


def test_longer_file_than_a_page_takes_is_told_the_way(cast):
    assert too_long(MOST_RECEIVED) is None
    assert "this file has 5,001" in too_long(MOST_RECEIVED + 1)
    rows = [row(number, BUYER) for number in range(MOST_RECEIVED + 1)]
    with pytest.raises(ProgramError, match="Send it in parts"):
        make_waiting(cast, cast.education, csv_of(*rows))
    assert waiting(cast.education) == 0


def test_heading_that_everybody_knows_is_never_remembered_otherwise(cast):
    """A mapping serves both tracks and the drop: who mistakes one must not bend what a well-headed file says."""
    by = cast.education_intake_clerk
    with in_track(cast.education, by=by, write=True):
        said = {"dob": "offense_on", "offense date": "date_of_birth", "born when": "date_of_birth"}
        remember_columns(program=cast.harbor, sender="Harbor Police", columns=said, by=by)
    assert mapping_of(cast.harbor, "Harbor Police") == {"born when": "date_of_birth"}

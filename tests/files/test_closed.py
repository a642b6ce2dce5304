"""A file tells nobody of a record that is closed to them, and keeps nothing of a child who was handed off."""

import datetime

import pytest

from participants.files.models import WaitingFile
from participants.files.preview import preview_of
from participants.models import Restriction
from participants.tracks.scope import in_track
from tests import builders
from tests.files.desk import BUYER
from tests.handoffs.handing import finish, make_stopped, start
from tests.sending import TODAY, csv_of, make_waiting, row


@pytest.mark.parametrize(("who", "alike"), [("education_intake_clerk", 0), ("education_manager", 1)])
def test_likeness_with_a_closed_file_is_not_told_to_who_is_named(cast, who, alike):
    """Else a file of one row would answer whether somebody is here."""
    born = datetime.date(1987, 6, 5)
    person = builders.make_referral(cast, cast.education, name="Zora Uniqueson", date_of_birth=born)
    with in_track(cast.education, write=True):
        Restriction.objects.create(
            referral=person,
            staff=cast.education_intake_clerk,
            recorded_on=TODAY,
            recorded_by=cast.education_manager,
        )
    user = cast.people[who]
    sent = csv_of(row(1, BUYER, name="Zora Uniqueson", born="1987-06-05"))
    waiting = make_waiting(cast, cast.education, sent, by=user)
    with in_track(cast.education, by=user):
        assert preview_of(waiting, today=TODAY).outcome.possible_duplicate == alike


def test_hand_off_leaves_no_waiting_file_in_its_track(cast):
    child = make_stopped(cast)
    for track in (cast.education, cast.services):
        make_waiting(cast, track, csv_of(row(1, builders.CHARGES[track.kind], name="Kim Minorson", born="2009-05-17")))
    finish(cast, start(cast, child))
    for track, left in ((cast.education, 0), (cast.services, 1)):
        with in_track(track):
            assert WaitingFile.objects.count() == left

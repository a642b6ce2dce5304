"""Who may send referrals to a program: granted and ended like access to a track, and on record."""

import datetime

import pytest

from participants.audit.models import Event
from participants.errors import ProgramError
from participants.staff.actions import create_user, end_access, grant_drop
from participants.staff.models import ProgramGrant
from participants.staff.queries import live_program_grants, open_tracks

D = datetime.date
DAY = D(2026, 4, 1)


@pytest.fixture
def ada(cast):
    return create_user(email="ada@example.org", name="Ada Ferry", password=None, by=None)


def at(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(16), tzinfo=datetime.UTC)


def test_grant_lets_in_for_its_days_and_is_on_record(cast, ada):
    grant = grant_drop(
        user=ada, program=cast.harbor, agency=" Harbor  Police ", valid_from=DAY, valid_until=D(2026, 4, 30), by=None
    )
    assert (grant.agency, grant.role) == ("Harbor Police", "sender")
    live = [bool(live_program_grants(ada, now=at(day))) for day in (D(2026, 3, 31), DAY, D(2026, 4, 30), D(2026, 5, 1))]
    assert live == [False, True, True, False]
    assert open_tracks(ada, now=at(DAY)) == []
    event = Event.objects.get(action="access.granted", detail__role="sender", detail__program="harbor", actor_id=None,
                              id__gt=Event.objects.filter(action="account.created").latest("id").pk)  # fmt: skip
    assert event.detail == {"role": "sender", "program": "harbor"}


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"agency": "  "}, "agency"),
        ({"agency": "x" * 151}, "agency"),
        ({"role": "manager"}, "role"),
        ({"valid_until": D(2026, 3, 31)}, "valid_until"),
    ],
)
def test_wrong_value_is_refused_and_leaves_nothing(cast, ada, over, field):
    before = Event.objects.count()
    with pytest.raises(ProgramError) as refusal:
        grant_drop(**{"user": ada, "program": cast.harbor, "agency": "A", "valid_from": DAY, "by": None, **over})
    assert refusal.value.field == field
    assert (ada.program_grants.count(), Event.objects.count()) == (0, before)


def test_second_grant_and_own_grant_are_refused(cast, ada):
    grant_drop(user=ada, program=cast.harbor, agency="A", valid_from=DAY, by=None)
    with pytest.raises(ProgramError, match="sends referrals to the program already"):
        grant_drop(user=ada, program=cast.harbor, agency="B", valid_from=DAY, by=None)
    with pytest.raises(ProgramError, match="Nobody grants access to themselves"):
        grant_drop(user=ada, program=cast.river, agency="B", valid_from=DAY, by=ada)


def test_ended_grant_no_longer_lets_in_and_may_be_given_again(cast, ada):
    grant = grant_drop(user=ada, program=cast.harbor, agency="A", valid_from=DAY, by=None)
    end_access(grant=grant, on=D(2026, 4, 3), by=None)
    live = [bool(live_program_grants(ada, now=at(day))) for day in (D(2026, 4, 2), D(2026, 4, 3))]
    assert live == [True, False]
    assert Event.objects.filter(action="access.ended").latest("id").detail == {"role": "sender"}
    grant_drop(user=ada, program=cast.harbor, agency="B", valid_from=D(2026, 4, 3), by=None)
    assert [grant.agency for grant in live_program_grants(ada, now=at(D(2026, 4, 3)))] == ["B"]


def test_grant_that_is_ended_on_its_first_day_is_taken_back(cast, ada):
    end_access(grant=grant_drop(user=ada, program=cast.harbor, agency="A", valid_from=DAY, by=None), on=DAY, by=None)
    assert not ProgramGrant.objects.filter(user=ada).exists()

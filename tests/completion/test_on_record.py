"""What cannot be put on record does not happen."""

import pytest
from django.db import DatabaseError, connection, transaction

from participants.completion import actions
from participants.completion.models import Disposition, ExitProposal, Recommendation
from participants.enrollment.models import Enrollment
from participants.referrals.models import Referral
from tests import builders
from tests.completion import steps
from tests.completion.steps import NOTICE, TODAY, inside


def full_disk(execute, sql, params, many, context):
    if sql.startswith('INSERT INTO "participants_event"'):
        raise DatabaseError("the disk is full")
    return execute(sql, params, many, context)


def everything() -> list:
    """Every column of what these actions write."""
    return [
        list(model.objects.order_by("id").values())
        for model in (Enrollment, ExitProposal, Recommendation, Disposition, Referral)
    ]


def active(cast):
    return builders.make_enrollment(cast, cast.education)


STEPS = {
    "propose_completion": (
        lambda cast: steps.make_met(cast, cast.education),
        lambda stay, cast: actions.propose_completion(enrollment=stay, today=TODAY, by=cast.education_caseworker),
    ),
    "propose_neutral": (
        active,
        lambda stay, cast: actions.propose_neutral(
            enrollment=stay, detail="death", reasons="x", today=TODAY, by=cast.education_caseworker
        ),
    ),
    "give_termination_notice": (
        active,
        lambda stay, cast: actions.give_termination_notice(enrollment=stay, **NOTICE, by=cast.education_caseworker),
    ),
    "record_statement": (
        steps.make_notice,
        lambda notice, cast: actions.record_statement(
            proposal=notice, statement="x", today=TODAY, by=cast.education_caseworker
        ),
    ),
    "decide_exit": (
        lambda cast: steps.make_proposed(cast, cast.education),
        lambda proposal, cast: actions.decide_exit(
            proposal=proposal, approve=True, reason="", today=TODAY, by=cast.education_manager
        ),
    ),
    "withdraw": (
        lambda cast: steps.make_proposed(cast, cast.education).enrollment,
        lambda stay, cast: actions.withdraw(enrollment=stay, on=TODAY, today=TODAY, by=cast.education_caseworker),
    ),
    "recommend": (
        lambda cast: steps.make_completed(cast, cast.education),
        lambda stay, cast: actions.recommend(
            enrollment=stay, recommended="dismissal", made_on=TODAY, by=cast.education_manager
        ),
    ),
    "record_disposition": (
        lambda cast: builders.make_referral(cast, cast.education),
        lambda referral, cast: actions.record_disposition(
            referral=referral, disposed="other", decided_on=TODAY, today=TODAY, by=cast.education_liaison
        ),
    ),
}


@pytest.mark.parametrize("step", STEPS)
def test_change_without_its_event_is_rolled_back(cast, step):
    arrange, act = STEPS[step]
    row = arrange(cast)
    with inside(cast.education):
        before = everything()
        with connection.execute_wrapper(full_disk), pytest.raises(DatabaseError), transaction.atomic():
            act(row, cast)
        assert everything() == before
        act(row, cast)
        assert everything() != before

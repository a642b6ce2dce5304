"""What one member of staff should know this morning, in the active track."""

import datetime
from dataclasses import dataclass

from participants.completion.queries import returned_to, waiting_proposals
from participants.referrals.queries import court_dates, waiting_steps
from participants.referrals.rules import Status
from participants.sessions.queries import sessions_on, unrecorded_before
from participants.staff.models import User
from participants.staff.permissions import Permission

COURT_DAYS = 7
RETURNED_DAYS = 14
STEPS = {
    Status.RECEIVED: "to be screened",
    Status.ELIGIBLE: "to be offered the program",
    Status.OFFERED: "thinking the offer over",
    Status.ACCEPTED: "accepted, to be placed",
}


@dataclass(frozen=True)
class Day:
    """Lists that are None where the person's role does not see them. `steps` are (status, words, number)."""

    on: datetime.date
    sessions: list | None
    unrecorded: list | None
    court: list | None
    approvals: list | None
    returned: list | None
    steps: list[tuple[str, str, int]] | None

    @property
    def is_empty(self) -> bool:
        """Whether the role has nothing of a day at all."""
        return all(part is None for part in (self.sessions, self.court, self.approvals, self.returned, self.steps))


def day_of(user: User, permissions: frozenset[Permission], *, on: datetime.date) -> Day:
    """The day of one person: a fixed number of statements for a role, whatever the number of rows.

    Sessions are those that the person runs; court dates those of the person's own caseload, or of the whole
    track for who decides on exits; approvals those that this person may decide.
    """
    sees_sessions = Permission.VIEW_SESSIONS in permissions
    proposes = Permission.PROPOSE_EXITS in permissions
    decides = Permission.APPROVE_EXITS in permissions
    return Day(
        on=on,
        sessions=list(sessions_on(on, facilitator=user)) if sees_sessions else None,
        unrecorded=list(unrecorded_before(on, facilitator=user)) if sees_sessions else None,
        court=_court(on, None if decides else user) if Permission.VIEW_PARTICIPANTS in permissions else None,
        approvals=_to_decide(user) if decides else None,
        returned=list(returned_to(user, on - datetime.timedelta(days=RETURNED_DAYS))) if proposes else None,
        steps=_steps() if Permission.VIEW_REFERRALS in permissions else None,
    )


def _court(on: datetime.date, caseworker: User | None) -> list:
    return list(court_dates(on, on + datetime.timedelta(days=COURT_DAYS), caseworker=caseworker))


def _to_decide(user: User) -> list:
    return [proposal for proposal in waiting_proposals() if proposal.proposed_by_id != user.pk]


def _steps() -> list[tuple[str, str, int]]:
    numbers = waiting_steps()
    return [(status, words, numbers[status]) for status, words in STEPS.items() if numbers.get(status)]

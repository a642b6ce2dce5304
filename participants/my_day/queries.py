"""What one member of staff should know this morning, in the active track."""

import datetime
from dataclasses import dataclass, field

from participants.completion.queries import waiting_proposals
from participants.referrals.queries import court_dates
from participants.sessions.queries import sessions_on, unrecorded_before
from participants.staff.models import User
from participants.staff.permissions import Permission

COURT_DAYS = 7


@dataclass(frozen=True)
class Day:
    """Lists that are None where the person's role does not see them."""

    on: datetime.date
    sessions: list | None = None
    unrecorded: list | None = None
    court: list | None = None
    approvals: list | None = None
    counts: dict = field(default_factory=dict)


def day_of(user: User, permissions: frozenset[Permission], *, on: datetime.date) -> Day:
    """The day of one person: a fixed number of statements for a role, whatever the number of rows.

    Sessions are those that the person runs; court dates those of the person's own caseload, or of the whole
    track for who decides on exits; approvals those that this person may decide.
    """
    sees_sessions = Permission.VIEW_SESSIONS in permissions
    sees_files = Permission.VIEW_PARTICIPANTS in permissions
    decides = Permission.APPROVE_EXITS in permissions
    return Day(
        on=on,
        sessions=list(sessions_on(on, facilitator=user)) if sees_sessions else None,
        unrecorded=list(unrecorded_before(on, facilitator=user)) if sees_sessions else None,
        court=list(court_dates(on, on + datetime.timedelta(days=COURT_DAYS), caseworker=None if decides else user))
        if sees_files
        else None,
        approvals=[proposal for proposal in waiting_proposals() if proposal.proposed_by_id != user.pk]
        if decides
        else None,
    )

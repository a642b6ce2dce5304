"""What one member of staff should know this morning, in the active track."""

import datetime
from dataclasses import dataclass

from participants.completion.queries import returned_to, waiting_proposals
from participants.court.queries import court_dates
from participants.people.break_glass import not_seen
from participants.referrals.assignment import steps_of
from participants.referrals.queries import waiting_steps
from participants.referrals.rules import Status
from participants.screening.queries import second_looks_for
from participants.sessions.keeping import without_keeper
from participants.sessions.queries import sessions_on, unrecorded_before
from participants.staff.models import User
from participants.staff.permissions import Permission

COURT_DAYS = 7
HEARD_SHOWN = 5
RETURNED_DAYS = 14
STEPS = {
    Status.RECEIVED: "to be screened",
    Status.ELIGIBLE: "to be offered the program",
    Status.OFFERED: "thinking the offer over",
    Status.ACCEPTED: "accepted, to be placed",
}


@dataclass(frozen=True)
class Day:
    """Lists that are None where the person's role does not see them. `steps` are (status, words, number).

    `court` are dates to come, `heard` dates that have passed and nobody has said how they went.
    """

    on: datetime.date
    sessions: list | None
    unrecorded: list | None
    court: list | None
    heard: list | None
    approvals: list | None
    returned: list | None
    second_looks: list | None
    # Opened by break-glass and not looked at, for the privacy officer.
    glass: list | None
    # Privileged notes whose keeper is not here any more, for the clinical supervisor.
    orphans: list | None
    steps: list[tuple[str, str, int]] | None
    # The same of the cases that are assigned to this person.
    mine: list[tuple[str, str, int]] | None

    @property
    def is_empty(self) -> bool:
        """Whether the role has nothing of a day at all."""
        return all(part is None for part in (self.sessions, self.court, self.approvals, self.returned, self.steps))


def day_of(user: User, permissions: frozenset[Permission], *, on: datetime.date) -> Day:
    """The day of one person: a fixed number of statements for a role, whatever the number of rows.

    Sessions are those that the person runs; court dates those of the person's own caseload and own referrals, or
    of the whole track for who decides on exits; approvals those that this person may decide.
    """
    sees_sessions = Permission.VIEW_SESSIONS in permissions
    proposes = Permission.PROPOSE_EXITS in permissions
    decides = Permission.APPROVE_EXITS in permissions
    court, heard = _court(user, permissions, on)
    return Day(
        on=on,
        sessions=list(sessions_on(on, facilitator=user)) if sees_sessions else None,
        unrecorded=list(unrecorded_before(on, facilitator=user)) if sees_sessions else None,
        court=court,
        heard=heard,
        approvals=_to_decide(user) if decides else None,
        returned=list(returned_to(user, on - datetime.timedelta(days=RETURNED_DAYS))) if proposes else None,
        second_looks=list(second_looks_for(user)) if Permission.REVIEW_SCREENINGS in permissions else None,
        glass=not_seen() if Permission.VIEW_AUDIT in permissions else None,
        orphans=without_keeper(today=on) if Permission.REASSIGN_NOTES in permissions else None,
        steps=_steps(waiting_steps()) if Permission.VIEW_REFERRALS in permissions else None,
        mine=_steps(steps_of(user)) if Permission.MAKE_OFFERS in permissions else None,
    )


def _court(user: User, permissions: frozenset[Permission], on: datetime.date) -> tuple[list | None, list | None]:
    """The court dates to come, and the latest that have passed without a result. Two statements."""
    if not {Permission.VIEW_PARTICIPANTS, Permission.VIEW_REFERRALS} & permissions:
        return None, None
    of_whom = {
        "caseworker": None if Permission.APPROVE_EXITS in permissions else user,
        "placed": Permission.VIEW_PARTICIPANTS in permissions,
    }
    day = datetime.timedelta(days=1)
    past = court_dates(None, on - day, **of_whom).order_by("-next_court_on", "id")
    return list(court_dates(on, on + COURT_DAYS * day, **of_whom)), list(past[:HEARD_SHOWN])


def _to_decide(user: User) -> list:
    return [proposal for proposal in waiting_proposals() if proposal.proposed_by_id != user.pk]


def _steps(numbers: dict[str, int]) -> list[tuple[str, str, int]]:
    return [(status, words, numbers[status]) for status, words in STEPS.items() if numbers.get(status)]

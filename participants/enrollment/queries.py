"""Reading stays: caseload, a person's current stay, and the search over referrals and participants."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from participants.enrollment.models import Enrollment
from participants.enrollment.rules import Status
from participants.people.models import Participant
from participants.people.queries import FOUND_BY, found_by, reference_in, subjects_matching, subjects_sounding_like
from participants.people.restrictions import readable
from participants.referrals.models import Referral
from participants.staff.models import User
from participants.staff.permissions import Permission
from participants.staff.queries import staff_with
from participants.tracks.scope import active_track

ENDED = "ended"
MOST_FOUND = 50


def stays() -> QuerySet[Enrollment]:
    """Stays with the rows that a list of them shows."""
    return Enrollment.objects.select_related("participant", "referral", "caseworker")


def caseload(caseworker: User | None = None, status: str = Status.ACTIVE) -> QuerySet[Enrollment]:
    """Stays of one caseworker, or of all, without those of files that the acting person may not open.

    `status` is one of the stay's, "ended" for any exit, "" for every stay.
    """
    rows = readable(stays(), participant="participant_id")
    if caseworker is not None:
        rows = rows.filter(caseworker=caseworker)
    if status == ENDED:
        return rows.exclude(status=Status.ACTIVE)
    return rows.filter(status=status) if status else rows


def by_name(rows: QuerySet[Enrollment]) -> list[Enrollment]:
    """A bounded list of stays by the name that the person goes by; names are sealed, so not by the database."""
    return sorted(rows, key=lambda stay: (stay.participant.called.casefold(), stay.participant.reference))


def has_caseload(user: User) -> bool:
    return Enrollment.objects.filter(caseworker=user, status=Status.ACTIVE).exists()


def current_enrollment(participant: Participant) -> Enrollment | None:
    """The active stay, else the latest; with everything that was decided around it. One statement."""
    rows = stays_of(participant)
    return next((stay for stay in rows if stay.is_active), rows[0] if rows else None)


def stays_of(participant: Participant) -> list[Enrollment]:
    """Every stay of a participant, latest first, with the papers and decisions around it. One statement."""
    return list(
        stays()
        .select_related(
            "agreement__offer__explained_by",
            "agreement__text",
            "referral__screening__criteria_version",
            "referral__screening__decided_by",
            "referral__operation",
            "referral__disposition",
            "recommendation__made_by",
        )
        .filter(participant=participant)
        .order_by("-placed_on", "-id")
    )


def caseworkers(on) -> QuerySet[User]:
    """Staff who can be a person's caseworker: who may accompany a stay from its file to its end."""
    return staff_with(Permission.PROPOSE_EXITS, track=active_track(), on=on)


@dataclass(frozen=True)
class Findings:
    """What a search found; `more` says that it found others too."""

    participants: list[Participant]
    referrals: list[Referral]
    more: bool

    def __len__(self):
        return len(self.participants) + len(self.referrals)


def find(text: str, *, participants: bool = True, referrals: bool = True) -> Findings:
    """Records of the active track that match every word of a text by name, exact or by prefix, by case number or by
    phone number; after them those whose names sound like it. Each says by what it was found (`found_by`).

    A participant's own reference finds them too. Who is placed is listed once, as participant, where participants
    are asked for; a case or a file that is part of another one is found as the other one. At most 50 in all, the
    newest. Two statements for each kind of record, whatever is found; one for a text with digits.
    """
    people: list[Participant] = []
    cases: list[Referral] = []
    for matching, sounding in ((subjects_matching(text), False), (subjects_sounding_like(text), True)):
        if matching is None:
            continue
        way = found_by(text, key="pk", sounding=sounding)
        if participants:
            condition = Q(pk__in=matching)
            if (reference := reference_in(text)) and not sounding:
                condition |= Q(reference=reference)
            rows = Participant.objects.filter(condition).exclude(pk__in=[row.pk for row in people]).order_by("-id")
            people += readable(rows, participant="pk").annotate(found_by=way)[: MOST_FOUND + 1]
        if referrals:
            rows = Referral.objects.filter(pk__in=matching).exclude(pk__in=[row.pk for row in cases])
            if participants:
                rows = rows.filter(enrollment__isnull=True)
            rows = readable(rows, referral="pk", participant="enrollment__participant_id")
            cases += rows.order_by("-received_on", "-id").annotate(found_by=way)[: MOST_FOUND + 1]
    more = len(people) + len(cases) > MOST_FOUND
    people, cases = people[:MOST_FOUND], cases[: max(MOST_FOUND - len(people), 0)]
    for row in (*people, *cases):
        row.found_by = FOUND_BY[row.found_by]
    return Findings(people, cases, more)

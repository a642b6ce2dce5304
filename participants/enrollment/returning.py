"""Files of people who were in the track before and may be the person that is to be placed.

Asked before a placement, decided by a person: a new file, or another stay in the one that is here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.dateformat import format as format_date

from participants.duplicates.finding import MOST_SHOWN, alike, same_person
from participants.duplicates.rules import Likeness
from participants.enrollment.models import Enrollment
from participants.people.models import Participant, SearchToken
from participants.people.restrictions import readable
from participants.referrals.case import known_of
from participants.referrals.models import Referral
from participants.vault.tokens import Known

LINKED = "somebody has decided that another case of this person led to it"


@dataclass(frozen=True)
class Earlier:
    """A file that may be the person's: why, whether a stay goes on in it, and in what case and file differ."""

    participant: Participant
    reasons: tuple[str, ...]
    active: bool
    differences: list[dict]


@dataclass
class _Files:
    """Opens files, as far as the actor may, with the case numbers of their stays."""

    rows: dict[UUID, Participant] = field(default_factory=dict)
    active: set[UUID] = field(default_factory=set)
    numbers: dict[UUID, list[str]] = field(default_factory=dict)

    def open(self, ids: Iterable[UUID]) -> dict[UUID, Known]:
        found = readable(Participant.objects.filter(pk__in=list(ids), merged_into__isnull=True), participant="pk")
        self.rows.update((row.pk, row) for row in found)
        for stay in Enrollment.objects.filter(participant__in=self.rows).select_related("referral").order_by("id"):
            self.numbers.setdefault(stay.participant_id, []).append(stay.referral.case_number)
            if stay.is_active:
                self.active.add(stay.participant_id)
        return {pk: self.known(row) for pk, row in self.rows.items()}

    def known(self, row: Participant) -> Known:
        names = tuple(name for name in (row.name, row.preferred_name) if name)
        return Known(names, tuple(self.numbers.get(row.pk, ())), row.date_of_birth, row.phone)


def earlier_files(referral: Referral) -> list[Earlier]:
    """The files that may be the person's, first those that somebody has linked; a fixed number of statements."""
    files = _Files()
    cases = same_person(referral)
    linked = Enrollment.objects.filter(referral__in=cases).order_by("-placed_on", "-id")
    chosen: dict[UUID, tuple[str, ...]] = dict.fromkeys(linked.values_list("participant_id", flat=True), (LINKED,))
    if chosen:
        files.open(chosen)
    likes: list[tuple[UUID, Likeness]] = alike(
        {referral.pk: known_of(referral)}, kind=SearchToken.Kind.PARTICIPANT, read=files.open
    )[referral.pk]
    for pk, like in likes[:MOST_SHOWN]:
        chosen[pk] = (*chosen.get(pk, ()), *like.reasons)
    return [
        Earlier(files.rows[pk], reasons, pk in files.active, _differences(referral, files.rows[pk]))
        for pk, reasons in chosen.items()
        if pk in files.rows
    ]


def _differences(referral: Referral, participant: Participant) -> list[dict]:
    """What case and file say differently of the person; neither is changed by a placement."""
    facts = []
    for name, label in (("name", "Name"), ("date_of_birth", "Date of birth"), ("phone", "Phone")):
        mine, theirs = getattr(referral, name), getattr(participant, name)
        if mine != theirs:
            facts.append({"label": label, "case": _said(mine), "file": _said(theirs)})
    return facts


def _said(value) -> str:
    return format_date(value, "F j, Y") if hasattr(value, "isoformat") else value or ""

"""Who keeps privileged notes: the author at first, and somebody else when the author leaves.

A privileged note opens for its keeper and for clinical supervision. The clinical supervisor gives all notes of a
keeper in the track to somebody who keeps such notes; nobody sees a text for it.
"""

import datetime
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count

from participants.audit.actions import record
from participants.errors import ProgramError
from participants.people.models import Restriction
from participants.sessions.models import Note
from participants.sessions.rules import Visibility
from participants.staff.models import User
from participants.staff.permissions import Permission
from participants.staff.queries import staff_with
from participants.tracks.scope import active_track


@dataclass(frozen=True)
class Kept:
    """How many privileged notes of the track somebody keeps. `here`: their role keeps such notes today."""

    keeper: User
    number: int
    here: bool


def keepers(*, today: datetime.date) -> list[Kept]:
    """Everybody who keeps privileged notes of the active track, by name. Three statements."""
    counted = _privileged().order_by().values_list("keeper").annotate(number=Count("pk"))
    numbers = dict(counted)
    here = set(_may_keep(today).values_list("pk", flat=True))
    people = User.objects.filter(pk__in=numbers).order_by("name", "id")
    return [Kept(keeper=person, number=numbers[person.pk], here=person.pk in here) for person in people]


def without_keeper(*, today: datetime.date) -> list[Kept]:
    """Those of them who keep none here any more, because their access ended or their role is another. One statement
    where there is nobody."""
    gone = _privileged().exclude(keeper__in=_may_keep(today).order_by().values("pk"))
    numbers = dict(gone.order_by().values_list("keeper").annotate(number=Count("pk")))
    if not numbers:
        return []
    people = User.objects.filter(pk__in=numbers).order_by("name", "id")
    return [Kept(keeper=person, number=numbers[person.pk], here=False) for person in people]


@transaction.atomic
def give_notes(*, keeper: User, to: User, today: datetime.date, by: User) -> tuple[int, int]:
    """Give the privileged notes that somebody keeps to somebody else, on record with every note. Returns how many
    were given, and how many stay because their people do not want `to` to open their file.

    Raises ProgramError for who keeps no such notes here, and where there is nothing to give. A second time is refused
    so too, and changes nothing.
    """
    if keeper.pk == to.pk:
        raise ProgramError("Choose two different people.", field="to")
    if not _may_keep(today).filter(pk=to.pk).exists():
        raise ProgramError("Choose somebody whose role keeps privileged notes here.", field="to")
    rows = _privileged().select_for_update().filter(keeper=keeper).order_by("id")
    notes = list(rows.only("id", "track_id", "participant_id"))
    if not notes:
        raise ProgramError(f"{keeper.name} keeps no privileged notes here.", field="keeper")
    standing = Restriction.objects.filter(
        staff=to, lifted_on__isnull=True, participant__in={note.participant_id for note in notes}
    )
    closed = set(standing.order_by().values_list("participant_id", flat=True))
    given = [note for note in notes if note.participant_id not in closed]
    if not given:
        raise ProgramError(f"Their people do not want {to.name} to open their files. Choose somebody else.", field="to")
    Note.objects.filter(pk__in=[note.pk for note in given]).update(keeper=to)
    detail = {"from": str(keeper.pk), "to": str(to.pk), "count": len(given)}
    record("notes.reassigned", by=by, subjects=given, fields=["keeper"], detail=detail)
    return len(given), len(notes) - len(given)


def _privileged():
    return Note.objects.filter(visibility=Visibility.PRIVILEGED)


def _may_keep(today: datetime.date):
    return staff_with(Permission.KEEP_PRIVILEGED, track=active_track(), on=today)

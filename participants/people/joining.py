"""Two files of one person made one, and parted again.

The file that is kept takes over every stay with all that hangs on it; the other one stays under its reference and
leads to the kept one. Nothing that the kept file says of the person is changed.
"""

import datetime
from collections.abc import Iterator
from uuid import UUID

from django.db import models, transaction

from participants.audit.actions import record
from participants.enrollment.models import Enrollment
from participants.errors import ProgramError
from participants.people.actions import index_participant
from participants.people.models import BreakGlass, FileMerge, Participant, Restriction
from participants.people.restricting import OneFile, carry_restrictions
from participants.staff.models import User

# From a row of a stay to the stay, where it is not called so.
TO_STAY = {"credit": "requirement__enrollment"}
# One and several of what lies in a file.
LABELS = {
    "enrollment": ("stay", "stays"),
    "requirement": ("requirement", "requirements"),
    "credit": ("credit", "credits"),
    "attendance": ("record of attendance", "records of attendance"),
    "note": ("note", "notes"),
    "exitproposal": ("proposed exit", "proposed exits"),
    "recommendation": ("recommendation", "recommendations"),
}


@transaction.atomic
def merge_files(*, kept: Participant, absorbed: Participant, today: datetime.date, by: User) -> FileMerge:
    """Let one file of a person go on in another one. The same two again answer with the merge that stands.

    Raises ProgramError where that would lose something.
    """
    kept, absorbed = _both(kept.pk, absorbed.pk)
    standing = FileMerge.objects.filter(kept=kept, absorbed=absorbed, undone_on__isnull=True).first()
    if standing:
        return standing
    if sentence := why_not_merged(kept, absorbed):
        raise ProgramError(sentence, field="reference")
    moved: dict[str, list[str]] = {}
    for model in _moving():
        rows = model.objects.filter(participant=absorbed)
        ids = list(rows.order_by("pk").values_list("pk", flat=True))
        if ids:
            moved[model._meta.model_name] = [str(pk) for pk in ids]
            rows.update(participant=kept)
    absorbed.merged_into = kept
    _count_up(kept)
    _count_up(absorbed, "merged_into")
    before = set(Restriction.objects.order_by().values_list("pk", flat=True))
    carry_restrictions(participant=kept, others=[absorbed], today=today, by=by)
    carried = set(Restriction.objects.order_by().values_list("pk", flat=True)) - before
    merge = FileMerge.objects.create(
        kept=kept,
        absorbed=absorbed,
        moved={"rows": moved, "restrictions": sorted(str(pk) for pk in carried)},
        merged_on=today,
        merged_by=by,
    )
    _index(kept, absorbed)
    counts = {name: len(ids) for name, ids in moved.items()}
    record("participants.merged", by=by, subjects=[kept, absorbed], detail={"moved": counts})
    return merge


@transaction.atomic
def undo_merge(*, merge: FileMerge, today: datetime.date, by: User) -> FileMerge:
    """Give a file back what went over to another one. Raises ProgramError where something would lose its place."""
    merge = FileMerge.objects.select_for_update().get(pk=merge.pk)
    if merge.undone_on:
        return merge
    kept, absorbed = _both(merge.kept_id, merge.absorbed_id)
    if kept.merged_into_id:
        raise ProgramError("The file that was kept is part of a third one by now. Undo that first.")
    moved = merge.moved["rows"]
    _check_nothing_new(kept, moved)
    for model in _moving():
        model.objects.filter(pk__in=moved.get(model._meta.model_name, ())).update(participant=absorbed)
    absorbed.merged_into = None
    _count_up(kept)
    _count_up(absorbed, "merged_into")
    Restriction.objects.filter(pk__in=merge.moved["restrictions"]).delete()
    # What the person has asked for since stands on both of their files.
    carry_restrictions(participant=absorbed, today=today, by=by)
    merge.undone_on, merge.undone_by = today, by
    merge.save(update_fields=("undone_on", "undone_by"))
    _index(kept, absorbed)
    record("participants.merge_undone", by=by, subjects=[kept, absorbed])
    return merge


def why_not_merged(kept: Participant, absorbed: Participant) -> str | None:
    """Why two files cannot become one, in a sentence; None if they can."""
    if kept.pk == absorbed.pk:
        return "This is the same file."
    if absorbed.merged_into_id or kept.merged_into_id:
        return "One of the two is part of another file already. Take that one."
    if Participant.objects.filter(merged_into=absorbed).exists():
        return "Another file is part of that one. Open that one and merge this one into it."
    active = Enrollment.objects.filter(participant__in=(kept, absorbed), status=Enrollment.Status.ACTIVE)
    if active.count() > 1:
        return "Both files have an active stay, and a person has one at a time. End one of them first."
    one, other = OneFile(participant=kept), OneFile(participant=absorbed)
    closed = set((one.restrictions() | other.restrictions()).order_by().values_list("staff_id", flat=True))
    if working := User.objects.filter(pk__in=(one.workers | other.workers) & closed).order_by("name").first():
        return (
            f"{working.name} works on one of the two and may not open the other, as the person wishes. "
            "Hand the stay over to somebody else first."
        )
    return None


def what_moves(absorbed: Participant) -> list[tuple[str, int]]:
    """What a file would give to another one: in words, and how many."""
    counted = ((model._meta.model_name, model.objects.filter(participant=absorbed).count()) for model in _moving())
    return [(_label(name, number), number) for name, number in counted if number]


def merges_of(participant: Participant) -> list[FileMerge]:
    """The files that are part of this one, latest first. One statement."""
    rows = FileMerge.objects.filter(kept=participant, undone_on__isnull=True)
    return list(rows.select_related("absorbed", "merged_by").order_by("-merged_on", "-id"))


def _moving() -> Iterator[type[models.Model]]:
    """The models whose rows lie in a participant's file. Restrictions are carried over, not moved; what a manager
    opened by break-glass was that file, and opens no other one."""
    for relation in Participant._meta.get_fields(include_hidden=True):
        lies_in_file = relation.auto_created and not relation.concrete and relation.field.name == "participant"
        if lies_in_file and relation.related_model not in (Restriction, BreakGlass):
            yield relation.related_model


def _check_nothing_new(kept: Participant, moved: dict[str, list[str]]) -> None:
    stays = moved.get("enrollment", [])
    for model in _moving():
        name = model._meta.model_name
        names = {field.name for field in model._meta.concrete_fields}
        path = TO_STAY.get(name) or ("enrollment" if "enrollment" in names else None)
        if path is None:
            continue
        new = model.objects.filter(**{f"{path}__in": stays, "participant": kept}).exclude(pk__in=moved.get(name, ()))
        if new.exists():
            raise ProgramError(
                f"Something was added to a stay of the other file since ({_label(name)}). It would lose its "
                "place, so the two stay one."
            )


def _both(one: UUID, two: UUID) -> tuple[Participant, Participant]:
    """Both files, locked in one order whoever asks."""
    rows = {row.pk: row for row in Participant.objects.select_for_update().filter(pk__in=(one, two)).order_by("pk")}
    return rows[one], rows[two]


def _label(name: str, number: int = 0) -> str:
    return LABELS.get(name, (name, name))[number != 1]


def _count_up(row: Participant, *fields: str) -> None:
    row.version += 1
    row.save(update_fields=(*fields, "version"))


def _index(*files: Participant) -> None:
    for row in files:
        index_participant(row)

"""Value history: what a field of a record held before a change, and what after, in the words of a page.

The events say who changed which field; here stand the values, sealed. Everything of a case and of the stay that grew
out of it is filed under the case, everything of the person's file under the participant: cases never move when files
are made one and parted again, and a restricted case or file closes its history with it.
"""

import datetime
from collections.abc import Iterable
from uuid import UUID

from django.apps import apps
from django.db import models
from django.utils import timezone

from participants.audit.models import FieldChange

Before = dict[str, object]
# Which rows of a file a change is filed under.
CASE, FILE = "referral", "participant"


def keep_changes(row: models.Model, before: Before, *, by, at: datetime.datetime) -> list[FieldChange]:
    """Keep what changed on a row: `before` holds the values that the fields had, by name. One statement, none where
    nothing changed. `at` is the instant of the event that says so."""
    return keep_all([(row, before)], by=by, at=at)


def keep_all(changes: Iterable[tuple[models.Model, Before]], *, by, at: datetime.datetime) -> list[FieldChange]:
    """Keep what changed on many rows. One statement, however many rows and fields.

    A foreign key is told by the name of what it points to, so the rows and `before` hold it loaded.
    """
    kept = []
    for row, before in changes:
        (kind, subject_id), prefix, about = _case_or_file(row), _prefix(row), getattr(row, "known_as", "")
        for name, old in before.items():
            new = getattr(row, name)
            if old == new:
                continue
            words = [_with(about, _in_words(row, name, value)) for value in (old, new)]
            kept.append(
                FieldChange(
                    kind=kind,
                    subject_id=subject_id,
                    field=f"{prefix}{name}",
                    before=words[0],
                    after=words[1],
                    changed_at=at,
                    changed_by=by,
                )
            )
    if kept:
        FieldChange.objects.bulk_create(kept)
    return kept


def label_of(change: FieldChange) -> str:
    """What the changed field is called on a page: "defense counsel", "caseworker"."""
    model, _, name = change.field.rpartition(".")
    return str(apps.get_model("participants", model or change.kind)._meta.get_field(name).verbose_name)


def forget_changes(ids: Iterable[UUID]) -> None:
    """Delete the history of cases or participants that are erased."""
    FieldChange.objects.filter(subject_id__in=list(ids)).delete()


def _case_or_file(row: models.Model) -> tuple[str, UUID]:
    if row._meta.model_name in (CASE, FILE):
        return row._meta.model_name, row.pk
    return CASE, getattr(row, "referral_id", None) or row.enrollment.referral_id


def _prefix(row: models.Model) -> str:
    """Before the name of a field that is neither the case's nor the participant's: "requirement."."""
    return "" if row._meta.model_name in (CASE, FILE) else f"{row._meta.model_name}."


def _with(about: str, words: str) -> str:
    return f"{about}: {words}" if about and words else words


def _in_words(row: models.Model, name: str, value: object) -> str:
    """A value as a page would say it; days as YYYY-MM-DD, instants with the minutes of the program's clock."""
    if value is None or value == "":
        return ""
    if (words := getattr(row, "in_words", {}).get(name)) is not None:
        return words(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime.datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, models.Model):
        return getattr(value, "known_as", None) or str(value)
    if isinstance(value, dict):
        return "; ".join(f"{key}: {told}" for key, told in value.items())
    choices = dict(row._meta.get_field(name).flatchoices)
    return str(choices.get(value, value))

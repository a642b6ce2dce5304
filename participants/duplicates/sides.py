"""Two cases side by side: what each field says in words, and whether the two agree."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.dateformat import format as format_date

from participants.people.languages import language_name
from participants.referrals.case import FIELDS
from participants.referrals.models import Referral


@dataclass(frozen=True)
class Side:
    """One field of two cases, as a page shows it."""

    field: str
    label: str
    one: str
    other: str
    differs: bool


def sides(one: Referral, other: Referral, fields: Iterable[str] = FIELDS) -> list[Side]:
    """What two cases say, field by field; what neither says is left out."""
    found = []
    for field in fields:
        label = str(Referral._meta.get_field(field).verbose_name).capitalize()
        mine, theirs = in_words(one, field), in_words(other, field)
        if mine or theirs:
            found.append(Side(field, label, mine, theirs, getattr(one, field) != getattr(other, field)))
    return found


def in_words(referral: Referral, field: str) -> str:
    """The value of a field as a page shows it; "" where nothing is known."""
    value = getattr(referral, field)
    if value is None or value == "":
        return ""
    if field == "language":
        return language_name(value)
    if hasattr(value, "isoformat"):
        return format_date(value, "F j, Y")
    display = getattr(referral, f"get_{field}_display", None)
    return str(display() if display else value)

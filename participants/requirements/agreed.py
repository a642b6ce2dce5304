"""What a person agreed to do, as an agreement lists it: lowered, left out or waived when it was signed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.text import slugify

from participants.errors import ProgramError
from participants.requirements.rules import NEVER_A_BAR, Kind, amount, plain


@dataclass(frozen=True)
class Agreed:
    """One requirement of an agreement. `quantity` in the unit of its kind; `waived` where the person cannot pay."""

    kind: str
    quantity: Decimal
    service: str = ""
    waived: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.service

    @property
    def title(self) -> str:
        return self.service or Kind(self.kind).label

    @property
    def may_be_waived(self) -> bool:
        return self.kind in NEVER_A_BAR

    @property
    def text(self) -> str:
        """In words: "Community-service hours: 20 hours", "Fee: $200, waived"."""
        return f"{self.title}: {amount(self.kind, self.quantity)}{', waived' if self.waived else ''}"


def read_agreed(rows: Iterable[dict]) -> list[Agreed]:
    """The list as an agreement keeps it, as values."""
    return [
        Agreed(row["kind"], Decimal(row["quantity"]), row.get("service", ""), row.get("waived", False)) for row in rows
    ]


def write_agreed(agreed: Iterable[Agreed]) -> list[dict]:
    """The values as an agreement keeps them: quantities as text, exact.

    >>> write_agreed([Agreed("fee", Decimal("150.00"), waived=True)])
    [{'kind': 'fee', 'quantity': '150', 'service': '', 'waived': True}]
    """
    return [
        {"kind": row.kind, "quantity": str(plain(row.quantity)), "service": row.service, "waived": row.waived}
        for row in agreed
    ]


def limits_of(before: Sequence[Agreed], may_ask: Sequence[Agreed]) -> list[Agreed]:
    """The most that a new version of an agreement can ask: what was agreed before, never more of it, and what the
    track asks beside that."""
    known = {row.key for row in before}
    return [*(replace(row, waived=False) for row in before), *(row for row in may_ask if row.key not in known)]


def check_agreed(agreed: Sequence[Agreed], *, limits: Sequence[Agreed]) -> None:
    """Raise ProgramError for a requirement that the track does not ask, asks less of, or that is listed twice."""
    most = {row.key: row.quantity for row in limits}
    if len({row.key for row in agreed}) < len(agreed):
        raise ProgramError("A requirement is listed twice.")
    for row in agreed:
        if row.key not in most:
            raise ProgramError(f"The program does not ask for this: {row.title}. Look at the list again.")
        if row.quantity <= 0:
            raise ProgramError(f"{row.title}: leave it out instead of asking for nothing.", field=field_of(row))
        if row.quantity > most[row.key]:
            at_most = amount(row.kind, most[row.key])
            raise ProgramError(f"{row.title}: not more than {at_most} can be agreed here.", field=field_of(row))
        if row.waived and not row.may_be_waived:
            raise ProgramError(f"{row.title}: only a fee is waived. Leave it out instead.", field=field_of(row))


def field_of(row: Agreed) -> str:
    """The name of the form field for a requirement."""
    return f"ask_{row.kind}" + (f"_{slugify(row.service, allow_unicode=True)}" if row.service else "")

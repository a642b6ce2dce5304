"""Rules of requirements: what an agreement may ask, and when it is met. Pure decisions on plain values."""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from django.db.models import TextChoices
from django.utils.formats import date_format

from participants.errors import ProgramError
from participants.sessions.rules import Attended, in_minutes
from participants.sessions.rules import Kind as SessionKind


class Kind(TextChoices):
    CLASS_HOURS = "class_hours", "Class hours"
    COMMUNITY_SERVICE_HOURS = "community_service_hours", "Community-service hours"
    FEE = "fee", "Fee"
    OWN_CHOICE_SESSIONS = "own_choice_sessions", "Sessions of the person's own choice"


UNITS = {
    Kind.CLASS_HOURS: "hours",
    Kind.COMMUNITY_SERVICE_HOURS: "hours",
    Kind.FEE: "dollars",
    Kind.OWN_CHOICE_SESSIONS: "sessions",
}


class Basis(TextChoices):
    """Why the requirement is asked."""

    STATUTE = "statute", "Statute"
    STANDARD = "standard", "Standard set"
    ASSESSED = "assessed", "Assessed need"


# Kinds that are credited by a person with proof; the others count sessions attended and nothing else.
CREDITED = frozenset({Kind.COMMUNITY_SERVICE_HOURS, Kind.FEE})
# Inability to pay is never a bar, so a fee that is not paid holds nothing up.
NEVER_A_BAR = frozenset({Kind.FEE})
# Kinds of session whose minutes count towards a kind of requirement.
HOURS_FROM = {
    Kind.CLASS_HOURS: SessionKind.CLASS,
    Kind.COMMUNITY_SERVICE_HOURS: SessionKind.COMMUNITY_SERVICE,
}
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Asked:
    """One requirement as plain values. `quantity` in the unit of its kind."""

    id: UUID
    kind: str
    title: str
    quantity: Decimal
    asked_on: datetime.date
    reduced_from: Decimal | None = None
    waived_on: datetime.date | None = None


@dataclass(frozen=True)
class Earned:
    """A credit as plain values. `quantity` in the unit of the requirement."""

    on: datetime.date
    quantity: Decimal


@dataclass(frozen=True)
class Counted:
    """One session or credit that counts: what it was, and what it adds in the unit of the requirement."""

    on: datetime.date
    text: str
    quantity: Decimal


@dataclass(frozen=True)
class Progress:
    """How far one requirement is, and why. The quantities of `counting` add up to `done`."""

    title: str
    kind: str
    unit: str
    needed: Decimal
    done: Decimal
    met: bool
    met_on: datetime.date | None
    waived: bool
    counting: tuple[Counted, ...]
    missing: str
    id: UUID | None = None
    waived_on: datetime.date | None = None
    reduced_from: Decimal | None = None

    @property
    def is_open(self) -> bool:
        return not (self.met or self.waived)

    @property
    def holds_up(self) -> bool:
        """Whether completion waits for it."""
        return self.is_open and self.kind not in NEVER_A_BAR

    @property
    def takes_credit(self) -> bool:
        return self.kind in CREDITED and not self.waived

    @property
    def reduced_text(self) -> str:
        return "" if self.reduced_from is None else amount(self.kind, self.reduced_from)

    @property
    def text(self) -> str:
        """What is done of what is asked: "6 of 8 hours"."""
        if self.kind == Kind.FEE:
            return f"{amount(self.kind, self.done)} of {amount(self.kind, self.needed)}"
        return f"{plain(self.done)} of {amount(self.kind, self.needed)}"


def plain(quantity: Decimal) -> Decimal:
    """Without needless zeros: 8, 2.5, 0.33.

    >>> str(plain(Decimal("8.00"))), str(plain(Decimal("2.50"))), str(plain(Decimal("20")))
    ('8', '2.5', '20')
    """
    return quantity.quantize(Decimal(1)) if quantity == quantity.to_integral_value() else quantity.normalize()


def amount(kind: str, quantity: Decimal) -> str:
    """A quantity in words: "1 hour", "2.5 hours", "$150", "3 sessions"."""
    if kind == Kind.FEE:
        return f"${plain(quantity)}" if quantity == quantity.to_integral_value() else f"${quantity:.2f}"
    unit = UNITS[kind]
    return f"{plain(quantity)} {unit.removesuffix('s') if quantity == 1 else unit}"


def progress(asked: Asked, facts: list[Attended], credits: list[Earned]) -> Progress:
    """What counts towards one requirement, what is missing, and the day on which it was met.

    Hours come from minutes actually attended, summed up exactly and never rounded up: three classes of 20 minutes
    are one hour, three of 19 are not. Sessions of the person's own choice count one each, of whatever kind.
    Met on the day on which the running total reached what is asked.
    """
    counting: list[Counted] = []
    met_on = asked.asked_on if asked.quantity <= 0 else None
    total = Fraction(0)
    shown = Decimal(0)
    for on, text, quantity in sorted(_countable(asked.kind, facts, credits), key=lambda item: item[0]):
        total += quantity
        # Each line shows what it adds to the total as shown, so that the lines add up to it.
        reached = _hundredths(total)
        counting.append(Counted(on, text, plain(reached - shown)))
        shown = reached
        if met_on is None and total >= asked.quantity:
            met_on = on
    waived = asked.waived_on is not None
    met = met_on is not None and not waived
    return Progress(
        title=asked.title,
        kind=asked.kind,
        unit=UNITS[asked.kind],
        needed=plain(asked.quantity),
        done=plain(shown),
        met=met,
        met_on=met_on if met else None,
        waived=waived,
        counting=tuple(counting),
        missing="" if met or waived else _missing(asked.kind, asked.quantity - shown),
        id=asked.id,
        waived_on=asked.waived_on,
        reduced_from=None if asked.reduced_from is None else plain(asked.reduced_from),
    )


def _countable(kind: str, facts: list[Attended], credits: list[Earned]) -> list[tuple[datetime.date, str, Fraction]]:
    """Date, words and exact quantity of everything that counts."""
    if kind == Kind.OWN_CHOICE_SESSIONS:
        return [(fact.on, fact.name, Fraction(1)) for fact in facts]
    items = []
    if kind in HOURS_FROM:
        items += [
            (fact.on, f"{fact.name}, {in_minutes(fact.minutes)}", Fraction(fact.minutes, 60))
            for fact in facts
            if fact.kind == HOURS_FROM[kind] and fact.minutes
        ]
    if kind in CREDITED:
        word = "paid" if kind == Kind.FEE else "verified"
        items += [
            (credit.on, f"{amount(kind, credit.quantity)} {word}", Fraction(credit.quantity)) for credit in credits
        ]
    return items


def _hundredths(total: Fraction) -> Decimal:
    """Cut to hundredths; `needed` has no more than these, so the cut decides nothing."""
    return Decimal(total.numerator * 100 // total.denominator) * CENT


def _missing(kind: str, quantity: Decimal) -> str:
    if kind == Kind.FEE:
        return f"{amount(kind, quantity)} is not paid yet."
    verb = "is" if quantity == 1 else "are"
    return f"{amount(kind, quantity)} {verb} missing."


def all_met(progresses: list[Progress]) -> datetime.date | None:
    """The day on which the last requirement was met or waived; None while one that completion waits for is open.

    A fee that is not paid never holds it up. None too when nothing at all is settled.
    """
    if any(item.holds_up for item in progresses):
        return None
    days = [day for item in progresses if (day := item.met_on or item.waived_on)]
    return max(days, default=None)


def check_may_ask(kind: str, service: str, *, kinds: frozenset[str], may_name_service: bool) -> None:
    """What a track may ask: in services nothing that names a service, for help is never a condition."""
    if kind not in kinds:
        raise ProgramError("This track does not ask for requirements of this kind.", field="kind")
    if service and not may_name_service:
        raise ProgramError("In this track a requirement names no service: the person chooses.", field="service")


def check_credit(
    kind: str, quantity: Decimal, earned_on: datetime.date, *, placed_on: datetime.date, today: datetime.date
) -> None:
    """A credit is for hours served or money paid, on a day between placement and today."""
    if kind not in CREDITED:
        raise ProgramError("This requirement counts sessions attended. Record them on the session's page.")
    if quantity <= 0:
        raise ProgramError("Enter more than zero.", field="quantity")
    if earned_on > today:
        raise ProgramError("This day is still to come.", field="earned_on")
    if earned_on < placed_on:
        raise ProgramError(f"This is before the person was placed, on {date_format(placed_on)}.", field="earned_on")


def check_reduction(now: Decimal, quantity: Decimal | None) -> None:
    if quantity is None:
        raise ProgramError("Enter how much is asked from now on.", field="quantity")
    if quantity <= 0:
        raise ProgramError("To ask for nothing, waive the requirement.", field="quantity")
    if quantity >= now:
        raise ProgramError(f"Enter less than what is asked now, {plain(now)}.", field="quantity")

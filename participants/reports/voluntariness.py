"""The voluntariness panel: how the offers of a period were made and answered. Counts and rates only, nobody's name.

Source: NAPSA diversion standards (2008): informed choice, counsel before deciding, no penalty for declining.
"""

import csv
import datetime
import io
import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Min

from participants.audit.actions import record
from participants.consent.models import Offer
from participants.consent.rules import TIME_TO_DECIDE, Counsel, Decision, Place, elapsed
from participants.people.languages import language_name
from participants.reports.formats import harmless
from participants.reports.rules import Rate
from participants.staff.models import User

# Of fewer offers with an end nobody can say that a decline rate of 0 % means anything.
MEANINGFUL = 10
CHANGED = "accepted, then declined"
OF_ENDED = f"(accepted + declined + lapsed); waiting offers left out; “{CHANGED}” counts as accepted"
FIELDS = (
    "made_at",
    "made_on",
    "accepted_at",
    "decided_at",
    "decision",
    "place",
    "language",
    "counsel",
    "with_interpreter",
)


@dataclass(frozen=True)
class OfferFacts:
    """What the panel looks at of one offer. `signed_at` is the first version of its agreement."""

    made_at: datetime.datetime
    made_on: datetime.date
    accepted_at: datetime.datetime | None
    decided_at: datetime.datetime | None
    decision: str
    place: str
    language: str
    counsel: str
    with_interpreter: bool
    certified_on: datetime.date | None
    signed_at: datetime.datetime | None

    @property
    def changed_mind(self) -> bool:
        """Whether the person accepted first and declined later."""
        return self.accepted_at is not None and self.decision == Decision.DECLINED

    @property
    def was_certified(self) -> bool:
        """Whether the text was certified on the day on which it was read."""
        return self.certified_on is not None and self.certified_on <= self.made_on


@dataclass(frozen=True)
class Answers:
    """How a group of offers stands. A leaving after acceptance is no refusal of the offer: it is neither `accepted`,
    which stands, nor `declined`, and the rates count it by its first answer."""

    name: str
    made: int
    accepted: int
    accepted_then_declined: int
    declined: int
    lapsed: int
    waiting: int

    @property
    def ended(self) -> int:
        return self.accepted + self.accepted_then_declined + self.declined + self.lapsed

    @property
    def decline_rate(self) -> Rate:
        return Rate(self.declined, self.ended, f"declined / {OF_ENDED}")

    @property
    def acceptance_rate(self) -> Rate:
        return Rate(self.accepted + self.accepted_then_declined, self.ended, f"accepted / {OF_ENDED}")


@dataclass(frozen=True)
class Hours:
    """Whole hours to decide of `n` offers; None where there are none."""

    n: int
    median: float | None
    shortest: int | None
    formula: str = (
        "hours from the offer to the person's own first answer, yes or no; lapsed and waiting offers left out"
    )


@dataclass(frozen=True)
class Voluntariness:
    start: datetime.date
    end: datetime.date
    as_of: datetime.date
    total: Answers
    hours: Hours
    rates: tuple[tuple[str, Rate], ...]
    by_place: tuple[Answers, ...]
    by_language: tuple[Answers, ...]

    @property
    def nobody_declined(self) -> bool:
        """A decline rate of 0 % of a meaningful number is an alarm, not a success."""
        return self.total.declined == 0 and self.total.ended >= MEANINGFUL


def voluntariness_of(*, start: datetime.date, end: datetime.date, as_of: datetime.date) -> Voluntariness:
    """The offers made from `start` to `end`, both included, and what became of them until now. One statement."""
    rows = (
        Offer.objects.filter(made_on__range=(start, end))
        .order_by()
        .annotate(first_signed_at=Min("agreements__signed_at"))
        .values_list(*FIELDS, "text__certified_on", "first_signed_at")
    )
    offers = [OfferFacts(*row) for row in rows]
    return Voluntariness(
        start=start,
        end=end,
        as_of=as_of,
        total=answers("Total", offers),
        hours=hours_to_decide(offers),
        rates=rates_of(offers),
        by_place=_by_place(offers),
        by_language=_by_language(offers),
    )


def answers(name: str, offers: Iterable[OfferFacts]) -> Answers:
    stands = [CHANGED if offer.changed_mind else offer.decision for offer in offers]
    ways = (Decision.ACCEPTED, CHANGED, Decision.DECLINED, Decision.LAPSED, Decision.WAITING)
    return Answers(name, len(stands), *(stands.count(way) for way in ways))


def hours_to_decide(offers: Iterable[OfferFacts]) -> Hours:
    """Median: the middle value, or the mean of the two middle ones; an hour that has begun is not counted."""
    own = (Decision.ACCEPTED, Decision.DECLINED)
    hours = [
        int(elapsed(offer.made_at, offer.accepted_at or offer.decided_at).total_seconds() // 3600)
        for offer in offers
        if offer.decision in own
    ]
    return Hours(len(hours), statistics.median(hours), min(hours)) if hours else Hours(0, None, None)


def rates_of(offers: list[OfferFacts]) -> tuple[tuple[str, Rate], ...]:
    """Every rate of the panel by its name, with what it is made of."""
    custody = answers("", [offer for offer in offers if offer.place == Place.CUSTODY])
    others = answers("", [offer for offer in offers if offer.place != Place.CUSTODY])
    told = [offer.counsel for offer in offers if offer.counsel]
    signed = [offer for offer in offers if offer.signed_at]
    early = [offer for offer in signed if elapsed(offer.made_at, offer.signed_at) < TIME_TO_DECIDE]
    of_told = "offers with a counsel answer"
    return (
        ("Decline rate", answers("", offers).decline_rate),
        ("Offers made in custody", Rate(custody.made, len(offers), "offers made in custody / offers made")),
        ("Acceptance of offers made in custody", custody.acceptance_rate),
        ("Acceptance of all other offers", others.acceptance_rate),
        (
            "Signed within 24 hours, at own wish",
            Rate(len(early), len(signed), "signed less than 24 hours after the offer / agreements signed"),
        ),
        ("Lawyer consulted", Rate(told.count(Counsel.CONSULTED), len(told), f"lawyer consulted / {of_told}")),
        ("Lawyer declined", Rate(told.count(Counsel.DECLINED), len(told), f"declined in writing / {of_told}")),
        (
            "With an interpreter",
            Rate(sum(offer.with_interpreter for offer in offers), len(offers), "with an interpreter / offers made"),
        ),
        (
            "By a text that was not certified",
            Rate(
                sum(not offer.was_certified for offer in offers),
                len(offers),
                "text not certified on the day of the offer / offers made",
            ),
        ),
    )


def _by_place(offers: list[OfferFacts]) -> tuple[Answers, ...]:
    return tuple(answers(place.label, [offer for offer in offers if offer.place == place]) for place in Place)


def _by_language(offers: list[OfferFacts]) -> tuple[Answers, ...]:
    groups = defaultdict(list)
    for offer in offers:
        groups[language_name(offer.language)].append(offer)
    return tuple(answers(name, groups[name]) for name in sorted(groups))


def as_csv(panel: Voluntariness) -> str:
    """One line per figure: its group, its name, the value, and what it is made of."""
    rows = [("answers", part, getattr(panel.total, part), "", "", "") for part in PARTS]
    rows += [
        ("hours to decide", "median", panel.hours.median, "", panel.hours.n, panel.hours.formula),
        ("hours to decide", "shortest", panel.hours.shortest, "", panel.hours.n, panel.hours.formula),
    ]
    rows += [("rates", name, *_cells(rate)) for name, rate in panel.rates]
    for heading, groups in (("by place", panel.by_place), ("by language", panel.by_language)):
        for group in groups:
            rows += [(heading, f"{group.name}: {part}", getattr(group, part), "", "", "") for part in PARTS]
            rows.append((heading, f"{group.name}: decline rate", *_cells(group.decline_rate)))
    text = io.StringIO()
    writer = csv.writer(text)
    period = (panel.start.isoformat(), panel.end.isoformat(), panel.as_of.isoformat())
    writer.writerow(("from", "to", "as_of", "group", "figure", "value", "numerator", "denominator", "formula"))
    writer.writerows([harmless(value) for value in (*period, *row)] for row in rows)
    return text.getvalue()


PARTS = ("made", "accepted", "accepted_then_declined", "declined", "lapsed", "waiting")


def _cells(rate: Rate) -> tuple:
    return rate.value, rate.numerator, rate.denominator, rate.formula


@transaction.atomic
def export_voluntariness(*, panel: Voluntariness, by: User) -> str:
    """The panel as CSV; every export is on record."""
    detail = {"from": panel.start.isoformat(), "to": panel.end.isoformat(), "audience": "internal"}
    record("report.exported", by=by, detail={"report": "voluntariness", "format": "csv", **detail})
    return as_csv(panel)

"""What a check of the audit trail found, in words that a privacy officer understands."""

import datetime
from dataclasses import dataclass, field
from uuid import UUID

from participants.seals.chains import Chain, instant_of

# Findings that one report lists; the others are counted.
LISTED = 200


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was sealed. `at` and `action` are the event's, where they can still be read."""

    kind: str
    words: str
    seal: int | None = None
    event: UUID | None = None
    at: datetime.datetime | None = None
    action: str = ""

    def as_json(self) -> dict:
        return {
            "kind": self.kind,
            "seal": self.seal,
            "event": str(self.event) if self.event else None,
            "at": self.at.isoformat() if self.at else None,
            "action": self.action,
            "words": self.words,
        }


@dataclass
class Report:
    """What is known of one chain after the check. `notes` are worth reading and no sign of tampering by themselves."""

    chain: Chain
    seals: int = 0
    events: int = 0
    newest: int = 0
    newest_at: datetime.datetime | None = None
    waiting: int = 0
    waiting_since: datetime.datetime | None = None
    heads: int = 0
    findings: list[Finding] = field(default_factory=list)
    found: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def proven(self) -> bool:
        return not self.found

    def add(self, kind: str, words: str, **about) -> None:
        self.found += 1
        if len(self.findings) < LISTED:
            self.findings.append(Finding(kind, words, **about))

    def add_event(self, kind: str, what: str, event: UUID, *, fact=None, seal: int | None = None) -> None:
        """A finding about one event, named as well as it still can be."""
        at = fact.at if fact and isinstance(fact.at, datetime.datetime) else instant_of(event)
        action = str(fact.action) if fact else ""
        named = f" ({action})" if action else ""
        self.add(kind, f"The event {event} of {told(at)}{named} {what}", event=event, at=at, action=action, seal=seal)

    def as_json(self) -> dict:
        return {
            "chain": self.chain.name,
            "track": str(self.chain.id) if self.chain.id else None,
            "proven": self.proven,
            "seals": self.seals,
            "events": self.events,
            "newest_seal": {"number": self.newest, "at": self.newest_at.isoformat()} if self.newest_at else None,
            "not_sealed_yet": {
                "events": self.waiting,
                "since": self.waiting_since.isoformat() if self.waiting_since else None,
            },
            "heads": self.heads,
            "findings": [finding.as_json() for finding in self.findings],
            "findings_not_listed": self.found - len(self.findings),
            "notes": self.notes,
        }

    def lines(self) -> list[str]:
        """The report in sentences."""
        said = "proven" if self.proven else f"NOT PROVEN, {counted(self.found, 'finding')}"
        last = f", the last of {told(self.newest_at)}" if self.newest_at else ""
        lines = [
            f"{self.chain.name}: {said}. {counted(self.seals, 'seal')} over {counted(self.events, 'event')}{last}.",
        ]
        if self.waiting:
            since = f"{counted(self.waiting, 'event')}, the first of {told(self.waiting_since)}"
            lines.append(f"  Not sealed yet, so not proven: {since}.")
        lines += [f"  - {finding.words}" for finding in self.findings]
        if more := self.found - len(self.findings):
            lines.append(f"  - and {counted(more, 'finding')} more.")
        return lines + [f"  Note: {note}" for note in self.notes]


def told(instant: datetime.datetime | None) -> str:
    if instant is None:
        return "an unknown time"
    return f"{instant.astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S} UTC"


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def numbers(first: int, last: int) -> str:
    """Seals by their numbers: "seal 4", "seals 4 to 9"."""
    return f"seal {first}" if first == last else f"seals {first} to {last}"


def ranges(found: list[int]) -> list[tuple[int, int]]:
    """Numbers in their order, put together where one follows the other."""
    put: list[tuple[int, int]] = []
    for number in sorted(found):
        if put and number <= put[-1][1] + 1:
            put[-1] = (put[-1][0], number)
        else:
            put.append((number, number))
    return put

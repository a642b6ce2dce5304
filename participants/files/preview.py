"""What a file would bring, row by row, before anything of it is stored. Made anew from the file at each look."""

import datetime
from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import TextChoices

from participants.files.intake import MOST_COMPARED, SAY_WHICH, Judgement, Outcome, judge, sort_to_tracks
from participants.files.models import WaitingFile
from participants.files.sheet import Refusal, Row, Sheet, read
from participants.referrals.rules import NOT_HERE, Status
from participants.tracks.scope import active_track


class Verdict(TextChoices):
    """What becomes of a row, in the order in which a page names them."""

    NEW = "new", "New"
    ALIKE = "alike", "Possible duplicate"
    SAME = "same", "Already here"
    UNDECIDED = "undecided", "Undecided track"
    ELSEWHERE = "elsewhere", "Other track"
    REFUSED = "refused", "Refused"


# Rows that are received.
GOOD = (Verdict.NEW, Verdict.ALIKE)
# Reasons that are verdicts of their own.
VERDICTS = {SAY_WHICH: Verdict.UNDECIDED, NOT_HERE: Verdict.ELSEWHERE}


@dataclass(frozen=True)
class Line:
    """One row of the file. Who it is about is said of rows that belong to this track, or may."""

    number: int
    verdict: Verdict
    name: str = ""
    case_number: str = ""
    charge: str = ""
    # Under 18: received as stopped.
    stopped: bool = False
    # Its charge decides nothing, and the uploader has put it into this track.
    taken: bool = False
    # The stored referrals that it meets.
    meets: tuple[UUID, ...] = ()
    refusals: tuple[Refusal, ...] = ()


@dataclass
class Preview:
    """A file as its uploader sees it: `rows` are those of this track, `set_aside` counts those that may be."""

    sheet: Sheet
    rows: list[Row]
    refused: list[Refusal]
    judgement: Judgement = field(default_factory=Judgement)
    taken: frozenset[int] = frozenset()

    @property
    def unreadable(self) -> str:
        """Why the file holds nothing to look at; "" when it does, or when only columns have to be named."""
        return "" if self.sheet.count or self.sheet.missing else self.sheet.refused[0].problem

    @property
    def set_aside(self) -> int:
        """Rows that cannot be read, or whose track is not decided: of those of the other track nothing is kept."""
        return len({refusal.row for refusal in self.refused if refusal.problem != NOT_HERE})

    @property
    def outcome(self) -> Outcome:
        fresh = self.judgement.fresh
        return Outcome(
            rows=self.sheet.count,
            new=len(fresh),
            same=len(self.judgement.good) - len(fresh),
            possible_duplicate=sum(row.possible_duplicate for row in fresh),
            refused=sorted([*self.refused, *self.judgement.refused], key=lambda refusal: refusal.row),
        )

    @property
    def compared(self) -> bool:
        """Whether likely duplicates were looked for, and not equal ones only."""
        return len(self.judgement.fresh) <= MOST_COMPARED

    @property
    def stopped(self) -> int:
        """How many of the new rows are of people under 18."""
        return sum(row.referral.status == Status.STOPPED for row in self.judgement.fresh)

    def lines(self) -> list[Line]:
        """Every row once, in the order of the file."""
        values = {row.number: row.values for row in self.sheet.rows}
        found = [self._good(row) for row in self.judgement.good]
        reasons = defaultdict(list)
        for refusal in (*self.refused, *self.judgement.refused):
            reasons[refusal.row].append(refusal)
        for number, refusals in reasons.items():
            verdict = VERDICTS.get(refusals[0].problem, Verdict.REFUSED)
            known = values[number] if verdict == Verdict.UNDECIDED else {}
            who = {name: known.get(name, "") for name in ("name", "case_number", "charge")}
            found.append(Line(number, verdict, refusals=tuple(refusals), **who))
        return sorted(found, key=lambda line: line.number)

    def _good(self, row) -> Line:
        verdict = Verdict.SAME if row.same else Verdict.ALIKE if row.possible_duplicate else Verdict.NEW
        return Line(
            row.number,
            verdict,
            name=row.referral.name,
            case_number=row.referral.case_number,
            charge=row.referral.charge,
            stopped=row.referral.status == Status.STOPPED,
            taken=row.number in self.taken,
            meets=tuple({row.same_as, *row.alike} - {None}),
        )


def preview_of(waiting: WaitingFile, *, today: datetime.date, judged: bool = True, compare: bool = True) -> Preview:
    """Read a waiting file for the active track. Without `judged` only sorted, for who judges it in a moment;
    `compare` as in `judge`."""
    track = active_track()
    sheet = read(waiting.content, today=today, columns=waiting.columns, source=waiting.sender)
    taken = frozenset(waiting.taken)
    parts, refused = sort_to_tracks(sheet, track.program.charges, only=track.kind, taken=taken)
    rows = parts.get(track.kind, [])
    judgement = judge(rows, sheet, today=today, compare=compare) if judged else Judgement()
    decided = {row.number for row in rows if not row.values["track"]} & taken
    return Preview(sheet, rows, [*sheet.refused, *refused], judgement, frozenset(decided))


def counted(lines: list[Line]) -> Counter:
    return Counter(line.verdict for line in lines)


def shown_of(lines: list[Line], verdict: str | None) -> list[Line]:
    """The lines of one verdict, or all. Rows that the uploader has decided stay among the undecided ones, where
    that can be taken back."""
    if verdict == Verdict.UNDECIDED:
        return [line for line in lines if line.verdict == verdict or line.taken]
    return [line for line in lines if verdict in (None, line.verdict)]


def page_after(lines: list[Line], number: int, size: int) -> tuple[list[Line], int | None]:
    """The lines after a row number, and the number after which the next page begins; None on the last page."""
    start = bisect_right([line.number for line in lines], number)
    page = lines[start : start + size]
    return page, page[-1].number if len(lines) > start + size else None

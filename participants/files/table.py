"""What a file of either kind is before its columns are known: numbered rows of cells, and notes on how it was read."""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

LARGEST = 10 * 1024 * 1024
# More rows than this belong into several files. Rows without content count towards the second bound only.
MOST_ROWS = 50_000
MOST_ROWS_LOOKED_AT = 200_000
TOO_MANY_ROWS = "The file has more than 50,000 rows. Send it in parts."
# A cell longer than this is a missing quotation mark (the bound of Python's own CSV reader).
LONGEST_CELL = 131_072
UNREADABLE = "This row cannot be read: a quotation mark is missing or one too many, or a cell is far too long."

Cell = str | float | bool | datetime.date | datetime.datetime | datetime.time | datetime.timedelta


@dataclass(frozen=True, slots=True)
class Refusal:
    """One value that could not be taken. `row` as a spreadsheet counts, the header being row 1."""

    row: int
    column: str
    problem: str


class FileProblem(Exception):
    """The file as a whole cannot be read."""

    def __init__(self, problem: str, *, row: int = 1, column: str = ""):
        super().__init__(problem)
        self.refusal = Refusal(row, column, problem)


@dataclass
class Table:
    """`records` begin with the header; None stands for a row that cannot be read. `why_empty` says for the place
    of an empty cell (row as numbered, column from 0) why there is nothing, if that is known."""

    records: Iterator[tuple[int, list[Cell] | None]]
    notes: list[str] = field(default_factory=list)
    why_empty: Callable[[int, int], str | None] = lambda row, column: None
    # From which dates that are written as bare numbers are counted; None where there are none.
    day_zero: datetime.date | None = None

"""The cells of one sheet of an XLSX file, seen by a streaming parser: how far they reach, and why some are empty."""

import re
from bisect import bisect_right, insort

from participants.files.table import FileProblem

MOST_CELLS = 2_000_000  # of the rectangle around everything in a sheet; the reader makes all of them
MOST_TEXT = 30_000_000  # characters of shared texts, counted as often as cells name them
MOST_NOTED = 10_000  # places that are remembered to say why a cell is empty
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")

DAMAGED = "This spreadsheet file is damaged, or it is not an .xlsx file. Save it anew as .xlsx, or as “CSV UTF-8”."
UNFOLDS = "This spreadsheet unfolds to far more than a list of cases. Copy the cases into a new one and send that."
FAR_AWAY = "The cells of a sheet reach from {} to {}. Delete what is far away from the cases, or copy them elsewhere."
NO_RESULT = "This cell holds a formula without a result. Open the file in your spreadsheet program and save it anew."
ERROR = "This cell holds an error ({}) instead of a value."
MERGED = "This cell is merged with others, and only the first of them has a value. Unmerge them and fill in each row."


def place_of(text: str) -> tuple[int, int]:
    """Row and column, both from 0, of a place such as "B7". Raises FileProblem outside a sheet's bounds."""
    found = PLACE.fullmatch(text)
    if not found:
        raise FileProblem(DAMAGED)
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    row = int(found[2])
    if row > LAST_ROW or column > LAST_COLUMN:
        raise FileProblem(DAMAGED)
    return row - 1, column - 1


def name_of(row: int, column: int) -> str:
    """The place as a spreadsheet names it.

    >>> name_of(1048575, 16383)
    'XFD1048576'
    """
    letters, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


class Merged:
    """Merged places, asked by column: (first row, last row, row and column of the one that has the value)."""

    def __init__(self):
        self.columns: dict[int, list[tuple[int, int, int, int]]] = {}
        self.noted = 0

    def add(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        (top, left), (bottom, right) = place_of(first), place_of(last or first)
        for column in range(left, right + 1):
            if self.noted >= MOST_NOTED:
                return
            self.noted += 1
            insort(self.columns.setdefault(column, []), (top, bottom, top, left))

    def covers(self, row: int, column: int) -> bool:
        """Whether the place is one of those that a merge has emptied."""
        ranges = self.columns.get(column, [])
        at = bisect_right(ranges, (row, LAST_ROW, LAST_ROW, LAST_COLUMN)) - 1
        if at < 0:
            return False
        top, bottom, first_row, first_column = ranges[at]
        return top <= row <= bottom and (row, column) != (first_row, first_column)


class CellsReader:
    """Listens to the parser of one sheet. Raises FileProblem as soon as the sheet passes a bound.

    The reader of the values makes every cell of the rectangle around what is filled, and a copy of a shared text for
    each cell that names it; both are bounded here.
    """

    def __init__(self, parser, lengths: list[int]):
        self.parser, self.lengths = parser, lengths
        self.row = self.column = -1
        self.top, self.left, self.bottom, self.right = LAST_ROW, LAST_COLUMN, -1, -1
        self.reasons: dict[tuple[int, int], str] = {}
        self.merged = Merged()
        self.kind, self.filled, self.formula, self.text = "", False, False, ""
        self.characters = 0
        parser.StartElementHandler = self.start

    @property
    def is_empty(self) -> bool:
        return self.bottom < 0

    def start(self, tag, attributes) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "c":
            self._end_cell()
            if place := attributes.get("r"):
                self.row, self.column = place_of(place)
            else:
                self.column += 1
            self.kind = attributes.get("t", "n")
        elif tag == "v":
            self.filled = True
            if self.formula or self.kind in ("s", "e"):
                self.parser.CharacterDataHandler = self._add
            else:
                self.text = "something"
        elif tag == "f":
            self.filled = self.formula = True
        elif tag == "is":
            self.filled, self.text = True, "something"
        elif tag == "row":
            self._end_cell()
            self.row = int(attributes["r"]) - 1 if "r" in attributes else self.row + 1
            self.column = -1
            if not 0 <= self.row < LAST_ROW:
                raise FileProblem(DAMAGED)
        elif tag == "mergeCell":
            self.merged.add(attributes.get("ref", ""))

    def finish(self) -> None:
        self._end_cell()

    def why_empty(self, row: int, column: int) -> str | None:
        """Why a cell that should say something is empty, where the sheet tells."""
        return self.reasons.get((row, column)) or (MERGED if self.merged.covers(row, column) else None)

    def _add(self, text: str) -> None:
        self.text += text

    def _end_cell(self) -> None:
        """What the cell was is known when the next one begins."""
        if not self.filled:
            return
        self.parser.CharacterDataHandler = None
        text = self.text.strip()
        self._stretch()
        if self.kind == "s" and text:
            place = int(text)
            if not 0 <= place < len(self.lengths):
                raise FileProblem(DAMAGED)
            self.characters += self.lengths[place]
            if self.characters > MOST_TEXT:
                raise FileProblem(UNFOLDS)
        if len(self.reasons) < MOST_NOTED:
            if self.kind == "e":
                self.reasons[self.row, self.column] = ERROR.format(text[:20])
            elif self.formula and not text:
                self.reasons[self.row, self.column] = NO_RESULT
        self.filled, self.formula, self.text = False, False, ""

    def _stretch(self) -> None:
        row, column = self.row, self.column
        if self.top <= row <= self.bottom and self.left <= column <= self.right:
            return
        if column >= LAST_COLUMN or row < 0:
            raise FileProblem(DAMAGED)
        self.top, self.bottom = min(self.top, row), max(self.bottom, row)
        self.left, self.right = min(self.left, column), max(self.right, column)
        if (self.bottom - self.top + 1) * (self.right - self.left + 1) > MOST_CELLS:
            raise FileProblem(FAR_AWAY.format(name_of(self.top, self.left), name_of(self.bottom, self.right)))

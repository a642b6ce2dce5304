"""The refused rows of a file, for who sent it: with what is wrong, ready to be put right and sent again."""

import csv
import io
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from participants.files.sheet import Refusal, Sheet
from participants.reports.formats import harmless

# Tells spreadsheet programs that the file is UTF-8.
MARK = "\ufeff"


def refused_csv(sheet: Sheet, refused: Sequence[Refusal], *, most: int | None = None) -> tuple[str, int]:
    """Each refused row once: its number, the columns, what is wrong, and its own cells; and how many rows those are.

    `refused` in the order of the rows. Formulas are made harmless. Ends before the row that would make it longer than
    `most` bytes.
    """
    text, rows, size = io.StringIO(MARK), 0, 0
    text.seek(0, io.SEEK_END)
    size += _write(text, ["Row", "Column", "Problem", *sheet.header])
    for number, found in groupby(refused, key=attrgetter("row")):
        refusals = list(found)
        columns = ", ".join(one.column for one in refusals if one.column)
        problems = " ".join(dict.fromkeys(one.problem for one in refusals))
        line = io.StringIO()
        size += _write(line, [str(number), columns, problems, *sheet.cells.get(number, [])])
        if most is not None and size > most:
            break
        text.write(line.getvalue())
        rows += 1
    return text.getvalue(), rows


def _write(file: io.StringIO, cells: Sequence[str]) -> int:
    """Write a line; returns its length in bytes."""
    before = file.tell()
    csv.writer(file).writerow([harmless(cell) for cell in cells])
    return len(file.getvalue()[before:].encode())

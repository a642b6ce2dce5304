"""An XLSX file of cases as rows of cells: which sheet, which row holds the headings, what else there is."""

import datetime
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from participants.files.headings import looks_like_header
from participants.files.places import DAMAGED
from participants.files.table import MOST_ROWS_LOOKED_AT, TOO_MANY_ROWS, Cell, FileProblem, Table
from participants.files.workbook import SheetPart, open_workbook

# How far the headings are looked for: sheets, and rows with content in each.
SHEETS_LOOKED_AT, ROWS_LOOKED_AT = 10, 20
SHEETS_NAMED = 5
DAY_ZERO = datetime.date(1899, 12, 30)  # right from 1 March 1900 on; before, Excel counts a day that never was
DAY_ZERO_1904 = datetime.date(1904, 1, 1)
EMPTY = "The spreadsheet is empty."
NO_DATE = "A number in this row is formatted as a date or a time, and is far outside of any. Correct it and save anew."
ALL_HIDDEN = "Everything in this spreadsheet is on hidden sheets. Show the sheet with the cases and save the file."


def is_spreadsheet(content: bytes) -> bool:
    """By its first bytes: an XLSX file (ZIP), or an old or protected one (OLE)."""
    return content.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0"))


def read_spreadsheet(content: bytes, said: Mapping[str, str]) -> Table:
    """The first visible sheet with headings that are known or were `said`; where there is none, the first with
    anything in it. Raises FileProblem."""
    workbook = open_workbook(content)
    filled = [part for part in workbook.sheets if not part.cells.is_empty]
    visible = [part for part in filled if not part.hidden]
    if not visible:
        raise FileProblem(ALL_HIDDEN if filled else EMPTY)
    with _refused(DAMAGED):
        book = CalamineWorkbook.from_filelike(io.BytesIO(workbook.content))
        part, sheet, header_row, above = _headed(book, visible, said)
    if sheet.start is None:  # formulas without results, all of them
        raise FileProblem(EMPTY)
    left = sheet.start[1]
    return Table(
        records=_from(header_row, sheet),
        notes=_notes(part, header_row if above else None, filled),
        why_empty=lambda row, column: part.cells.why_empty(row - 1, left + column),
        day_zero=DAY_ZERO_1904 if workbook.from_1904 else DAY_ZERO,
    )


@contextmanager
def _refused(problem: str, row: int = 1) -> Iterator[None]:
    """What the reader of values cannot read becomes a sentence. A panic of its Rust code is no Exception, so it would
    pass every other net and end the request without an answer."""
    try:
        yield
    except (CalamineError, OverflowError, ValueError) as error:
        raise FileProblem(problem, row=row) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise FileProblem(problem, row=row) from error


def _headed(
    book: CalamineWorkbook, visible: list[SheetPart], said: Mapping[str, str]
) -> tuple[SheetPart, CalamineSheet, int, bool]:
    """The sheet to read, its cells, the row of its headings, and whether anything stands above it."""
    for part in visible[:SHEETS_LOOKED_AT]:
        sheet = book.get_sheet_by_name(part.name)
        for place, (number, cells) in enumerate(islice(_filled_rows(sheet), ROWS_LOOKED_AT)):
            if looks_like_header([str(cell) for cell in cells], said):
                return part, sheet, number, place > 0
    part = visible[0]
    sheet = book.get_sheet_by_name(part.name)
    number, _ = next(_filled_rows(sheet), (1, None))
    return part, sheet, number, False


def _filled_rows(sheet: CalamineSheet) -> Iterator[tuple[int, list[Cell]]]:
    """Rows that hold anything, numbered as the spreadsheet numbers them."""
    rows, number = sheet.iter_rows(), 0
    while True:
        number += 1
        with _refused(NO_DATE, number):
            cells = next(rows, None)
        if cells is None:
            return
        if any(not isinstance(cell, str) or cell.strip() for cell in cells):
            if number > MOST_ROWS_LOOKED_AT:
                raise FileProblem(TOO_MANY_ROWS, row=number)
            yield number, cells


def _from(header_row: int, sheet: CalamineSheet) -> Iterator[tuple[int, list[Cell]]]:
    return ((number, cells) for number, cells in _filled_rows(sheet) if number >= header_row)


def _notes(part: SheetPart, header_row: int | None, filled: list[SheetPart]) -> list[str]:
    notes = []
    if header_row is not None:
        notes.append(f"The headings were found in row {header_row}; what stands above them was not read.")
    others = [f"“{other.name}”{' (hidden)' if other.hidden else ''}" for other in filled if other is not part]
    if others:
        more = f" and {len(others) - SHEETS_NAMED} more" if len(others) > SHEETS_NAMED else ""
        named = ", ".join(others[:SHEETS_NAMED])
        notes.append(f"Only the sheet “{part.name}” was read. There is something in others too: {named}{more}.")
    return notes

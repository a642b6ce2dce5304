"""A text file of cases (CSV) as rows of cells: which encoding, which delimiter, which row."""

import csv
import io
from collections.abc import Iterator

from participants.files.table import MOST_ROWS_LOOKED_AT, TOO_MANY_ROWS, FileProblem, Table

NOT_UTF8 = "The file is not written in UTF-8. In your spreadsheet program save it as “CSV UTF-8”."
WINDOWS = "The file is not UTF-8; it was read as Windows-1252. Check accents in the names."
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_text_file(content: bytes) -> Table:
    """Raises FileProblem when the text cannot be decoded, or when there is none."""
    text, notes = _text(content)
    if not text.strip():
        raise FileProblem("The file is empty.")
    if "\x00" in text.partition("\n")[0]:
        raise FileProblem(NOT_UTF8)
    return Table(_records(text), notes)


def _text(content: bytes) -> tuple[str, list[str]]:
    if content.startswith(UTF16_MARKS):
        try:
            return content.decode("utf-16"), []
        except UnicodeDecodeError as error:
            raise FileProblem(NOT_UTF8) from error
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        pass
    # What Excel writes as plain “CSV” on Windows. It has no mark, so a person must look; five bytes mean nothing in it.
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise FileProblem(NOT_UTF8, row=content.count(b"\n", 0, error.start) + 1) from error
    if "\x00" in text:
        raise FileProblem(NOT_UTF8)
    return text, [WINDOWS]


def _records(text: str) -> Iterator[tuple[int, list[str] | None]]:
    """Rows that hold anything, numbered as a spreadsheet numbers them: blank rows count, line breaks in a cell
    do not. None stands for a row that cannot be read."""
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        if number > MOST_ROWS_LOOKED_AT:
            raise FileProblem(TOO_MANY_ROWS, row=number)
        try:
            cells = next(reader, None)
        except csv.Error:
            yield number, None
            continue
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield number, cells

"""A file of referrals as rows: bytes in, values by field out, and every problem with its row and column.

Pure: nothing is stored here, and no track is asked.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from participants.files.cells import as_text, read_date
from participants.files.headings import (
    COLUMNS,
    REQUIRED,
    STANDS_FOR,
    WIDEST,
    Header,
    plain_heading,
    read_header,
)
from participants.files.spreadsheet import is_spreadsheet, read_spreadsheet
from participants.files.table import (
    LARGEST,
    LONGEST_CELL,
    MOST_ROWS,
    TOO_MANY_ROWS,
    UNREADABLE,
    Cell,
    FileProblem,
    Refusal,
    Table,
)
from participants.files.textfile import NOT_UTF8, WINDOWS, read_text_file
from participants.people.languages import LANGUAGES, language_code_of
from participants.people.models import Gender, Race
from participants.referrals.models import MustAppear
from participants.referrals.rules import text_problem

# What the pages, the command and the tests of files ask this module for.
__all__ = ["COLUMNS", "LARGEST", "NOT_UTF8", "REQUIRED", "UNREADABLE", "WINDOWS", "FileProblem", "Refusal", "Row"]
__all__ += ["Sheet", "plain_heading", "read", "read_date"]

DATES = ("date_of_birth", "offense_on", "received_on", "operation_on", "next_court_on")
MUST_APPEAR = {
    **dict.fromkeys(("yes", "y", "true", "1", "in person", "yes, in person", "sí", "si"), MustAppear.YES),
    **dict.fromkeys(("no", "n", "false", "0"), MustAppear.NO),
    **dict.fromkeys(("", "unknown", "not known"), MustAppear.UNKNOWN),
}
GENDERS = {
    **{value: value for value in Gender.values},
    **{label.lower(): value for value, label in Gender.choices},
    **dict.fromkeys(("f", "female"), Gender.WOMAN.value),
    **dict.fromkeys(("m", "male"), Gender.MAN.value),
    **dict.fromkeys(("", "not reported", "unknown"), ""),
}
RACES = {
    **{value: value for value in Race.values},
    **{label.lower(): value for value, label in Race.choices},
    **dict.fromkeys(("", "not reported", "unknown"), ""),
}
LANGUAGE_CODES = {name.lower(): code for code, name in LANGUAGES.items()} | {"": "en", "creole": "ht"}


@dataclass
class Row:
    """The values of one row by field, not yet judged by the program's rules."""

    number: int
    values: dict


@dataclass
class Sheet:
    """What a file holds: good rows, refusals, how it heads its columns, and the columns that are not used.

    `headings` are all of them in order, `missing` the needed fields that none of them heads. `cells` holds what
    stood in each row that could be taken apart, as text, for whoever gives refused rows back. `notes` say how the
    file was read, where that is worth a look.
    """

    rows: list[Row] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    cells: dict[int, list[str]] = field(default_factory=dict)
    # Rows that hold anything, refused ones included.
    count: int = 0

    def column(self, name: str) -> str:
        """The file's own heading of a field, so that its writer finds it."""
        return self.columns.get(name) or self.columns.get(STANDS_FOR.get(name, ""), "")


def read(content: bytes, *, today: datetime.date, columns: Mapping[str, str] | None = None, source: str = "") -> Sheet:
    """Read a CSV or XLSX file. A row that names no day of receipt was received today.

    `columns` is what the uploader has said: plain heading to field, "" for a column that is not to be used; it wins
    over the usual headings. `source` stands for a source that the file does not name.
    """
    sheet = Sheet()
    try:
        _read_table(_table(content, columns or {}), sheet, columns or {}, source, today)
    except FileProblem as problem:
        # Nothing of a file is taken that cannot be read to its end.
        sheet.rows, sheet.cells, sheet.count = [], {}, 0
        sheet.refused = [problem.refusal]
    return sheet


def _table(content: bytes, said: Mapping[str, str]) -> Table:
    if len(content) > LARGEST:
        raise FileProblem("The file is larger than 10 MB. Send it in parts.")
    return read_spreadsheet(content, said) if is_spreadsheet(content) else read_text_file(content)


def _read_table(table: Table, sheet: Sheet, said: Mapping[str, str], source: str, today: datetime.date) -> None:
    sheet.notes += table.notes
    header_row, cells = next(table.records, (1, None))
    if not cells:
        raise FileProblem(UNREADABLE, row=header_row)
    names = _names([as_text(cell)[0] for cell in cells], header_row, sheet, said, source)
    for number, row in table.records:
        sheet.count += 1
        if sheet.count > MOST_ROWS:
            raise FileProblem(TOO_MANY_ROWS, row=number)
        if row is None:
            sheet.refused.append(Refusal(number, "", UNREADABLE))
        else:
            _read_row(number, row, names, table, sheet, source, today)
    if not sheet.count:
        raise FileProblem("The file has a header but no rows below it.", row=header_row)


def _names(cells: list[str], row: int, sheet: Sheet, said: Mapping[str, str], source: str) -> list[str | None]:
    """The field of each column; raises FileProblem when a needed one is missing or one comes twice."""
    if len(cells) > WIDEST:
        raise FileProblem(f"The file has {len(cells)} columns; at most {WIDEST} are read.", row=row)
    header: Header = read_header(cells, said, source_known=bool(source))
    sheet.header = cells
    sheet.headings, sheet.columns = header.headings, header.columns
    sheet.unused, sheet.missing = header.unused, header.missing
    if header.doubled:
        first, second = header.doubled
        raise FileProblem(
            f"The columns “{first}” and “{second}” mean the same. Keep one of them.", row=row, column=second
        )
    if header.missing:
        missing = [COLUMNS[name][0] for name in header.missing]
        raise FileProblem(
            f"Columns are missing: {', '.join(missing)}. The first row must hold the headings.",
            row=row,
            column=missing[0],
        )
    return header.names


def _read_row(
    number: int, cells: list[Cell], names: list[str | None], table: Table, sheet: Sheet, source: str,
    today: datetime.date,
) -> None:  # fmt: skip
    texts: dict[str, str] = {}
    problems: dict[str, str] = {}
    kept = []
    for place, cell in enumerate(cells):
        name = names[place] if place < len(names) else None
        text, problem = as_text(cell, date=name in DATES, day_zero=table.day_zero)
        kept.append(text)
        if name:
            text = texts[name] = text.strip()
            problem = problem or (text_problem(text) if text else table.why_empty(number, place))
            if problem:
                problems[name] = problem
    sheet.cells[number] = kept
    if any(len(text) > LONGEST_CELL for text in kept):
        sheet.refused.append(Refusal(number, "", UNREADABLE))
        return
    if len(kept) < len(names) or any(cell.strip() for cell in kept[len(names) :]):
        has = f"{len(kept)} cell{'' if len(kept) == 1 else 's'}"
        problem = f"The row has {has}, the header has {len(names)}: a comma or a quotation mark is wrong."
        sheet.refused.append(Refusal(number, "", problem))
        return
    values = _values(texts, problems, source, today)
    if problems:
        sheet.refused += [Refusal(number, sheet.column(name), problems[name]) for name in problems]
    else:
        sheet.rows.append(Row(number, values))


def _values(texts: Mapping[str, str], problems: dict[str, str], source: str, today: datetime.date) -> dict:
    """Texts turned into values; what cannot be turned goes into `problems`, by field."""
    texts = {name: texts.get(name, "") for name in COLUMNS}
    whole = f"{texts.pop('first_name')} {texts.pop('last_name')}".strip()
    texts["name"] = texts["name"] or whole
    texts["source"] = texts["source"] or texts["operation_agency"] or source
    values = {**texts}
    for name in (*REQUIRED, "source"):
        if not texts[name]:
            problems.setdefault(name, "This is needed, and the cell is empty.")
    for name in DATES:
        text = texts[name]
        values[name] = read_date(text)
        if text and values[name] is None:
            problems.setdefault(name, f"“{text[:40]}” is not a date. Write 2026-03-31 or 3/31/2026.")
    values["received_on"] = values["received_on"] or today
    for name, words in (
        ("must_appear", MUST_APPEAR),
        ("gender", GENDERS),
        ("race", RACES),
        ("language", LANGUAGE_CODES),
    ):
        text = texts[name]
        value = words.get(text.lower())
        if value is None and name == "language":
            value = language_code_of(text)
        if value is None:
            some = ", ".join(word for word in list(words)[:8] if word)
            problems.setdefault(name, f"“{text[:40]}” is not known here. Use for example {some}, or leave it empty.")
        values[name] = value
    operation = [values.pop(name) for name in ("operation_agency", "operation_name", "operation_on")]
    values["operation"] = tuple(operation) if operation[1] or operation[2] else None
    if values["operation"] and not all(operation):
        problems.setdefault("operation_name", "An operation needs agency, name and date.")
    return values

"""A file of referrals as rows: bytes in, values by field out, and every problem with its row and column.

Pure: nothing is stored here, and no track is asked.
"""

import csv
import datetime
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from participants.people.languages import LANGUAGES
from participants.people.models import Gender, Race
from participants.referrals.models import MustAppear
from participants.referrals.rules import text_problem

# How offices head their columns, in words; case, order, dashes and underscores do not matter.
COLUMNS = {
    "name": ("name", "full name", "person", "defendant", "defendant name", "person name"),
    "first_name": ("first name", "given name", "defendant first name"),
    "last_name": ("last name", "surname", "family name", "defendant last name"),
    "date_of_birth": ("date of birth", "dob", "birth date", "birthdate", "birthday", "defendant dob"),
    "phone": ("phone", "phone number", "telephone", "mobile"),
    "case_number": (
        "case number", "court case number", "case no", "case", "court case", "case id", "docket", "docket number",
    ),
    "charge": (
        "charge", "statute", "charge code", "statute letter", "charge and statute letter", "charged statute",
        "offense code",
    ),
    "offense_on": ("offense date", "offense on", "date of offense", "offence date"),
    "received_on": ("received on", "received", "date received", "received date", "referral date", "referred on"),
    "source": ("source", "referral source", "referred by", "sent by"),
    "operation_agency": ("operation agency", "agency"),
    "operation_name": ("operation name", "operation"),
    "operation_on": ("operation date", "operation on", "date of operation", "operation held on"),
    "next_court_on": ("next court date", "next court on", "court date", "next court", "next hearing", "hearing date"),
    "must_appear": ("must appear", "must the person appear", "appearance required"),
    "counsel_name": (
        "counsel name", "counsel", "defense counsel", "defense counsel name", "defense attorney", "attorney",
    ),
    "counsel_contact": (
        "counsel contact", "defense counsel contact", "attorney contact", "counsel phone", "counsel email",
    ),
    "language": ("language", "preferred language", "language code"),
    "gender": ("gender",),
    "race": ("race", "race ethnicity"),
    "track": ("track",),
}  # fmt: skip
FIELD_OF = {alias: name for name, aliases in COLUMNS.items() for alias in aliases}
REQUIRED = ("name", "case_number", "charge", "offense_on")
# Where a value comes from when its own column is not there.
STANDS_FOR = {"name": "last_name", "source": "operation_agency", "operation_name": "operation_agency"}
DATES = ("date_of_birth", "offense_on", "received_on", "operation_on", "next_court_on")
LARGEST = 10 * 1024 * 1024
UNREADABLE = "This row cannot be read: a quotation mark is missing or one too many, or a cell is far too long."
NOT_UTF8 = "The file is not written in UTF-8. In your spreadsheet program save it as “CSV UTF-8”."
MUST_APPEAR = {
    **dict.fromkeys(("yes", "y", "true", "1", "in person", "yes, in person"), MustAppear.YES),
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


@dataclass(frozen=True)
class Refusal:
    """One value that could not be taken. `row` as a spreadsheet counts, the header being row 1."""

    row: int
    column: str
    problem: str


@dataclass
class Row:
    """The values of one row by field, not yet judged by the program's rules."""

    number: int
    values: dict


@dataclass
class Sheet:
    """What a file holds: good rows, refusals, how it heads its columns, and the columns that are not used."""

    rows: list[Row] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    # Rows that hold anything, refused ones included.
    count: int = 0

    def column(self, name: str) -> str:
        """The file's own heading of a field, so that its writer finds it."""
        return self.columns.get(name) or self.columns.get(STANDS_FOR.get(name, ""), "")


class FileProblem(Exception):
    """The file as a whole cannot be read."""

    def __init__(self, problem: str, *, row: int = 1, column: str = ""):
        super().__init__(problem)
        self.refusal = Refusal(row, column, problem)


def read(content: bytes, *, today: datetime.date) -> Sheet:
    """Read a CSV file. A row that names no day of receipt was received today."""
    sheet = Sheet()
    try:
        records = _records(_text(content))
        header_row, header = next(records, (1, None))
        if not header:
            raise FileProblem(UNREADABLE, row=header_row)
        names = _names(header, header_row, sheet)
        for number, cells in records:
            sheet.count += 1
            if cells is None:
                sheet.refused.append(Refusal(number, "", UNREADABLE))
            else:
                _read_row(number, cells, header, names, sheet, today)
        if not sheet.count:
            raise FileProblem("The file has a header but no rows below it.", row=header_row)
    except FileProblem as problem:
        sheet.refused.append(problem.refusal)
    return sheet


def _text(content: bytes) -> str:
    if len(content) > LARGEST:
        raise FileProblem("The file is larger than 10 MB. Send it in parts.")
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise FileProblem("This is a spreadsheet file. Save it as “CSV UTF-8” and send that file.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileProblem(NOT_UTF8, row=content.count(b"\n", 0, error.start) + 1) from error
    if not text.strip():
        raise FileProblem("The file is empty.")
    if "\x00" in text.partition("\n")[0]:
        raise FileProblem(NOT_UTF8)
    return text


def _records(text: str) -> Iterator[tuple[int, list[str] | None]]:
    """Rows that hold anything, numbered as a spreadsheet numbers them: blank rows count, line breaks in a cell
    do not. None stands for a row that cannot be read."""
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader, None)
        except csv.Error:
            yield number, None
            continue
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield number, cells


def _names(header: list[str], row: int, sheet: Sheet) -> list[str | None]:
    """The field of each column; raises FileProblem when a needed one is missing or one comes twice."""
    names = []
    for heading in header:
        name = FIELD_OF.get(" ".join(re.findall(r"[^\W_]+", heading.casefold())))
        if name in sheet.columns:
            raise FileProblem(
                f"The columns “{sheet.columns[name]}” and “{heading.strip()}” mean the same. Keep one of them.",
                row=row,
                column=heading.strip(),
            )
        names.append(name)
        if name:
            sheet.columns[name] = heading.strip()
        elif heading.strip():
            sheet.unused.append(heading.strip())
    known = set(sheet.columns)
    if {"first_name", "last_name"} <= known:
        known.add("name")
    missing = [COLUMNS[name][0] for name in REQUIRED if name not in known]
    if not {"source", "operation_agency"} & known:
        missing.append("source")
    if missing:
        raise FileProblem(
            f"Columns are missing: {', '.join(missing)}. The first row must hold the headings.",
            row=row,
            column=missing[0],
        )
    return names


def _read_row(number, cells, header, names, sheet: Sheet, today: datetime.date) -> None:
    extra = cells[len(header) :]
    if len(cells) < len(header) or any(cell.strip() for cell in extra):
        problem = f"The row has {len(cells)} cells, the header has {len(header)}: a comma or a quotation mark is wrong."
        sheet.refused.append(Refusal(number, "", problem))
        return
    texts = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name}
    problems: dict[str, str] = {}
    for name, text in texts.items():
        if sentence := text_problem(text):
            problems[name] = sentence
    values = _values(texts, problems, today)
    if problems:
        sheet.refused += [Refusal(number, sheet.column(name), problems[name]) for name in problems]
    else:
        sheet.rows.append(Row(number, values))


def _values(texts: Mapping[str, str], problems: dict[str, str], today: datetime.date) -> dict:
    """Texts turned into values; what cannot be turned goes into `problems`, by field."""
    texts = {name: texts.get(name, "") for name in COLUMNS}
    whole = f"{texts.pop('first_name')} {texts.pop('last_name')}".strip()
    texts["name"] = texts["name"] or whole
    texts["source"] = texts["source"] or texts["operation_agency"]
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
        if value is None and name == "language" and re.fullmatch(r"[a-z]{2,3}", text.lower()):
            value = text.lower()
        if value is None:
            some = ", ".join(word for word in list(words)[:8] if word)
            problems.setdefault(name, f"“{text[:40]}” is not known here. Use for example {some}, or leave it empty.")
        values[name] = value
    operation = [values.pop(name) for name in ("operation_agency", "operation_name", "operation_on")]
    values["operation"] = tuple(operation) if operation[1] or operation[2] else None
    if values["operation"] and not all(operation):
        problems.setdefault("operation_name", "An operation needs agency, name and date.")
    return values


def read_date(text: str) -> datetime.date | None:
    """A date as 2026-03-31 or as 3/31/2026, with or without a time of day behind it; None for anything else."""
    iso = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})([T ].*)?", text)
    us = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})( .*)?", text)
    if iso:
        year, month, day = iso[1], iso[2], iso[3]
    elif us:
        year, month, day = us[3], us[1], us[2]
    else:
        return None
    try:
        return datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None

"""Reading an XLSX file: numbers, dates, formulas, merged cells, several sheets; what it says is what its writer saw."""

import datetime
import math

import pytest
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from participants.files.cells import BECAME_DATE, ROUNDED, as_text
from participants.files.places import MERGED, NO_RESULT, name_of, place_of
from participants.files.sheet import Refusal, read
from participants.files.spreadsheet import ALL_HIDDEN, EMPTY
from tests.files.test_naughty import naughty, payloads
from tests.files.workbooks import ANN, HEADINGS, cells, package, written

D = datetime.date
TIME = datetime.datetime.fromisoformat  # a spreadsheet knows no time zones
TODAY = D(2026, 4, 1)


def sheet(*rows, change=None, head=HEADINGS, **said):
    return read(written(head, *rows, change=change), today=TODAY, **said)


def ann(**changed) -> tuple:
    return tuple({**dict(zip(HEADINGS, ANN, strict=True)), **changed}.values())


def test_row_is_read_as_from_a_csv_file():
    lines = "\n".join(",".join(row) for row in (HEADINGS, ANN))
    from_csv, from_xlsx = read(lines.encode(), today=TODAY), sheet(ANN)
    assert from_xlsx == from_csv
    assert from_xlsx.rows[0].values["name"] == "Ann Foxglen"


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [(250123, "250123"), (250123.0, "250123"), (26.5, "26.5"), (True, "TRUE"), (" F26-1 ", "F26-1"), (-1, "-1")],
)
def test_numbers_and_booleans_in_a_column_of_texts(typed, read_as):
    assert sheet(ann(case_number=typed)).rows[0].values["case_number"] == read_as


def test_booleans_are_yes_and_no():
    head = (*HEADINGS, "must appear")
    read_ = sheet((*ANN, True), (*ann(case_number="F26-2"), False), head=head)
    assert [row.values["must_appear"] for row in read_.rows] == ["yes", "no"]


@pytest.mark.parametrize(
    "typed",
    [D(1990, 2, 28), TIME("1990-02-28T13:05"), "1990-02-28", "2/28/1990", 32932, 32932.75, "19900228",
     19900228],
)  # fmt: skip
def test_dates_as_dates_texts_and_bare_numbers(typed):
    assert sheet(ann(date_of_birth=typed)).rows[0].values["date_of_birth"] == D(1990, 2, 28)


@pytest.mark.parametrize("typed", [1990, 0, -5, 2_958_466, datetime.time(5), True])
def test_what_is_no_date_is_refused(typed):
    (refusal,) = sheet(ann(date_of_birth=typed)).refused
    assert (refusal.row, refusal.column) == (2, "date_of_birth")
    assert "is not a date" in refusal.problem


def test_bare_numbers_of_the_calendar_of_1904():
    def as_on_old_macs(book):
        book.epoch = TIME("1904-01-01")

    assert sheet(ann(date_of_birth=31470), change=as_on_old_macs).rows[0].values["date_of_birth"] == D(1990, 2, 28)


@pytest.mark.parametrize("typed", [D(2026, 3, 26), TIME("2026-03-26"), datetime.time(3, 26)])
def test_text_that_became_a_date_is_refused(typed):
    assert sheet(ann(case_number=typed)).refused == [Refusal(2, "case_number", BECAME_DATE)]


@pytest.mark.parametrize("number", [1234567890123456, -1e15, 1e300, math.inf, math.nan])
def test_number_that_was_rounded_is_refused(number):
    assert as_text(number)[1] == ROUNDED


def test_long_case_number_as_a_number_is_refused():
    assert sheet(ann(case_number=1234567890123456789)).refused == [Refusal(2, "case_number", ROUNDED)]


def test_formula_gives_its_result():
    inside = cells(HEADINGS, ANN).replace(
        '<c t="inlineStr"><is><t>F26-1</t></is></c>', '<c t="str"><f>"F26-"&amp;1</f><v>F26-1</v></c>'
    )
    assert read(package(inside=inside), today=TODAY).rows[0].values["case_number"] == "F26-1"


def test_formula_without_a_result_is_refused():
    """As a program writes it that does not calculate."""
    assert sheet(ann(case_number='="F26-"&1')).refused == [Refusal(2, "case_number", NO_RESULT)]


def test_error_in_a_cell_is_refused():
    (refusal,) = sheet(ann(case_number="#REF!")).refused
    assert refusal == Refusal(2, "case_number", "This cell holds an error (#REF!) instead of a value.")


def test_merged_cells_are_named_where_a_value_is_missing_because_of_them():
    def merge(book):
        book.active.merge_cells("F2:F3")

    read_ = sheet(ANN, ann(case_number="F26-2", source=""), change=merge)
    assert [row.number for row in read_.rows] == [2]
    assert read_.refused == [Refusal(3, "source", MERGED)]


def test_blank_rows_and_columns_before_the_headings():
    def shift(book):
        book.active.move_range("A1:F3", rows=6, cols=3)

    read_ = sheet(ANN, ann(case_number=""), change=shift)
    assert ([row.number for row in read_.rows], read_.notes) == ([8], [])
    assert [(refusal.row, refusal.column) for refusal in read_.refused] == [(9, "case_number")]


def test_reasons_are_found_where_the_cells_begin_further_right():
    def shift(book):
        book.active["I8"] = "=1+1"
        book.active.move_range("A1:F2", rows=6, cols=4)
        book.active["J8"] = "#N/A"

    read_ = sheet(ANN, change=shift)
    assert read_.refused == [
        Refusal(8, "source", "This cell holds an error (#N/A) instead of a value."),
    ]


def test_words_above_the_headings_are_passed_over_and_named():
    read_ = read(written(("Operation Night Harbor", None, "List"), (), HEADINGS, ANN), today=TODAY)
    assert [row.number for row in read_.rows] == [4]
    assert read_.notes == ["The headings were found in row 3; what stands above them was not read."]


def test_hidden_rows_are_read_like_others():
    def hide(book):
        for row in (1, 2):
            book.active.row_dimensions[row].hidden = True

    assert [row.number for row in sheet(ANN, change=hide).rows] == [2]


def test_sheet_with_the_headings_is_read_and_the_others_are_named():
    def more(book):
        book.active.title = "Cover"
        book.create_sheet("Empty")
        cases = book.create_sheet("Cases")
        for row in (HEADINGS, ANN):
            cases.append(row)
        old = book.create_sheet("Old")
        old.sheet_state = "hidden"
        old.append(HEADINGS)

    read_ = read(written(("Harbor Police",), ("Weekly list",), change=more), today=TODAY)
    assert [row.values["name"] for row in read_.rows] == ["Ann Foxglen"]
    assert read_.notes == [
        "Only the sheet “Cases” was read. There is something in others too: “Cover”, “Old” (hidden)."
    ]


def test_unknown_headings_are_offered_and_can_be_said():
    head = ("Suspect", "Born", "Ref", "Code", "When", "From")
    read_ = sheet(ANN, head=head)
    assert (read_.headings, read_.rows) == (list(head), [])
    assert read_.missing == ["name", "case_number", "charge", "offense_on", "source"]
    fields = ("name", "date_of_birth", "case_number", "charge", "offense_on", "source")
    said = {heading.lower(): field for heading, field in zip(head, fields, strict=True)}
    assert sheet(ANN, head=head, columns=said).rows == sheet(ANN).rows


def hide_all(book):
    book.create_sheet("Blank")
    book.worksheets[0].sheet_state = "hidden"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (written(), EMPTY),
        (written(("", None)), EMPTY),
        (written(("=1+1",)), EMPTY),
        (written(HEADINGS, ANN, change=hide_all), ALL_HIDDEN),
        (written(HEADINGS), "The file has a header but no rows below it."),
    ],
    ids=["no cells", "blank cells", "formulas only", "hidden", "header only"],
)
def test_spreadsheet_without_cases(content, problem):
    read_ = read(content, today=TODAY)
    assert (read_.rows, read_.refused) == ([], [Refusal(1, "", problem)])


@pytest.mark.parametrize(("name", "place"), [("A1", (0, 0)), ("AA10", (9, 26)), ("XFD1048576", (1048575, 16383))])
def test_places(name, place):
    assert (place_of(name), name_of(*place)) == (place, name)


@pytest.mark.shared_data
@pytest.mark.parametrize("strings", [naughty, payloads])
def test_naughty_names_are_read_as_they_were_typed_or_refused(strings):
    def as_text(book):
        for row, text in enumerate(texts, start=2):
            cell = book.active.cell(row, 1, text)
            cell.data_type = "s"  # no formula, no error

    # What cannot stand in XML cannot stand in such a file.
    texts = [text for text in strings() if not ILLEGAL_CHARACTERS_RE.search(text) and "\ufffe" not in text]
    read_ = sheet(*[ann(case_number=f"F26-{row}") for row in range(len(texts))], change=as_text)
    refused = {refusal.row: refusal.column for refusal in read_.refused}
    assert set(refused.values()) <= {"name"}
    kept = [text.strip() for row, text in enumerate(texts, start=2) if row not in refused]
    assert [row.values["name"] for row in read_.rows] == kept
    assert len(kept) > 100

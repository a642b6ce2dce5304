"""Reading a CSV file: headings, dates, words, row numbers, and everything a file can have wrong."""

import datetime

import pytest

from participants.files.sheet import LARGEST, NOT_UTF8, UNREADABLE, WINDOWS, Refusal, read, read_date
from participants.files.table import MOST_ROWS, TOO_MANY_ROWS

D = datetime.date
TODAY = D(2026, 4, 1)
HEAD = "name,date_of_birth,case_number,charge,offense_date,received_on,source"
ROW = "Ann Foxglen,1990-02-28,F26-1,796.07(2)(f),2026-03-01,2026-03-03,Court"


def sheet(*lines: str, head: str = HEAD):
    return read("\n".join([head, *lines]).encode(), today=TODAY)


def values(*lines: str, head: str = HEAD) -> dict:
    read_ = sheet(*lines, head=head)
    assert read_.refused == []
    return read_.rows[0].values


def test_row_is_read():
    assert values(ROW) == {
        "name": "Ann Foxglen",
        "date_of_birth": D(1990, 2, 28),
        "phone": "",
        "case_number": "F26-1",
        "charge": "796.07(2)(f)",
        "offense_on": D(2026, 3, 1),
        "received_on": D(2026, 3, 3),
        "source": "Court",
        "operation": None,
        "next_court_on": None,
        "must_appear": "unknown",
        "counsel_name": "",
        "counsel_contact": "",
        "language": "en",
        "gender": "",
        "race": "",
        "track": "",
    }


def test_every_column_is_read():
    head = HEAD + (",phone,operation_agency,operation_name,operation_date,next_court_date,must_appear,"
                   "counsel_name,counsel_contact,language,gender,race,track")  # fmt: skip
    row = (
        ROW
        + ",305 555 0100,City Police,Night Harbor,2/28/2026,5/4/2026,Yes"
        + ",Ada Lawson,ada@example.org,Spanish,F,White,education"
    )
    read_ = values(row, head=head)
    assert read_["operation"] == ("City Police", "Night Harbor", D(2026, 2, 28))
    assert (read_["next_court_on"], read_["must_appear"], read_["language"]) == (D(2026, 5, 4), "yes", "es")
    assert (read_["gender"], read_["race"], read_["track"]) == ("woman", "white", "education")


def test_headings_in_any_order_case_and_alias():
    head = "SOURCE;Date Of Offense;Statute;Case No.;Date Received;DOB;Defendant"
    read_ = values("Court;3/1/2026;796.07(2)(f);F26-1;3/3/2026;2/28/1990;Ann Foxglen", head=head)
    assert read_ == values(ROW)


def test_byte_order_mark_crlf_and_tabs():
    content = "\ufeff" + HEAD.replace(",", "\t") + "\r\n" + ROW.replace(",", "\t") + "\r\n"
    read_ = read(content.encode(), today=TODAY)
    assert (read_.refused, read_.rows[0].values) == ([], values(ROW))


def test_first_and_last_name_in_two_columns():
    head = HEAD.replace("name", "first name,last name", 1)
    assert values(ROW.replace("Ann Foxglen", "Ann,Foxglen"), head=head)["name"] == "Ann Foxglen"


def test_no_day_of_receipt_means_today():
    assert values(ROW.replace("2026-03-03", ""))["received_on"] == TODAY


def test_agency_stands_for_a_missing_source():
    head = HEAD.replace("source", "operation_agency,operation_name,operation_date")
    assert values(ROW.replace("Court", "City Police,Night,2026-03-01"), head=head)["source"] == "City Police"


def test_other_columns_are_left_aside_and_named():
    read_ = sheet(ROW + ",blue", head=HEAD + ",Eye color")
    assert (read_.unused, len(read_.rows)) == (["Eye color"], 1)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2026-03-31", D(2026, 3, 31)),
        ("3/31/2026", D(2026, 3, 31)),
        ("03/31/2026", D(2026, 3, 31)),
        ("2026-3-1", D(2026, 3, 1)),
        ("2024-02-29", D(2024, 2, 29)),
        ("03/31/2026 12:00:00 AM", D(2026, 3, 31)),
        ("2026-03-31T00:00:00", D(2026, 3, 31)),
        ("2/29/2026", None),
        ("31/3/2026", None),
        ("3/31/26", None),
        ("31.3.2026", None),
        ("2026/3/31", D(2026, 3, 31)),
        ("20260331", D(2026, 3, 31)),
        ("March 31, 2026", D(2026, 3, 31)),
        ("Mar. 31 2026", D(2026, 3, 31)),
        ("31-Mar-2026", D(2026, 3, 31)),
        ("31 March 2026", D(2026, 3, 31)),
        ("2026-3/31", None),
        ("20261331", None),
        ("03312026", None),
        ("31-Mar-26", None),
        ("31 Foo 2026", None),
        ("46112", None),
        ("0000-01-01", None),
    ],
)
def test_dates(text, date):
    assert read_date(text) == date


def test_rows_are_numbered_as_a_spreadsheet_numbers_them():
    content = f"{HEAD}\n{ROW}\n\n,,,,,,\n{ROW.replace('Court', chr(34) + 'Co' + chr(10) + 'urt' + chr(34))}\n{ROW}\n"
    read_ = read(content.encode(), today=TODAY)
    assert [row.number for row in read_.rows] == [2, 6]
    assert [(refusal.row, refusal.column) for refusal in read_.refused] == [(5, "source")]
    assert read_.count == 3


@pytest.mark.parametrize(
    ("old", "new", "column", "words"),
    [
        ("Ann Foxglen", "", "name", "the cell is empty"),
        ("F26-1", "", "case_number", "the cell is empty"),
        ("2026-03-01", "", "offense_date", "the cell is empty"),
        ("Court", " ", "source", "the cell is empty"),
        ("1990-02-28", "28.2.1990", "date_of_birth", "“28.2.1990” is not a date. Write 2026-03-31 or 3/31/2026."),
        ("Ann Foxglen", "Ann\x00Foxglen", "name", "control character"),
        ("Court", "Court\x1b", "source", "control character"),
    ],
)
def test_bad_cell_is_refused_with_row_and_column(old, new, column, words):
    read_ = sheet(ROW, ROW.replace(old, new))
    (refusal,) = read_.refused
    assert (refusal.row, refusal.column) == (3, column)
    assert words in refusal.problem
    assert [row.number for row in read_.rows] == [2]


@pytest.mark.parametrize(
    ("head", "cell", "words"),
    [
        ("must_appear", "maybe", "Use for example yes"),
        ("language", "Elvish", "Use for example english"),
        ("gender", "x", "Use for example woman"),
        ("race", "x", "Use for example"),
        ("operation_name", "Night Harbor", "agency, name and date"),
    ],
)
def test_unknown_word_is_refused_with_examples(head, cell, words):
    (refusal,) = sheet(f"{ROW},{cell}", head=f"{HEAD},{head}").refused
    assert (refusal.row, refusal.column) == (2, head)
    assert words in refusal.problem


@pytest.mark.parametrize("row", [ROW + ",more", ROW.rpartition(",")[0], "Ann"])
def test_ragged_row_is_refused_whole(row):
    read_ = sheet(row, ROW)
    assert [(refusal.row, refusal.column) for refusal in read_.refused] == [(2, "")]
    assert ", the header has 7" in read_.refused[0].problem
    assert [row.number for row in read_.rows] == [3]


def test_empty_cells_behind_a_row_do_no_harm():
    assert len(sheet(ROW + ",,").rows) == 1


@pytest.mark.parametrize("bad", ['Ann,"1990', f'"{"x" * 140_000}",1', '"Ann"x,1'])
def test_row_that_cannot_be_read_is_named_and_the_rows_above_are_good(bad):
    read_ = sheet(ROW, bad)
    assert read_.refused == [Refusal(3, "", UNREADABLE)]
    assert [row.number for row in read_.rows] == [2]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf", "The file is empty."),
        (b"\n \r\n", "The file is empty."),
        (f"{HEAD}\n".encode(), "The file has a header but no rows below it."),
        (f"{HEAD}\n{ROW}".encode("utf-16-le"), NOT_UTF8),
        (f"{HEAD}\n{ROW}".encode("utf-16-be"), NOT_UTF8),
        (f"{HEAD}\n{ROW}".encode("utf-32"), NOT_UTF8),
        (f"{HEAD}\n{ROW}é".encode("utf-16-le"), NOT_UTF8),
        (b"\xff\xfe\x00", NOT_UTF8),
        (",".join(f"heading {n}" for n in range(201)).encode(), "The file has 201 columns; at most 200 are read."),
        (b"x" * (LARGEST + 1), "The file is larger than 10 MB. Send it in parts."),
        (b'"unclosed', UNREADABLE),
    ],
)
def test_file_that_cannot_be_read_at_all(content, problem):
    read_ = read(content, today=TODAY)
    assert (read_.rows, read_.refused) == ([], [Refusal(1, "", problem)])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_with_a_mark_are_read_without_a_word(encoding):
    read_ = read(f"{HEAD}\n{ROW.replace('Ann', 'José')}".encode(encoding), today=TODAY)
    assert (read_.rows[0].values["name"], read_.refused, read_.notes) == ("José Foxglen", [], [])


def test_windows_encoding_is_read_with_a_note():
    read_ = read(f"{HEAD}\n{ROW}\n{ROW.replace('Ann', 'José “Pepe”')}".encode("cp1252"), today=TODAY)
    assert (read_.rows[1].values["name"], read_.refused, read_.notes) == ("José “Pepe” Foxglen", [], [WINDOWS])


def test_byte_without_meaning_names_the_row():
    read_ = read(f"{HEAD}\n{ROW}\n".encode() + ROW.encode().replace(b"Ann", b"Jos\x81"), today=TODAY)
    assert (read_.rows, read_.refused) == ([], [Refusal(3, "", NOT_UTF8)])


@pytest.mark.parametrize("blank", [False, True])
def test_too_many_rows_are_refused_whole(blank):
    rows = ["\n" * 200_000, ROW] if blank else [ROW] * (MOST_ROWS + 1)
    read_ = sheet(*rows)
    assert (read_.rows, read_.count, read_.cells) == ([], 0, {})
    assert [refusal.problem for refusal in read_.refused] == [TOO_MANY_ROWS]

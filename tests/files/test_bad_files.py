"""Files that are made to do harm, or are broken: a sentence for each, in bounded time and memory."""

import csv
import datetime
import io
import struct
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from participants.files import places, workbook
from participants.files.places import DAMAGED, UNFOLDS
from participants.files.sheet import Refusal, read
from participants.files.spreadsheet import NO_DATE
from participants.files.workbook import OLD, PROTECTED
from tests.files.workbooks import ANN, BOOK, HEADINGS, RELATIONS, STYLES, cells, package, written

TODAY = datetime.date(2026, 4, 1)
GOOD = cells(HEADINGS, ANN)
MEGABYTE = 1024 * 1024


def problems(content: bytes) -> list[str]:
    read_ = read(content, today=TODAY)
    assert (read_.rows, read_.count, read_.cells) == ([], 0, {})
    return [refusal.problem for refusal in read_.refused]


def peak(content: bytes) -> tuple[list[str], int]:
    """The problems of a file, and how many bytes Python held at most while reading it."""
    tracemalloc.start()
    try:
        return problems(content), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_files_made_here_are_good_but_for_their_fault():
    assert len(read(package(inside=GOOD), today=TODAY).rows) == 1


def zip_of(**entries) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def encrypted() -> bytes:
    """Two entries whose flags say that they are encrypted."""
    content = bytearray(package(inside=GOOD))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.find(mark)
        while start >= 0:
            content[start + at] |= 1
            start = content.find(mark, start + 4)
    return bytes(content)


def twice() -> bytes:
    file = io.BytesIO(package(inside=GOOD))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("xl/Workbook.xml", BOOK)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"PK\x03\x04rest", DAMAGED),
        (b"PK\x05\x06" + b"\0" * 18, DAMAGED),
        (package(inside=GOOD)[:-40], DAMAGED),
        (zip_of(readme="no spreadsheet"), DAMAGED),
        (package(sheet="<worksheet><sheetData>"), DAMAGED),
        (package(sheet=b"\xff\xfe\x00"), DAMAGED),
        (package(inside=cells(HEADINGS) + '<row><c t="s"><v>7</v></c></row>'), DAMAGED),
        (package(inside=cells(HEADINGS) + '<row><c t="s"><v>x</v></c></row>'), DAMAGED),
        (package(inside='<row r="0"><c><v>1</v></c></row>'), DAMAGED),
        (package(inside='<row><c r="ZZZZ1"><v>1</v></c></row>'), DAMAGED),
        (package(inside=GOOD, method=zipfile.ZIP_BZIP2), DAMAGED),
        (package(inside=GOOD, method=zipfile.ZIP_LZMA), DAMAGED),
        (package(inside=GOOD, xl__other="<x><sheetData/></x>"), DAMAGED),
        (package(inside=GOOD, xl__sharedStrings="<sst><sheetData/></sst>"), DAMAGED),
        (twice(), DAMAGED),
        (encrypted(), PROTECTED),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), PROTECTED),
        (b"\xd0\xcf\x11\xe0 Workbook", OLD),
    ],
)
def test_broken_spreadsheet(content, problem):
    assert problems(content) == [problem]


def test_entities_are_never_unfolded():
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol" * 100}">' for n in range(9))
    sheet = (
        f"<!DOCTYPE worksheet [{laughs}]><worksheet><sheetData><row><c><v>&l8;</v></c></row></sheetData></worksheet>"
    )
    assert peak(package(sheet=sheet))[0] == [DAMAGED]


def test_zip_bomb_is_refused_by_what_it_declares():
    content = package(sheet=b" " * (workbook.MOST_UNFOLDED + 1))
    assert len(content) < MEGABYTE
    told, most = peak(content)
    assert told == [UNFOLDS]
    assert most < 5 * MEGABYTE


def test_many_parts_bomb_is_refused_before_the_directory_is_read():
    content = zip_of(**{f"xl/{number}.xml": "" for number in range(workbook.MOST_PARTS + 1)})
    assert problems(content) == [UNFOLDS]


@pytest.mark.parametrize("declared", [10, workbook.MOST_UNFOLDED - 10_000])
def test_zip_that_lies_about_its_size(declared):
    """The directory says less, or more, than there is."""
    content = bytearray(package(sheet=b" " * (workbook.MOST_UNFOLDED * 2)))
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", declared)
    told, most = peak(bytes(content))
    assert told == [DAMAGED]
    assert most < 10 * MEGABYTE


def test_parts_that_unfold_too_far_together():
    parts = {f"xl__p{number}": f"<x>{' ' * (12 * MEGABYTE)}</x>" for number in range(9)}
    assert problems(package(inside=GOOD, **parts)) == [UNFOLDS]


@pytest.mark.parametrize(
    ("inside", "from_", "to"),
    [
        (GOOD + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "A1", "XFD1048576"),
        (GOOD + '<row r="1048576"><c><v>1</v></c></row>', "A1", "F1048576"),
        (GOOD + '<row><c r="XFD3"><v>1</v></c></row><row r="200"><c><v>1</v></c></row>', "A1", "XFD200"),
    ],
)
def test_cell_far_away_from_the_others(inside, from_, to):
    told, most = peak(package(inside=inside))
    assert told == [places.FAR_AWAY.format(from_, to)]
    assert most < MEGABYTE


def test_declared_dimension_and_empty_cells_far_away_do_no_harm():
    sheet = (
        f'<worksheet xmlns:x="y"><dimension ref="A1:XFD1048576"/><sheetData>{GOOD}'
        '<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData></worksheet>'
    )
    assert len(read(package(sheet=sheet), today=TODAY).rows) == 1


def test_long_text_that_many_cells_name():
    text = f"<sst><si><t>{'x' * 100_000}</t></si></sst>"
    inside = "<row>" + '<c t="s"><v>0</v></c>' * 16_000 + "</row>"
    told, most = peak(package(inside=inside, xl__sharedStrings=text))
    assert told == [UNFOLDS]
    assert most < 5 * MEGABYTE


def test_merged_cells_without_end():
    merged = "<mergeCells>" + '<mergeCell ref="A1:XFD1048576"/>' * 50_000 + "</mergeCells>"
    sheet = f"<worksheet><sheetData>{GOOD}</sheetData>{merged}</worksheet>"
    tracemalloc.start()
    assert len(read(package(sheet=sheet), today=TODAY).rows) == 1
    assert tracemalloc.get_traced_memory()[1] < 10 * MEGABYTE
    tracemalloc.stop()


def rows(number: int) -> list[tuple]:
    return [(f"Ann Foxglen{row}", "1990-02-28", f"F26-{row}", *ANN[3:]) for row in range(number)]


def as_csv(number: int) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows([HEADINGS, *rows(number)])
    return file.getvalue().encode()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_fifty_thousand_rows_are_read_in_bounded_memory(kind):
    content = as_csv(50_000) if kind == "csv" else package(inside=cells(HEADINGS, *rows(50_000)))
    tracemalloc.start()
    try:
        read_ = read(content, today=TODAY)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (len(read_.rows), read_.refused) == (50_000, [])
    assert most < 120 * MEGABYTE


def test_work_grows_with_the_rows_and_no_faster(monkeypatch):
    """Counted, not timed: how often a cell is looked at."""
    seen = []
    from participants.files import sheet

    real = sheet.as_text
    monkeypatch.setattr(sheet, "as_text", lambda *args, **kwargs: seen.append(1) or real(*args, **kwargs))
    looks = []
    for number in (100, 200):
        seen.clear()
        read(as_csv(number), today=TODAY)
        looks.append(len(seen))
    assert looks == [6 * 101, 6 * 201]


def test_file_of_refused_rows_is_answered_in_bounded_memory():
    content = (",".join(HEADINGS) + "\n" + "x\n" * 49_999).encode()
    tracemalloc.start()
    read_ = read(content, today=TODAY)
    assert tracemalloc.get_traced_memory()[1] < 60 * MEGABYTE
    tracemalloc.stop()
    assert len(read_.refused) == 49_999


# --- whatever the bytes --------------------------------------------------------------------------------------
def accounted_for(content: bytes) -> None:
    """Each row is taken or refused; a file that cannot be read says why."""
    read_ = read(content, today=TODAY)
    taken, refused = {row.number for row in read_.rows}, {refusal.row for refusal in read_.refused}
    assert read_.rows or read_.refused
    assert not taken & refused
    assert read_.count in (0, len(taken) + len(refused))
    assert all(refusal.problem for refusal in read_.refused)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(content):
    accounted_for(content)


HEAD = ",".join(HEADINGS).encode() + b"\n"
CELL = st.one_of(st.text(max_size=12), st.sampled_from([*ANN, "3/1/2026", '"', "\x00", "é\n", "=1+1"]))


@settings(deadline=None)
@given(st.lists(st.lists(CELL, max_size=8), max_size=5), st.sampled_from(["utf-8", "utf-16", "cp1252", "utf-8-sig"]))
def test_any_rows_below_a_good_header(lines, encoding):
    text = HEAD.decode() + "\n".join(",".join(line) for line in lines)
    accounted_for(text.encode(encoding, errors="replace"))


@settings(deadline=None)
@given(st.lists(st.lists(CELL, max_size=8), max_size=5))
def test_any_cells_in_a_spreadsheet(lines):
    plain = [[cell.replace("\x00", "") for cell in line] for line in lines]
    keep = [[cell for cell in line if cell.isprintable()] for line in plain]
    accounted_for(written(HEADINGS, *keep))


WHOLE = package(inside=GOOD, xl__sharedStrings="<sst><si><t>x</t></si></sst>", method=zipfile.ZIP_STORED)


@settings(deadline=None, max_examples=300)
@given(st.integers(0, len(WHOLE) - 1), st.binary(max_size=6), st.integers(0, 6))
def test_any_change_to_a_spreadsheet(at, bytes_, cut):
    accounted_for(WHOLE[:at] + bytes_ + WHOLE[at + cut :])


PIECES = st.sampled_from(
    ["<row>", "</row>", '<row r="3">', "<c>", "</c>", '<c r="B2" t="s">', '<c t="e">', '<c t="d">', '<c t="b">', "<v>",
     "</v>", "<f>", "</f>", '<f t="shared" si="0" ref="A1:B9">', "<is><t>", "</t></is>", "1", "x", "-1", "9e999",
     "2026-02-30", "&#0;", "&lt;", "<!-- -->", "<![CDATA[1]]>", '<c s="9">', '<c r="">']
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.lists(PIECES, max_size=12).map("".join), st.booleans())
def test_any_xml_in_a_sheet(inside, closed):
    if closed:  # well-formed, so that it comes through to the reader of values
        inside = f"<row><c><v>{inside.replace('<', '').replace('&', '')}</v></c></row>"
    accounted_for(package(inside=GOOD + inside))


NUMBERS = ("0", "60", "1990", "46112", "46112.99999", "1e9", "3055550100", "1e12", "1e18", "1e308", "-1", "-1e10")
NUMBERS += ("-1e308", "inf", "-inf", "NaN", "9" * 400)


@pytest.mark.parametrize("style", range(4))
@pytest.mark.parametrize("from_1904", [False, True])
def test_any_number_in_any_format(style, from_1904):
    """Some make the reader of values panic, which Python does not count among exceptions."""
    macs = {"xl__workbook": BOOK.replace("<sheets>", '<workbookPr date1904="1"/><sheets>')} if from_1904 else {}
    for number in NUMBERS:
        for column in range(6):
            line = [f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in ANN]
            line[column] = f'<c s="{style}"><v>{number}</v></c>'
            accounted_for(package(inside=f"{cells(HEADINGS)}<row>{''.join(line)}</row>", xl__styles=STYLES, **macs))


def test_number_that_is_no_date_names_its_row():
    inside = f'{GOOD}<row><c s="1"><v>-1e308</v></c></row>'
    read_ = read(package(inside=inside, xl__styles=STYLES), today=TODAY)
    assert (read_.rows, read_.refused) == ([], [Refusal(3, "", NO_DATE)])


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.tuples(st.sampled_from(["n", "s", "e", "b", "d", "str", "inlineStr", "zz"]),
                       st.text("0123456789.-eTZ:#x ", max_size=12), st.booleans()), max_size=7)
)  # fmt: skip
def test_any_kind_of_cell(kinds):
    inside = "".join(
        f'<c t="{kind}">{"<f>A1</f>" if formula else ""}<v>{value}</v></c>' for kind, value, formula in kinds
    )
    shared = "<sst><si><t>x</t></si></sst>"
    accounted_for(package(inside=f"{GOOD}<row>{inside}</row>", xl__sharedStrings=shared))


def test_relations_that_lead_elsewhere_are_not_followed():
    for target in ("../../../etc/passwd", "http://example.org/x", "sharedStrings.xml", ""):
        relations = RELATIONS.replace("worksheets/sheet1.xml", target)
        file = io.BytesIO(package(inside=GOOD))
        with zipfile.ZipFile(file) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        assert problems(zip_of(**{**parts, "xl/_rels/workbook.xml.rels": relations})) == ["The spreadsheet is empty."]


def test_refusal_of_a_whole_file_names_its_first_row():
    assert read(b"PK\x03\x04", today=TODAY).refused == [Refusal(1, "", DAMAGED)]

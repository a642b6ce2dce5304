"""XLSX files for tests: written by openpyxl, or put together part by part where no program would write them so."""

import io
import zipfile
from collections.abc import Callable

from openpyxl import Workbook

HEADINGS = ("name", "date_of_birth", "case_number", "charge", "offense_date", "source")
ANN = ("Ann Foxglen", "1990-02-28", "F26-1", "796.07(2)(f)", "2026-03-01", "Court")
BOOK = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="Cases" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet1.xml"/></Relationships>'
)
ROOT = RELATIONS.replace("worksheets/sheet1.xml", "xl/workbook.xml").replace('/worksheet"', '/officeDocument"')
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
# Formats by number: none, date, date and time, hours.
STYLES = (
    '<styleSheet><numFmts count="1"><numFmt numFmtId="170" formatCode="[h]:mm"/></numFmts>'
    '<cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="170"/></cellXfs>'
    "</styleSheet>"
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def written(*rows, change: Callable | None = None) -> bytes:
    """Rows on the first sheet, as openpyxl writes them; `change` may do more to the workbook."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def cells(*rows) -> str:
    """The XML of rows of texts."""
    return "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in row) + "</row>" for row in rows
    )


def package(*, sheet: str | bytes | None = None, inside: str = "", method=zipfile.ZIP_DEFLATED, **parts) -> bytes:
    """An XLSX of these parts; `inside` stands in the sheet's data. Keyword `xl__styles` is the part xl/styles.xml."""
    if sheet is None:
        sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{inside}</sheetData></worksheet>'
    whole = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": ROOT,
        "xl/workbook.xml": BOOK,
        "xl/_rels/workbook.xml.rels": RELATIONS,
        **{f"{name.replace('__', '/')}.xml": content for name, content in parts.items()},
        "xl/worksheets/sheet1.xml": sheet,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in whole.items():
            archive.writestr(name, content)
    return file.getvalue()

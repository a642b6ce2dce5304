"""The parts of an XLSX file, checked before any other code opens it, and written anew into a file that is safe to open.

An XLSX file is a ZIP of XML parts. A few kilobytes of it can unfold to gigabytes (a ZIP bomb, an entity, one cell far
away from the others, one long text that a million cells name), so every part is read here within bounds, in pieces, by
a parser that knows no entities. What the reader opens afterwards is a file written here, from those parts only.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from participants.files.places import DAMAGED, UNFOLDS, CellsReader
from participants.files.table import FileProblem

# Bounds. 50,000 rows of 20 columns unfold to about 40 MB.
MOST_PARTS = 1_000
MOST_UNFOLDED = 100 * 1024 * 1024
MOST_SHARED = 2_000_000  # texts that cells may name
PIECE = 1024 * 1024

PROTECTED = "This spreadsheet is protected by a password. Save it without one and send that file."
OLD = "This is a spreadsheet in an old format (.xls). Save it as .xlsx, or as “CSV UTF-8”, and send that file."


# The parts that tell cells; drawings, macros, connections and whatever else may lie in the file are left behind.
KEPT = re.compile(
    r"\[content_types\]\.xml|_rels/\.rels|xl/[^/]+\.xml|xl/_rels/[^/]+\.rels|xl/worksheets/[^/]+\.xml", re.IGNORECASE
)


@dataclass
class SheetPart:
    """A sheet by its name, and its cells as the parser saw them."""

    name: str
    hidden: bool
    cells: CellsReader


@dataclass
class Workbook:
    """A file written here, and what is known of its sheets, in their order."""

    content: bytes
    sheets: list[SheetPart]
    from_1904: bool


@dataclass
class _Parts:
    """What the parts say together."""

    # Name, relation, whether it is hidden.
    names: list[tuple[str, str, bool]] = field(default_factory=list)
    paths: dict[str, str] = field(default_factory=dict)  # by relation
    cells: dict[str, CellsReader] = field(default_factory=dict)  # by path
    from_1904: bool = False
    lengths: list[int] = field(default_factory=list)  # of the shared texts
    unfolded: int = 0


def open_workbook(content: bytes) -> Workbook:
    """Check every part and write them anew. Raises FileProblem."""
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileProblem(PROTECTED if "EncryptedPackage".encode("utf-16-le") in content else OLD)
    # Counted before the directory is read: each entry of it makes an object.
    if content.count(b"PK\x01\x02") > MOST_PARTS:
        raise FileProblem(UNFOLDS)
    parts, anew = _Parts(), io.BytesIO()
    try:
        with (
            zipfile.ZipFile(io.BytesIO(content)) as given,
            zipfile.ZipFile(anew, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as written,
        ):
            for entry in _entries(given):
                with given.open(entry) as source, written.open(entry.filename, "w") as target:
                    _copy(source, target, entry.filename, parts)
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, NotImplementedError, ValueError) as error:
        raise FileProblem(DAMAGED) from error
    return Workbook(content=anew.getvalue(), sheets=_sheets(parts), from_1904=parts.from_1904)


def _sheets(parts: _Parts) -> list[SheetPart]:
    found = []
    for name, relation, hidden in parts.names:
        cells = parts.cells.pop(parts.paths.get(relation, ""), None)
        if cells is not None:  # a chart has no cells; a part belongs to one sheet
            found.append(SheetPart(name, hidden, cells))
    return found


def _entries(given: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The parts to read, shared texts before the sheets that name them."""
    entries = [entry for entry in given.infolist() if KEPT.fullmatch(entry.filename)]
    names = {entry.filename.lower() for entry in entries}
    if len(names) < len(entries) or "xl/workbook.xml" not in names:
        raise FileProblem(DAMAGED)
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise FileProblem(PROTECTED)
    # Other methods cannot be unfolded in bounded pieces.
    if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        raise FileProblem(DAMAGED)
    if sum(entry.file_size for entry in entries) > MOST_UNFOLDED:
        raise FileProblem(UNFOLDS)
    return sorted(entries, key=lambda entry: entry.filename.lower().startswith("xl/worksheets/"))


def _pieces(source, parts: _Parts) -> Iterator[bytes]:
    """What is really read counts, whatever the directory declares."""
    while piece := source.read(PIECE):
        parts.unfolded += len(piece)
        if parts.unfolded > MOST_UNFOLDED:
            raise FileProblem(UNFOLDS)
        yield piece


def _copy(source, target, name: str, parts: _Parts) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    finish = _listen(parser, name.lower(), parts)
    for piece in _pieces(source, parts):
        parser.Parse(piece)
        target.write(piece)
    parser.Parse(b"", True)
    finish()


def _listen(parser, name: str, parts: _Parts):
    """Let the parser tell what the part `name` says; returns what is to be called at its end."""
    if name.startswith("xl/worksheets/"):
        cells = parts.cells[name] = CellsReader(parser, parts.lengths)
        return cells.finish
    if name == "xl/sharedstrings.xml":
        _listen_to_texts(parser, parts.lengths)
        return lambda: None

    def start(tag, attributes):
        tag = tag.rpartition(":")[2]
        if tag == "sheetData":  # cells elsewhere would be read unseen
            _refuse()
        elif tag == "workbookPr":
            parts.from_1904 = attributes.get("date1904", "0") in ("1", "true")
        elif tag == "sheet":
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            parts.names.append((attributes.get("name", ""), relation, attributes.get("state", "visible") != "visible"))
        elif tag == "Relationship" and name == "xl/_rels/workbook.xml.rels":
            path = posixpath.normpath(posixpath.join("/xl", attributes.get("Target", ""))).lstrip("/").lower()
            parts.paths[attributes.get("Id", "")] = path

    parser.StartElementHandler = start
    return lambda: None


def _listen_to_texts(parser, lengths: list[int]) -> None:
    def start(tag, attributes):
        tag = tag.rpartition(":")[2]
        if tag == "sheetData":
            _refuse()
        if tag == "si":
            if len(lengths) >= MOST_SHARED:
                raise FileProblem(UNFOLDS)
            lengths.append(0)

    def text(characters):
        if lengths:
            lengths[-1] += len(characters)

    parser.StartElementHandler, parser.CharacterDataHandler = start, text


def _refuse(*args) -> None:
    """Also called for a document type: no spreadsheet program writes one, and entities are declared there."""
    raise FileProblem(DAMAGED)

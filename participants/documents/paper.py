"""What a file really is, read from its content: never from its name, and never from what the browser says it is.

A picture is painted anew from its dots. Whatever else was in the file is gone with that: the place where a photo was
taken, which can show where somebody lives, the telephone that took it, text, and anything hung on to the end.
A PDF is kept as it is, because an order or a signature must stay what it was, and so it is refused when it holds more
than pages: scripts, attached files, a password, or a photo that says where it was taken.
"""

import io
import logging
import threading
from dataclasses import dataclass

from PIL import Image, ImageOps
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

from participants.errors import ProgramError

# A sheet of A4 or Letter at 600 dots per inch has 35 million.
MOST_DOTS = 40_000_000
MOST_PAGES = 300
MOST_OBJECTS = 50_000
MOST_DEPTH = 50
PNG, JPEG = "image/png", "image/jpeg"
WANTED = "Send a PDF, or a photo as JPEG or PNG."
# One picture at a time is unpacked in a process: 40 million dots take 160 MB, twice that while one is turned.
_painting = threading.Lock()

# What a PDF does, or carries, beside its pages (ISO 32000-2, 7.11.4, 12.6.4, 12.7.8, 13).
ACTIVE_KEYS = {"/JS", "/JavaScript", "/AA", "/XFA", "/EmbeddedFiles", "/EF", "/RichMediaContent"}
ACTIVE_NAMES = {
    "/S": {
        "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR", "/Rendition", "/Movie", "/Sound",
        "/RichMediaExecute",
    },
    "/Type": {"/EmbeddedFile"},
    "/Subtype": {"/FileAttachment", "/RichMedia", "/Movie", "/Screen", "/3D", "/Sound"},
}  # fmt: skip
# The same in the raw file, for readers that mend a broken table of contents by looking through all of it.
ACTIVE_WORDS = (b"/JavaScript", b"/EmbeddedFile", b"/RichMedia", b"/SubmitForm", b"/Launch")
PLACE_WORDS = (b"GPSLatitude", b"GPSPosition")
GPS = 0x8825  # the tag of the place in EXIF

logging.getLogger("pypdf").setLevel(logging.ERROR)  # it warns of every small flaw, with words of the file


@dataclass(frozen=True)
class Paper:
    """A checked paper as it is stored."""

    content_type: str
    content: bytes


def read_paper(content: bytes) -> Paper:
    """The paper that a file holds. Raises ProgramError with a sentence for whoever chose the file."""
    if not content:
        raise _refusal("The file is empty.")
    if content.startswith(b"%PDF-"):
        _check_pdf(content)
        return Paper("application/pdf", content)
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return Paper(PNG, _painted(content, "PNG"))
    if content.startswith(b"\xff\xd8\xff"):
        return Paper(JPEG, _painted(content, "JPEG"))
    if content[4:12] in {b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypheif"}:
        raise _refusal(f"This is a HEIC photo, which many computers cannot show. {WANTED}")
    if content.startswith(b"PK"):
        raise _refusal("This is a text document, a table or an archive. Save it as a PDF and send that.")
    raise _refusal(f"This is neither a PDF nor a photo, whatever its name says. {WANTED}")


def _refusal(sentence: str) -> ProgramError:
    return ProgramError(sentence, field="file")


def _painted(content: bytes, form: str) -> bytes:
    """The dots of a picture as a new file, upright, with nothing else in it."""
    try:
        with _painting, Image.open(io.BytesIO(content), formats=(form,)) as picture:
            if picture.width * picture.height > MOST_DOTS:
                raise _too_many_dots()
            how = _as_before(picture) if form == "JPEG" else {}
            picture.load()
            return _written(ImageOps.exif_transpose(picture), form, how)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_dots() from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise _refusal("This picture is damaged or incomplete. Take or scan it again.") from error


def _too_many_dots() -> ProgramError:
    return _refusal(
        f"This picture has more than {MOST_DOTS // 1_000_000} million dots. Scan it with fewer: 300 per inch will do."
    )


def _as_before(picture: Image.Image) -> dict:
    """A photo is pressed together as before, so that painting it anew neither blurs nor swells it."""
    from PIL.JpegImagePlugin import get_sampling

    sampling = get_sampling(picture)
    return {"qtables": picture.quantization} | ({"subsampling": sampling} if sampling != -1 else {})


def _written(picture: Image.Image, form: str, how: dict) -> bytes:
    plain = {"PNG": {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}, "JPEG": {"L", "RGB"}}[form]
    if picture.mode not in plain:
        picture, how = picture.convert("RGB"), {}
    see_through = picture.info.get("transparency")
    picture.info = {} if see_through is None else {"transparency": see_through}
    target = io.BytesIO()
    if form == "JPEG" and not how:
        how = {"quality": 90}
    picture.save(target, form, **how)
    return target.getvalue()


def _check_pdf(content: bytes) -> None:
    if not content.rstrip(b"\x00\t\n\x0c\r ").endswith(b"%%EOF"):
        raise _refusal("This PDF is cut off, or something hangs on to its end. Print it to a PDF once more.")
    if any(word in content for word in ACTIVE_WORDS):
        raise _active()
    if any(word in content for word in PLACE_WORDS):
        raise _with_place()
    try:
        reader = PdfReader(io.BytesIO(content), xref_stream_maximum_entries=MOST_OBJECTS)
        if reader.is_encrypted:
            raise _refusal("This PDF has a password. Print it to a PDF without one and send that.")
        _check_objects(reader)
        if not 0 < len(reader.pages) <= MOST_PAGES:
            raise _refusal(f"A PDF needs at least one page, and {MOST_PAGES} at most.")
    except (PyPdfError, RecursionError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError,
            AssertionError, OSError, NotImplementedError) as error:  # fmt: skip
        # pypdf reads whatever it is given and answers some broken files with errors of Python's own.
        raise _refusal("This PDF is damaged. Print it to a PDF once more, or scan the paper.") from error


def _check_objects(reader: PdfReader) -> None:
    """Look at every object of a PDF without unpacking its pages."""
    numbers = {number for numbers in reader.xref.values() for number in numbers} | set(reader.xref_objStm)
    if len(numbers) > MOST_OBJECTS:
        raise _refusal("This PDF has too many parts. Print it to a PDF once more, or scan the paper.")
    for generation, known in reader.xref.items():
        for number in known:
            _check_object(_object(reader, number, generation))
    for number in reader.xref_objStm:
        _check_object(_object(reader, number, 0))
    _check_object(reader.trailer)


def _object(reader: PdfReader, number: int, generation: int):
    from pypdf.generic import IndirectObject

    return IndirectObject(number, generation, reader).get_object()


def _check_object(found, depth: int = 0) -> None:
    """Refuse what acts or carries files. What lies behind a reference is looked at as an object of its own."""
    if depth > MOST_DEPTH:
        raise _refusal("This PDF is built too deeply. Print it to a PDF once more, or scan the paper.")
    if isinstance(found, DictionaryObject):
        if ACTIVE_KEYS & found.keys():
            raise _active()
        for key, names in ACTIVE_NAMES.items():
            if key in found and str(found.get(key)) in names:
                raise _active()
        if isinstance(found, StreamObject):
            _check_photo(found)
        for value in found.values():
            _check_object(value, depth + 1)
    elif isinstance(found, ArrayObject):
        for value in list.__iter__(found):
            _check_object(value, depth + 1)


def _check_photo(stream: StreamObject) -> None:
    """A photo inside a PDF keeps its EXIF: refuse one that says where it was taken."""
    filters = stream.get("/Filter")
    last = filters[-1] if isinstance(filters, ArrayObject) and filters else filters
    if last != "/DCTDecode":
        return
    try:
        with Image.open(io.BytesIO(stream.get_data()), formats=("JPEG",)) as picture:
            placed = bool(picture.getexif().get_ifd(GPS))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return  # what no program can show tells no place
    if placed:
        raise _with_place()


def _active() -> ProgramError:
    return _refusal(
        "This PDF holds more than pages: a script, an attached file or a form that acts. Print it to a PDF and send "
        "that."
    )


def _with_place() -> ProgramError:
    return _refusal(
        "A photo in this PDF says where it was taken, which can show where somebody lives. Send the photo itself as "
        "JPEG: the place is removed from it."
    )

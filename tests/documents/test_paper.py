"""What a file really is: every kind of bad file gets a sentence, and nothing hidden is kept."""

import io
import random
import resource
import struct
import subprocess
import sys
import zlib

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pypdf import PdfWriter

from participants.documents.paper import MOST_DOTS, MOST_OBJECTS, read_paper
from participants.errors import ProgramError
from tests.papers import GPS, pdf, picture, stream, taken_at_home


def refused(content: bytes) -> str:
    with pytest.raises(ProgramError) as refusal:
        read_paper(content)
    assert refusal.value.field == "file"
    return refusal.value.message


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def written(password: str = "") -> bytes:
    """A PDF as a program writes it, with a binary comment."""
    writer = PdfWriter()
    writer.add_blank_page(612, 792)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def packed(body: bytes) -> bytes:
    """A PDF whose objects lie in one compressed object stream, with a cross-reference stream."""
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>",
        body,
    ]
    places, inside = [], b""
    for each in bodies:
        places.append(len(inside))
        inside += each + b" "
    head = b" ".join(b"%d %d" % pair for pair in enumerate(places, start=1)) + b" "
    words = b"/Type /ObjStm /N %d /First %d /Filter /FlateDecode" % (len(bodies), len(head))
    start = b"%PDF-1.5\n"
    first = b"5 0 obj\n" + stream(zlib.compress(head + inside), words) + b"\nendobj\n"
    table = len(start + first)
    entries = [(0, 0, 65535), *((2, 5, place) for place in range(len(bodies))), (1, len(start), 0), (1, table, 0)]
    rows = b"".join(struct.pack(">BIH", *entry) for entry in entries)
    words = b"/Type /XRef /Size 7 /Root 1 0 R /W [1 4 2] /Filter /FlateDecode"
    last = b"6 0 obj\n" + stream(zlib.compress(rows), words) + b"\nendobj\n"
    return start + first + last + b"startxref\n%d\n%%%%EOF\n" % table


@pytest.mark.parametrize("content", [pdf(), written(), pdf() + b"\n\r\n\x00", packed(b"<< /S /P >>")])
def test_pdf_is_kept_as_it_is(content):
    paper = read_paper(content)
    assert (paper.content_type, paper.content) == ("application/pdf", content)


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_picture_keeps_its_dots(form):
    content = picture(form)
    paper = read_paper(content)
    assert paper.content_type == f"image/{form.lower()}"
    before, after = opened(content), opened(paper.content)
    assert (after.size, after.mode, after.format) == (before.size, before.mode, before.format)
    for place in ((5, 5), (55, 5)):
        assert abs(after.getpixel(place)[0] - before.getpixel(place)[0]) <= 2


@pytest.mark.parametrize(
    ("form", "mode"),
    [("PNG", "1"), ("PNG", "L"), ("PNG", "P"), ("PNG", "RGBA"), ("PNG", "I;16"), ("JPEG", "L"), ("JPEG", "CMYK")],
)
def test_every_way_to_write_dots_is_taken(form, mode):
    after = opened(read_paper(picture(form, mode=mode)).content)
    assert after.size == (60, 40)
    left, right = (after.convert("L").getpixel(place) for place in ((5, 5), (55, 5)))
    assert left < 10
    assert right > 245


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_place_and_telephone_are_gone(form):
    content = picture(form, exif=taken_at_home(), icc_profile=b"profile of a Telephone Maker")
    assert opened(content).getexif().get_ifd(GPS)  # or the test would prove nothing
    kept = read_paper(content).content
    after = opened(kept)
    assert dict(after.getexif()) == {}
    assert not after.getexif().get_ifd(GPS)
    assert b"Telephone" not in kept
    assert not {"exif", "icc_profile", "comment", "xmp"} & set(after.info)


def test_text_in_a_picture_is_gone():
    words = PngInfo()
    words.add_text("Author", "Somebody Known")
    for content in (picture("PNG", pnginfo=words), picture("JPEG", comment=b"Somebody Known")):
        assert b"Somebody Known" in content
        assert b"Somebody Known" not in read_paper(content).content


def test_photo_taken_sideways_stands_upright():
    """The only thing that its hidden part was good for."""
    after = opened(read_paper(picture("JPEG", exif=taken_at_home(orientation=6))).content)
    assert after.size == (40, 60)
    assert after.getpixel((20, 5))[0] < 20  # black was left, and is above now
    assert after.getpixel((20, 55))[0] > 235


def test_further_pictures_in_a_photo_are_gone():
    """Telephones hang a second picture on to the first, with a place of its own."""
    target = io.BytesIO()
    second = Image.new("RGB", (60, 40), "red")
    first = opened(picture("JPEG"))
    first.save(target, "MPO", save_all=True, append_images=[second], exif=taken_at_home())
    assert opened(target.getvalue()).n_frames == 2
    kept = read_paper(target.getvalue())
    after = opened(kept.content)
    assert (kept.content_type, after.format, getattr(after, "n_frames", 1)) == ("image/jpeg", "JPEG", 1)
    assert dict(after.getexif()) == {}
    assert len(kept.content) < len(target.getvalue()) * 0.7


def test_photo_does_not_swell():
    noise = Image.frombytes("RGB", (300, 300), random.Random(1).randbytes(270_000))
    target = io.BytesIO()
    noise.save(target, "JPEG", quality=60)
    assert len(read_paper(target.getvalue()).content) < len(target.getvalue()) * 1.1


SCRIPT = b"<script>alert(1)</script>"


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("tail", [SCRIPT, b"PK\x03\x04 an archive", pdf()])
def test_what_hangs_on_to_a_picture_is_cut_off(form, tail):
    kept = read_paper(picture(form) + tail).content
    assert tail not in kept
    assert opened(kept).size == (60, 40)


def without_pages() -> bytes:
    return pdf().replace(b"/Count 1", b"/Count 0").replace(b"[3 0 R]", b"[     ]")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"<!doctype html>" + SCRIPT, "neither a PDF nor a photo"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>", "neither a PDF nor a photo"),
        (b"GIF89a" + SCRIPT, "neither a PDF nor a photo"),
        (b"MZ\x90\x00", "neither a PDF nor a photo"),
        (b"%!PS-Adobe-3.0", "neither a PDF nor a photo"),
        (b" " + pdf(), "neither a PDF nor a photo"),
        (SCRIPT + pdf(), "neither a PDF nor a photo"),
        (b"PK\x03\x04word/document.xml", "text document"),
        (b"\x00\x00\x00\x18ftypheic", "HEIC"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\x89PNG\r\n\x1a\n" + SCRIPT, "damaged"),
        (b"\xff\xd8\xff" + SCRIPT, "damaged"),
        (picture("PNG")[:-30], "damaged"),
        (picture("JPEG", size=(400, 400))[:600], "damaged"),
        (b"%PDF-1.4\n%%EOF", "damaged"),
        (b"%PDF-1.4\n" + b"x" * 2000 + b"\nstartxref\n5\n%%EOF", "damaged"),
        (pdf()[:-20], "cut off"),
        (pdf() + SCRIPT, "hangs on to its end"),
        (pdf(catalog=b"/AcroForm << /XFA (x) >>"), "more than pages"),
        (pdf(b"<< /S /JavaScript /JS (app.alert(1)) >>"), "more than pages"),
        (pdf(b"<< /S /Java#53cript /J#53 (app.alert(1)) >>"), "more than pages"),
        (pdf(b"<< /Type /Action /S /Launch /F (cmd.exe) >>", catalog=b"/OpenAction 4 0 R"), "more than pages"),
        (pdf(b"[ [ << /AA << >> >> ] ]"), "more than pages"),
        (pdf(b"<< /Subtype /FileAttachment >>"), "more than pages"),
        (pdf(stream(b"MZ", b"/Type /Embedded#46ile")), "more than pages"),
        (pdf(trailer=b"/Info << /JS (x) >>"), "more than pages"),
        (packed(b"<< /S /JavaScript /JS (x) >>"), "more than pages"),
        (pdf(stream(b"<exif:GPSLatitude>25,46.5N</exif:GPSLatitude>", b"/Type /Metadata")), "where it was taken"),
        (without_pages(), "one page"),
    ],
)
def test_bad_file_gets_a_sentence(content, words):
    assert words in refused(content)


def test_pdf_with_a_password():
    assert "password" in refused(written("secret"))


def test_a_script_in_a_compressed_part_is_invisible_in_the_raw_file():
    """Or its case above would not show that objects are unpacked."""
    assert b"JavaScript" not in packed(b"<< /S /JavaScript /JS (x) >>")


def test_photo_in_a_pdf_that_says_where_it_was_taken():
    words = b"/Type /XObject /Subtype /Image /Filter /DCTDecode"
    assert "where it was taken" in refused(pdf(stream(picture("JPEG", exif=taken_at_home()), words)))
    squeezed = zlib.compress(picture("JPEG", exif=taken_at_home()))
    both = b"/Type /XObject /Subtype /Image /Filter [/FlateDecode /DCTDecode]"
    assert "where it was taken" in refused(pdf(stream(squeezed, both)))
    assert read_paper(pdf(stream(picture("JPEG"), words))).content_type == "application/pdf"


def test_pdf_of_too_many_parts_or_too_deep():
    assert "PDF" in refused(pdf(b"[" * 3000 + b"]" * 3000))
    assert "too many parts" in refused(pdf(*[b"null"] * (MOST_OBJECTS + 1)))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says it has this many dots."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    dots = chunk(b"IDAT", zlib.compress(b"\0" * 5_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + dots + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(6_400, 6_400), (9_500, 9_500), (30_000, 30_000), (2**31 - 1, 1)])
def test_picture_of_too_many_dots_is_not_unpacked(size):
    assert size[0] * size[1] > MOST_DOTS
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "million dots" in refused(bomb(*size))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # kilobytes


READ = """
import resource, sys
from participants.documents.paper import read_paper
content = open(sys.argv[1], "rb").read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
read_paper(content)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_of_the_largest_picture_is_bounded(tmp_path):
    """40 million dots, turned: the most that a picture can ask for. Measured in a process of its own."""
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (6324, 6324), "white").save(path, "JPEG", exif=exif)
    done = subprocess.run([sys.executable, "-c", READ, path], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 450_000  # kilobytes

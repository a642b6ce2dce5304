"""Papers for the tests: small files made here, so that nobody's paper lies in the repository."""

import io

from PIL import Image

PLACE = {1: "N", 2: (25.0, 46.0, 30.0), 3: "W", 4: (80.0, 11.0, 37.0)}
GPS = 0x8825


def picture(form: str, *, size=(60, 40), mode: str = "RGB", exif: Image.Exif | None = None, **how) -> bytes:
    """A picture whose left half is black and its right half white, so that turning it shows."""
    image = Image.new("RGB", size, "white")
    image.paste("black", (0, 0, size[0] // 2, size[1]))
    image = image.convert("I").convert("I;16") if mode == "I;16" else image.convert(mode)
    target = io.BytesIO()
    image.save(target, form, **({"exif": exif} if exif else {}), **how)
    return target.getvalue()


def taken_at_home(orientation: int = 1) -> Image.Exif:
    """What a telephone writes into a photo: where, with what, which way up."""
    exif = Image.Exif()
    exif[0x010F] = "Telephone Maker"
    exif[0x0112] = orientation
    exif.get_ifd(GPS).update(PLACE)
    return exif


def pdf(*objects: bytes, catalog: bytes = b"", trailer: bytes = b"") -> bytes:
    """A PDF of one empty page in plain ASCII. `objects` are further ones, numbered from 4."""
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>",
        *objects,
    ]
    parts, places, at = [b"%PDF-1.4\n"], [], 9
    for number, body in enumerate(bodies, start=1):
        places.append(at)
        parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, body))
        at += len(parts[-1])
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1))
    parts += [b"%010d 00000 n \n" % place for place in places]
    parts.append(b"trailer\n<< /Size %d /Root 1 0 R %b >>\nstartxref\n%d\n" % (len(bodies) + 1, trailer, at))
    return b"".join([*parts, b"%%EOF\n"])


def stream(content: bytes, words: bytes = b"") -> bytes:
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(content), words, content)

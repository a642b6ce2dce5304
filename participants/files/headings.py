"""How offices head the columns of their files: the fields, their headings, and which column is which."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

# In words, English first, then Spanish; case, order, accents, dashes and underscores do not matter.
COLUMNS = {
    "name": (
        "name", "full name", "person", "defendant", "defendant name", "person name", "nombre completo",
        "nombre y apellido", "nombre y apellidos", "acusado",
    ),
    "first_name": ("first name", "given name", "defendant first name", "primer nombre"),
    "last_name": ("last name", "surname", "family name", "defendant last name", "apellido", "apellidos"),
    "date_of_birth": (
        "date of birth", "dob", "birth date", "birthdate", "birthday", "defendant dob", "fecha de nacimiento",
        "nacimiento",
    ),
    "phone": ("phone", "phone number", "telephone", "mobile", "telefono", "numero de telefono", "celular"),
    "case_number": (
        "case number", "court case number", "case no", "case", "court case", "case id", "docket", "docket number",
        "numero de caso", "no de caso", "caso",
    ),
    "charge": (
        "charge", "statute", "charge code", "statute letter", "charge and statute letter", "charged statute",
        "offense code", "cargo", "estatuto",
    ),
    "offense_on": (
        "offense date", "offense on", "date of offense", "offence date", "fecha del delito", "fecha de la ofensa",
    ),
    "received_on": (
        "received on", "received", "date received", "received date", "referral date", "referred on",
        "fecha de recibo", "fecha de recepcion", "recibido",
    ),
    "source": ("source", "referral source", "referred by", "sent by", "referido por", "enviado por"),
    "operation_agency": ("operation agency", "agency", "agencia"),
    "operation_name": ("operation name", "operation", "operacion", "operativo"),
    "operation_on": (
        "operation date", "operation on", "date of operation", "operation held on", "fecha de la operacion",
        "fecha del operativo",
    ),
    "next_court_on": (
        "next court date", "next court on", "court date", "next court", "next hearing", "hearing date",
        "fecha de corte", "proxima fecha de corte", "proxima audiencia", "fecha de audiencia",
    ),
    "must_appear": ("must appear", "must the person appear", "appearance required", "debe comparecer"),
    "counsel_name": (
        "counsel name", "counsel", "defense counsel", "defense counsel name", "defense attorney", "attorney",
        "abogado", "abogado defensor",
    ),
    "counsel_contact": (
        "counsel contact", "defense counsel contact", "attorney contact", "counsel phone", "counsel email",
        "contacto del abogado", "telefono del abogado",
    ),
    "language": ("language", "preferred language", "language code", "idioma"),
    "gender": ("gender", "genero"),
    "race": ("race", "race ethnicity", "raza"),
    "track": ("track",),
}  # fmt: skip
FIELD_OF = {alias: name for name, aliases in COLUMNS.items() for alias in aliases}
# "Nombre" heads the whole name, and the first name where another column heads the last.
FIRST_OR_WHOLE = {"nombre", "nombres"}
REQUIRED = ("name", "case_number", "charge", "offense_on")
# Where a value comes from when its own column is not there.
STANDS_FOR = {"name": "last_name", "source": "operation_agency", "operation_name": "operation_agency"}
# More columns than this are not a list of cases.
WIDEST = 200


def plain_heading(text: str) -> str:
    """A heading in plain words: no case, accents, dashes or underscores. Remembered mappings and the names of
    senders are kept so.

    >>> plain_heading(" Número_de-CASO: ")
    'numero de caso'
    """
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in apart if not unicodedata.combining(char))
    return " ".join(re.findall(r"[^\W_]+", bare))


@dataclass
class Header:
    """The first row, read: the field of each column by place, and what is wrong with it."""

    names: list[str | None] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    # Two headings of one field, the second one last.
    doubled: tuple[str, str] | None = None


def read_header(cells: list[str], said: Mapping[str, str], *, source_known: bool) -> Header:
    """Which column is which: what the uploader has `said` (plain heading to field, "" for none) wins over the
    usual headings. `source_known` where a missing source is known otherwise."""
    header = Header()
    plain = [plain_heading(cell) for cell in cells]
    wanted = {heading: name for heading, name in said.items() if name == "" or name in COLUMNS}
    claimed = {wanted[heading] for heading in plain if wanted.get(heading)}
    has_last_name = any(wanted.get(heading, FIELD_OF.get(heading)) == "last_name" for heading in plain)
    for heading, cell in zip(plain, cells, strict=True):
        text = cell.strip()
        if heading in wanted:
            name = wanted[heading]
        else:
            name = FIELD_OF.get(heading)
            if heading in FIRST_OR_WHOLE:
                name = "first_name" if has_last_name else "name"
            if name in claimed:
                name = None
        if name and name in header.columns:
            header.doubled = header.doubled or (header.columns[name], text)
            name = None
        header.names.append(name or None)
        if text:
            header.headings.append(text)
            if name:
                header.columns[name] = text
            else:
                header.unused.append(text)
    header.missing = _missing(set(header.columns), source_known=source_known)
    return header


def _missing(known: set[str], *, source_known: bool) -> list[str]:
    if {"first_name", "last_name"} <= known:
        known = known | {"name"}
    missing = [name for name in REQUIRED if name not in known]
    if not source_known and not {"source", "operation_agency"} & known:
        missing.append("source")
    return missing


def looks_like_header(cells: list[str], said: Mapping[str, str]) -> bool:
    """Whether at least two cells are headings that we know, or that the uploader has named."""
    plain = {plain_heading(cell) for cell in cells}
    return len({heading for heading in plain if heading in FIELD_OF or said.get(heading)}) >= 2

"""A dump of the demonstration's database says nothing of a person: what a thief of the file would read."""

import json
import re

import pytest
from django.db import connection, transaction

from participants.completion.models import ExitProposal
from participants.demo.story import AGENCY
from participants.people.models import Participant
from participants.referrals.models import Referral
from participants.requirements.models import Credit, Requirement
from participants.sessions.models import Attendance, Note, Session
from participants.tracks.scope import in_track
from tests import raw

# A shorter word would be found by chance in a file that is mostly ciphertext.
SHORTEST = 7


def tables() -> list[str]:
    with connection.cursor() as cursor:
        return connection.introspection.table_names(cursor)


def rows_as_bytes() -> bytes:
    """Every value of every row of every table, read past the program."""
    values = [value for table in tables() for row in raw.rows(table) for value in row]
    parts = [bytes(v) if isinstance(v, (bytes, memoryview)) else str(v).encode() for v in values]
    return b"\n".join(parts)


def file_as_bytes() -> bytes:
    """The database file as it lies on the disk; of a server every row as text, which is what its dump holds."""
    if connection.vendor == "sqlite":
        return connection.connection.serialize()
    lines = b"\n".join(text.encode() for table in tables() for (text,) in raw.rows(table, "t::text"))
    # The digits of what is sealed would look like a date now and then.
    return re.sub(rb"\\x([0-9a-f]+)", lambda digits: bytes.fromhex(digits[1].decode()), lines)


@pytest.fixture(params=[rows_as_bytes, file_as_bytes])
def dump(demo, request) -> bytes:
    return request.param()


def secrets(demo) -> set[str]:
    """Every value of a person that the demonstration holds, and the longer words of names."""
    found = set()
    for track in demo.tracks.values():
        with in_track(track):
            for row in Referral.objects.all():
                found |= {row.name, row.phone, row.case_number, row.counsel_name, row.counsel_contact}
                found |= {row.date_of_birth.isoformat(), *re.findall(r"\w+", row.name)}
            for row in Participant.objects.all():
                found |= {row.name, row.preferred_name, row.phone, row.safe_contact, row.date_of_birth.isoformat()}
            for row in ExitProposal.objects.all():
                found |= {row.reasons, row.statement, row.decision_reason}
            found |= {row.text for row in Note.objects.all()}
            found |= {row.note for row in Credit.objects.all()}
            found |= {row.change_reason for row in Requirement.objects.all()}
            found |= {row.reason for row in Attendance.objects.all()}
    return {text for text in found if len(text) >= SHORTEST}


def written(text: str) -> set[bytes]:
    """A text as it may lie in a file: as it is, folded, without spaces and signs, in JSON, in two encodings."""
    digits = re.sub(r"\W", "", text)
    forms = {text, text.lower(), json.dumps(text)[1:-1]}
    if any(char.isdigit() for char in digits):
        forms |= {digits, digits.lower()}
    return {form.encode() for form in forms} | {text.encode("utf-16-le")}


def leaked(dump: bytes, texts: set[str]) -> set[str]:
    return {text for text in texts if any(form in dump for form in written(text))}


def test_dump_holds_no_value_of_a_person(demo, dump):
    assert leaked(dump, secrets(demo)) == set()


def test_secrets_are_of_every_kind(demo):
    """With nothing to look for nothing would be found."""
    found = secrets(demo)
    for pattern in (r"\d{4}-\d\d-\d\d", r"\(\d{3}\) 555-01\d\d", r"DEMO-\d\d-\d{6}", r"\S+ \S+", r".{60,}"):
        assert any(re.fullmatch(pattern, text) for text in found)
    assert len(found) > 400


def test_clear_values_are_found(demo, dump):
    """The source of a referral is clear, so that reports can count by it: the search finds what is there."""
    assert leaked(dump, {AGENCY}) == {AGENCY}


@pytest.mark.parametrize("read", [rows_as_bytes, file_as_bytes])
def test_name_in_a_clear_column_would_be_found(demo, read):
    texts = secrets(demo)
    # Rolled back: a value that is only overwritten stays in the free space of the file.
    with transaction.atomic():
        with in_track(demo.tracks["services"]):
            name = Participant.objects.first().name
            session = Session.objects.first()
            session.title = f"Talk with {name}"
            session.save()
        found = leaked(read(), texts)
        transaction.set_rollback(True)
    assert name in found

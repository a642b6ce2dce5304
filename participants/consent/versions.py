"""Writers of texts: the versions that people are given to read, and who certifies a translation."""

import datetime
from pathlib import Path
from uuid import UUID

from django.db import transaction

from participants.audit.actions import record
from participants.consent.models import ConsentText
from participants.errors import ProgramError, check_same
from participants.people.languages import TEXT_LANGUAGES, language_code_of
from participants.staff.models import User
from participants.tracks.models import new_id
from participants.tracks.scope import active_track

TEXTS = Path(__file__).parent / "texts"
LONGEST = 20_000


@transaction.atomic
def install_default_texts(*, by) -> list[ConsentText]:
    """Version 1 of every kind of text in the program's languages; a named person certifies them later."""
    kind_of_track = active_track().kind
    texts = ConsentText.objects.bulk_create(
        ConsentText(
            kind=kind,
            language=language,
            version=1,
            body=(TEXTS / f"{kind_of_track}.{kind}.{language}.txt").read_text(encoding="utf-8"),
        )
        for kind in ConsentText.Kind.values
        for language in TEXT_LANGUAGES
    )
    record("consent_texts.installed", by=by, detail={"count": len(texts)})
    return texts


@transaction.atomic
def write_text(*, kind: str, language: str, body: str, by: User, row_id: UUID | None = None) -> ConsentText:
    """Add the next version of a text in one language; the versions before stay as they are for ever.

    Raises ProgramError for a language that is none, an empty text, and one that says the same as the newest version.
    """
    code = language_code_of(language)
    if code is None:
        raise ProgramError(f"“{language.strip()[:20]}” is no language code of ISO 639.", field="language")
    if kind not in ConsentText.Kind.values:
        raise ProgramError("Choose what the text is for.", field="kind")
    body = "\n".join(line.rstrip() for line in body.strip().splitlines())
    if not body:
        raise ProgramError("Write the text.", field="body")
    if len(body) > LONGEST:
        raise ProgramError(f"A text has at most {LONGEST:,} characters.", field="body")
    if written := ConsentText.objects.filter(pk=row_id).first():
        check_same(written, {"kind": kind, "language": code, "body": body}, "It is in the list of texts.")
        return written
    # Two who write at once would meet on the unique version; the texts of the kind are held until the end.
    versions = ConsentText.objects.select_for_update().filter(kind=kind, language=code)
    newest = max(versions, key=lambda text: text.version, default=None)
    if newest and newest.body.strip() == body:
        raise ProgramError(f"Version {newest.version} says exactly this already.", field="body")
    text = ConsentText.objects.create(
        pk=row_id or new_id(),
        kind=kind,
        language=code,
        version=(newest.version if newest else 0) + 1,
        body=body,
    )
    record("consent_text.written", by=by, subjects=[text], detail={"kind": kind, "language": code})
    return text


@transaction.atomic
def certify_text(
    *, text: ConsentText, certified_by: str, certified_on: datetime.date, today: datetime.date, by: User
) -> ConsentText:
    """Record who certifies that a text says, in its language, what it has to say. Once only, for good."""
    text = ConsentText.objects.select_for_update().get(pk=text.pk)
    certified_by = " ".join(certified_by.split())
    if text.certified_by:
        if (text.certified_by, text.certified_on) == (certified_by, certified_on):
            return text
        raise ProgramError(f"This version was certified by {text.certified_by} on {text.certified_on:%B %-d, %Y}.")
    if not certified_by:
        raise ProgramError("Name the person who certifies the text.", field="certified_by")
    if certified_on > today:
        raise ProgramError("This day is still to come.", field="certified_on")
    text.certified_by, text.certified_on = certified_by, certified_on
    text.save(update_fields=("certified_by", "certified_on"))
    record("consent_text.certified", by=by, subjects=[text], fields=["certified_by", "certified_on"])
    return text

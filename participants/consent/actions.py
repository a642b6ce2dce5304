"""Writers of texts, offers and agreements."""

from pathlib import Path

from django.db import transaction

from participants.audit.actions import record
from participants.consent.models import ConsentText
from participants.people.languages import TEXT_LANGUAGES
from participants.tracks.scope import active_track

TEXTS = Path(__file__).parent / "texts"


@transaction.atomic
def install_default_texts(*, by) -> list[ConsentText]:
    """Version 1 of offer and agreement in the program's languages; a named person certifies them later."""
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

"""The program's own texts: there in three languages, and true to what the program promises."""

import re
from pathlib import Path

import pytest

from participants.consent import versions
from participants.consent.models import ConsentText
from participants.consent.queries import current_texts
from participants.tracks.scope import in_track

FILES = sorted(Path(versions.TEXTS).glob("*.txt"))
# Of the choice to enter, where much depends on it; the consent to messages is no part of that.
CHOICE = [path for path in FILES if ".messages." not in path.name]
MESSAGES = [path for path in FILES if ".messages." in path.name]
SERVICES = [path for path in FILES if path.name.startswith("services")]
LAWYER = {"en": "lawyer", "es": "abogado", "ht": "avoka"}
PROSECUTOR = {"en": "prosecutor", "es": "fiscal", "ht": "pwokirè"}


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def language(path: Path) -> str:
    return path.name.split(".")[2]


def test_every_track_has_every_kind_of_text_in_three_languages(cast):
    for track in cast.tracks.values():
        with in_track(track):
            for kind in ConsentText.Kind.values:
                assert [row.language for row in current_texts(kind)] == ["en", "es", "ht"]
            assert not ConsentText.objects.exclude(certified_by="").exists()  # nobody has certified them yet
    assert len(FILES) == 2 * 3 * len(ConsentText.Kind.values)


@pytest.mark.parametrize("path", CHOICE, ids=lambda path: path.stem)
def test_text_names_lawyer_and_prosecutor(path):
    assert LAWYER[language(path)] in text(path).lower()
    assert PROSECUTOR[language(path)] in text(path).lower()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_texts_of_a_kind_have_the_same_parts(path):
    """A translation that misses a part would promise less."""
    english = path.with_name(path.name.replace(f".{language(path)}.", ".en."))
    assert text(path).count("\n\n") == text(english).count("\n\n")


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_services_texts_label_nobody(path):
    assert not re.search(
        r"victim|víctima|viktim|survivor|sobreviviente|prostitu|pwostitisyon|trafficking|trata de (personas|blancas)",
        text(path).lower(),
    )


@pytest.mark.parametrize("path", [path for path in SERVICES if path in CHOICE], ids=lambda path: path.stem)
def test_services_texts_promise_silence_without_permission(path):
    words = {"en": "permi", "es": "permi", "ht": "pèmisyon"}
    assert words[language(path)] in text(path).lower()


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_messages_are_no_condition_and_can_be_stopped(path):
    """Apart from the agreement: the text says that nothing depends on it and that no reason is asked to stop."""
    free = {
        "en": ("you may say no", "nothing else depends on it", "no reason is asked"),
        "es": ("puede decir que no", "nada más depende", "razón"),
        "ht": ("ou ka di non", "pa gen lòt bagay", "rezon"),
    }
    for words in free[language(path)]:
        assert words in text(path).lower(), words


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_paragraphs_are_plain_lines(path):
    """Shown as paragraphs; a heading and its paragraph are two lines of one block."""
    for block in text(path).strip().split("\n\n"):
        assert len(block.split("\n")) in (1, 2)


def test_newest_version_is_the_one_in_use(cast):
    with in_track(cast.education, write=True):
        second = ConsentText.objects.create(kind="offer", language="es", version=2, body="Nuevo.")
        in_use = {row.language: row for row in current_texts("offer")}
    assert in_use["es"] == second
    assert in_use["en"].version == 1

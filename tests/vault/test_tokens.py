"""The blind index: what is the same, what is a beginning, and what a token gives away."""

import pytest

from participants.vault import tokens


def sought(track_id, text) -> list[set[bytes]]:
    """For each word the tokens that may match it: of the number that a text is, or else of the names in it."""
    ways = tokens.readings(track_id, text)
    return [set(group) for group in ways.get(tokens.NUMBER) or ways.get(tokens.NAME, [])]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("José  HERNÁNDEZ", ["jose", "hernandez"]),
        ("Marie-Thérèse O'Brien", ["marie", "therese", "obrien"]),
        ("Ñandú Jean‑Baptiste", ["nandu", "jean", "baptiste"]),
        ("  ", []),
        ("Li", ["li"]),
    ],
)
def test_words_of_a_name(text, words):
    assert tokens.name_words(text) == words


def test_beginnings_are_three_letters_and_more():
    assert tokens.beginnings("maria") == {"mar", "mari", "maria"}
    assert tokens.beginnings("li") == {"li"}


@pytest.mark.parametrize("written", ["F25-0123", "f25 0123", "F25.0123", "F250123"])
def test_case_number_is_found_however_written(cast, written):
    track = cast.education.pk
    index = tokens.index_tokens(track, names=[], numbers=["F25-0123"])
    (group,) = sought(track, written)
    assert group & index


def test_every_word_of_a_search_has_its_tokens(cast):
    track = cast.education.pk
    index = tokens.index_tokens(track, names=["José Hernández"], numbers=["F25-0123"])
    for text in ("jose", "HERN", "hernandez jos", "f25", "F25-0123"):
        assert all(group & index for group in sought(track, text)), text
    for text in ("ernandez", "jose maria", "0123", "f26"):
        assert not all(group & index for group in sought(track, text)), text


def test_long_names_are_found_by_their_whole(cast):
    track = cast.education.pk
    index = tokens.index_tokens(track, names=["Wolfeschlegelsteinhausenbergerdorff"], numbers=[])
    assert sought(track, "wolfeschlegelsteinhausen")[0] & index


def test_every_beginning_of_a_long_number_finds_it(cast):
    track = cast.education.pk
    index = tokens.index_tokens(track, names=[], numbers=["13-2026-MM-001234-0001-XX"])
    key = tokens.number_key("13-2026-MM-001234-0001-XX")
    for length in range(3, len(key) + 1):
        assert sought(track, key[:length])[0] & index, key[:length]
    for text in ("13-2026-MM-001235", "13-2026-MM-001234-0001-XX-1", "001234"):
        assert not sought(track, text)[0] & index, text


@pytest.mark.parametrize(
    ("stored", "typed", "found"),
    [
        ("(305) 555-0101", "555-0101", True),
        ("(305) 555-0101", "5550101", True),
        ("(305) 555-0101", "+1 305 555 0101", True),
        ("(305) 555-0101", "305.555.0101 ext. 7", True),
        ("+1-305-555-0101", "(305)5550101", True),
        ("555-0101", "555 0101", True),
        ("(305) 555-0101", "786 555 0101", False),
        ("(305) 555-0101", "555-0102", False),
        ("(305) 555-0101", "0101", False),
        ("(305) 555-0101", "F555-0101", False),
        ("555-0101", "305 555 0101", False),
    ],
)
def test_phone_is_found_by_seven_digits_or_ten(cast, stored, typed, found):
    track = cast.education.pk
    index = tokens.index_tokens(track, names=["Ann"], numbers=["A-1"], phone=stored)
    words = tokens.readings(track, typed).get(tokens.PHONE, [])
    assert (bool(words) and all(set(group) & index for group in words)) is found


def test_tokens_of_two_tracks_have_nothing_in_common(cast):
    education, services = (
        tokens.index_tokens(track.pk, names=["Maria Lopez"], numbers=["F25-0123"])
        for track in (cast.education, cast.services)
    )
    assert len(education) == len(services)
    assert not education & services


def test_a_name_is_not_a_number(cast):
    track = cast.education.pk
    assert tokens.token(track, tokens.NAME, "abc1") != tokens.token(track, tokens.NUMBER, "abc1")


def test_fingerprint_is_equal_for_equal_content(cast):
    track = cast.education.pk
    one = tokens.fingerprint(track, "F25-0123", "José Hernández", "1990-01-01")
    assert one == tokens.fingerprint(track, "f25-0123", "jose  hernandez", "1990-01-01")
    assert one != tokens.fingerprint(track, "F25-0123", "José", "Hernández1990-01-01")
    assert one != tokens.fingerprint(cast.services.pk, "F25-0123", "José Hernández", "1990-01-01")

"""The blind index: keyed hashes of words and their beginnings, so that names are found without a readable name.

A token is the search key's id (4 bytes) and a keyed hash (16 bytes) of `kind:text`.
"""

import re
import unicodedata
from uuid import UUID

from participants.vault import keyring

SHORTEST_PREFIX = 3
LONGEST_PREFIX = 12
NAME, NUMBER = "name", "number"


def plain(text: str) -> str:
    """Folded for comparison: no accents, no case, one form for each character.

    >>> plain("JOSÉ  Hernández")
    'jose hernandez'
    """
    text = unicodedata.normalize("NFKD", text).casefold()
    text = "".join(char for char in text if not unicodedata.combining(char))
    return " ".join(text.split())


def name_words(text: str) -> list[str]:
    """The words of a name; hyphens and dots part them, apostrophes do not (O'Brien is one word)."""
    text = re.sub(r"['’ʼ`´]", "", plain(text))
    return re.findall(r"[^\W_]+", text)


def number_key(text: str) -> str:
    """Letters and digits of a case number, so that F25-0123 and f25 0123 are the same."""
    return re.sub(r"[\W_]+", "", plain(text))


def beginnings(text: str) -> set[str]:
    """The beginnings of three letters and more, itself included; a shorter text stands for itself."""
    return {text, *(text[:length] for length in range(SHORTEST_PREFIX, len(text)))}


def token(track_id: UUID, kind: str, text: str) -> bytes:
    key_id, keyed_hash = keyring.token_makers(track_id)
    return key_id + keyed_hash.compute(f"{kind}:{text}".encode(), 16)


def index_tokens(track_id: UUID, *, names: list[str], numbers: list[str]) -> set[bytes]:
    """Every token under which a record with these names and numbers can be found.

    Words of a name count up to their twelfth letter. Case numbers differ in their last digits, so they count whole.
    """
    words = {word[:LONGEST_PREFIX] for name in names for word in name_words(name)}
    texts = {(NAME, part) for word in words for part in beginnings(word)}
    texts |= {(NUMBER, part) for number in numbers if (key := number_key(number)) for part in beginnings(key)}
    return {token(track_id, kind, text) for kind, text in texts}


def query_tokens(track_id: UUID, text: str) -> list[set[bytes]]:
    """For each word of a search the tokens that may match it; a record must match every word.

    A text that is one number however it is written ("F25-0123") is one word.
    """
    number = number_key(text)
    if any(char.isdigit() for char in number):
        return [{token(track_id, NUMBER, number)}]
    return [{token(track_id, NAME, word[:LONGEST_PREFIX])} for word in name_words(text)]


def fingerprint(track_id: UUID, *parts: str) -> bytes:
    """A keyed hash that is equal for equal content and says nothing about it."""
    return token(track_id, "content", "\x1f".join(plain(part) for part in parts))

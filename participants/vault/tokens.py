"""The blind index: keyed hashes of words and their beginnings, so that names are found without a readable name.

A token is the search key's id (4 bytes) and a keyed hash (16 bytes) of `kind:text`.
"""

import datetime
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID

from participants.vault import keyring
from participants.vault.names import counting, full_name, sound

SHORTEST_PREFIX = 3
LONGEST_PREFIX = 12
# The last digits of a phone number, so that it is the same with and without its country and area code.
PHONE_DIGITS = 7
# Of a very long name the first words make the pairs, so that their number stays small.
MOST_PAIRED = 5
NAME, NUMBER = "name", "number"  # for the search
SOUND, PAIR, BORN, UNBORN, PHONE, CASE = "sound", "pair", "born", "unborn", "phone", "case"  # for likeness


def plain(text: str) -> str:
    """Folded for comparison: no accents, no case, one form for each character.

    >>> plain("JOSÉ  Hernández")
    'jose hernandez'
    """
    if text.isascii():
        return " ".join(text.lower().split())
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


def phone_key(text: str) -> str:
    """The last seven digits of a phone number, as `(305) 555-0101` and `+1 305 5550101` share them; "" for less.

    >>> phone_key("(305) 555-0101 ext. 0")
    '5550101'
    """
    digits = re.sub(r"\D", "", re.split(r"(?i)\s*(?:e?xt?\b|#)", text)[0])
    return digits[-PHONE_DIGITS:] if len(digits) >= PHONE_DIGITS else ""


def name_sounds(name: str) -> list[str]:
    """How the words of a name sound, each with the full name behind a nickname, once, in the order of the alphabet."""
    return sorted({sound(full_name(word)) for word in counting(name_words(name))})


@dataclass(frozen=True)
class Known:
    """What records are found and compared by. `numbers` are case numbers, several for a person with several stays."""

    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    born: datetime.date | None = None
    phone: str = ""


def swapped(date: datetime.date) -> datetime.date | None:
    """The date with day and month changed about; None where that is no date.

    >>> swapped(datetime.date(1990, 5, 7)), swapped(datetime.date(1990, 5, 17))
    (datetime.date(1990, 7, 5), None)
    """
    try:
        return date.replace(month=date.day, day=date.month)
    except ValueError:
        return None


def likeness_texts(known: Known) -> set[tuple[str, str]]:
    """What two records of one person share: two words of the name by their sound, birth date, phone, case number.

    Without a birth date there is less to meet by, so each word of the name stands for itself too.
    """
    texts = {(CASE, key) for number in known.numbers if (key := number_key(number))}
    for name in known.names:
        sounds = name_sounds(name)
        pairs = combinations(sounds[:MOST_PAIRED], 2) if len(sounds) > 1 else ((word, "") for word in sounds)
        texts |= {(PAIR, "|".join(pair)) for pair in pairs}
        texts |= {(UNBORN, word) for word in sounds if known.born is None}
    if known.born:
        texts.add((BORN, known.born.isoformat()))
    if key := phone_key(known.phone):
        texts.add((PHONE, key))
    return texts


def likeness_tokens(track_id: UUID, known: Known) -> set[bytes]:
    """Those tokens of a record that lead to it from others like it."""
    texts = likeness_texts(known) | {(SOUND, word) for name in known.names for word in name_sounds(name)}
    return {token(track_id, kind, text) for kind, text in texts}


def name_sound_tokens(track_id: UUID, known: Known) -> list[bytes]:
    """The tokens of the sounds of a record's first name: how many share each says how common it is."""
    return [token(track_id, SOUND, word) for name in known.names[:1] for word in name_sounds(name)]


def sought_tokens(track_id: UUID, known: Known) -> dict[bytes, str]:
    """The tokens under which a record of the same person or case may be found, each with its kind."""
    texts = likeness_texts(known)
    sounds = {word for name in known.names for word in name_sounds(name)}
    texts |= {(UNBORN, word) for word in sounds}
    if known.born is None:
        texts |= {(SOUND, word) for word in sounds}
    elif other := swapped(known.born):
        texts.add((BORN, other.isoformat()))
    return {token(track_id, kind, text): kind for kind, text in texts}


def index_tokens(
    track_id: UUID, *, names: list[str], numbers: list[str], born: datetime.date | None = None, phone: str = ""
) -> set[bytes]:
    """Every token under which a record with these values can be found."""
    texts = index_texts(Known(tuple(names), tuple(numbers), born, phone))
    return {token(track_id, kind, text) for kind, text in texts}


def index_texts(known: Known) -> set[tuple[str, str]]:
    """What a record can be found by, before it is hashed.

    Words of a name count up to their twelfth letter. Case numbers differ in their last digits, so they count whole.
    """
    words = {word[:LONGEST_PREFIX] for name in known.names for word in name_words(name)}
    texts = {(NAME, part) for word in words for part in beginnings(word)}
    texts |= {(NUMBER, part) for number in known.numbers if (key := number_key(number)) for part in beginnings(key)}
    texts |= {(SOUND, word) for name in known.names for word in name_sounds(name)}
    return texts | likeness_texts(known)


def many_index_tokens(track_id: UUID, records: Iterable[Known]) -> Iterator[set[bytes]]:
    """The tokens of many records, each text hashed once: people of one file share words and beginnings."""
    hashed: dict[tuple[str, str], bytes] = {}
    for known in records:
        texts = index_texts(known)
        for pair in texts:  # not a difference of sets, which would walk over everything hashed so far
            if pair not in hashed:
                hashed[pair] = token(track_id, *pair)
        yield {hashed[pair] for pair in texts}


def query_tokens(track_id: UUID, text: str) -> list[set[bytes]]:
    """For each word of a search the tokens that may match it; a record must match every word.

    A text that is one number however it is written ("F25-0123") is one word.
    """
    number = number_key(text)
    if any(char.isdigit() for char in number):
        return [{token(track_id, NUMBER, number)}]
    return [{token(track_id, NAME, word[:LONGEST_PREFIX])} for word in name_words(text)]


def sound_tokens(track_id: UUID, text: str) -> list[bytes]:
    """For each word of a search the token of its sound; none at all for a text with digits or a word of two letters."""
    words = name_words(text)
    if any(len(word) < SHORTEST_PREFIX or any(char.isdigit() for char in word) for word in words):
        return []
    return [token(track_id, SOUND, word) for word in name_sounds(text)]


def fingerprint(track_id: UUID, *parts: str) -> bytes:
    """A keyed hash that is equal for equal content and says nothing about it."""
    return token(track_id, "content", "\x1f".join(plain(part) for part in parts))

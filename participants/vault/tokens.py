"""The blind index: keyed hashes of words and their beginnings, so that names are found without a readable name.

A token is the search key's id (4 bytes) and a keyed hash (16 bytes) of `kind:text`.
"""

import datetime
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, starmap
from uuid import UUID

from participants.vault import keyring
from participants.vault.names import counting, full_name, sound

LENGTH = 16
SHORTEST_PREFIX = 3
LONGEST_PREFIX = 12
# The last digits of a phone number, so that it is the same with and without its country and area code; and with the
# area code, for who types it.
PHONE_DIGITS = 7
WHOLE_PHONE_DIGITS = 10
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
    """The token under which a text is written: of the primary key."""
    return _maker(track_id)(kind, text)


def _maker(track_id: UUID) -> Callable[[str, str], bytes]:
    """Makes tokens of the primary key, for many texts at a time."""
    key_id, keyed_hash = keyring.token_makers(track_id)[0]
    return lambda kind, text: key_id + keyed_hash.compute(f"{kind}:{text}".encode(), LENGTH)


def _tokens(track_id: UUID, texts: Iterable[tuple[str, str]]) -> set[bytes]:
    return set(starmap(_maker(track_id), texts))


def spellings(track_id: UUID, kind: str, text: str) -> tuple[bytes, ...]:
    """The tokens under which a text may stand: of the primary key and, while keys are changed, of those before it."""
    content = f"{kind}:{text}".encode()
    return tuple(key_id + made.compute(content, LENGTH) for key_id, made in keyring.token_makers(track_id))


def changing(track_id: UUID) -> bool:
    """Whether tokens of more than one key stand in the track at this moment."""
    return len(keyring.token_makers(track_id)) > 1


def former(track_id: UUID, texts: Iterable[tuple[str, str]]) -> dict[bytes, bytes]:
    """The tokens of keys before the primary one, each with the one of today. Empty unless keys are being changed."""
    if not changing(track_id):
        return {}
    found = {}
    for kind, text in texts:
        first, *others = spellings(track_id, kind, text)
        found.update(dict.fromkeys(others, first))
    return found


def phone_key(text: str) -> str:
    """The last seven digits of a phone number, as `(305) 555-0101` and `+1 305 5550101` share them; "" for less.

    >>> phone_key("(305) 555-0101 ext. 0"), phone_key("555-0101 x12")
    ('5550101', '5550101')
    """
    digits = _digits(text)
    return digits[-PHONE_DIGITS:] if len(digits) >= PHONE_DIGITS else ""


def whole_phone(text: str) -> str:
    """The last ten digits of a phone number, which are the area's and the line's; "" for less.

    >>> whole_phone("+1 (305) 555-0101"), whole_phone("555-0101")
    ('3055550101', '')
    """
    digits = _digits(text)
    return digits[-WHOLE_PHONE_DIGITS:] if len(digits) >= WHOLE_PHONE_DIGITS else ""


def sought_phone(text: str) -> str:
    """The digits by which a text is looked for as a phone number: ten, seven, or "" where it cannot be one.

    >>> sought_phone("305.555.0101"), sought_phone("555 0101"), sought_phone("F26-0000007"), sought_phone("12345")
    ('3055550101', '5550101', '', '')
    """
    if not re.fullmatch(r"(?i)\s*[\d\s()+./\-–—]+(\s*(e?xt?\.?|#)\s*\d+)?\s*", text):
        return ""
    return whole_phone(text) or phone_key(text)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", re.split(r"(?i)\s*(?:e?xt?(?:\b|(?=\d))|#)", text)[0])


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


def _sound_texts(known: Known) -> set[tuple[str, str]]:
    return {(SOUND, word) for name in known.names for word in name_sounds(name)}


def likeness_tokens(track_id: UUID, known: Known) -> set[bytes]:
    """Those tokens of a record that lead to it from others like it."""
    return _tokens(track_id, likeness_texts(known) | _sound_texts(known))


def name_sound_tokens(track_id: UUID, known: Known) -> list[bytes]:
    """The tokens of the sounds of a record's first name: how many share each says how common it is."""
    made = _maker(track_id)
    return [made(SOUND, word) for name in known.names[:1] for word in name_sounds(name)]


def sought_tokens(track_id: UUID, known: Known) -> dict[bytes, str]:
    """The tokens under which a record of the same person or case may be found, each with its kind."""
    made = _maker(track_id)
    return {made(kind, text): kind for kind, text in _sought_texts(known)}


def former_tokens(track_id: UUID, known: Known) -> dict[bytes, bytes]:
    """The same tokens and those of the name's sounds under former keys, each with the one of today."""
    return former(track_id, _sought_texts(known) | _sound_texts(known))


def _sought_texts(known: Known) -> set[tuple[str, str]]:
    texts = likeness_texts(known)
    sounds = _sound_texts(known)
    texts |= {(UNBORN, word) for _, word in sounds}
    if known.born is None:
        texts |= sounds
    elif other := swapped(known.born):
        texts.add((BORN, other.isoformat()))
    return texts


def index_tokens(
    track_id: UUID, *, names: list[str], numbers: list[str], born: datetime.date | None = None, phone: str = ""
) -> set[bytes]:
    """Every token under which a record with these values can be found."""
    return _tokens(track_id, index_texts(Known(tuple(names), tuple(numbers), born, phone)))


def index_texts(known: Known) -> set[tuple[str, str]]:
    """What a record can be found by, before it is hashed.

    Words of a name count up to their twelfth letter. Case numbers differ in their last digits, so they count whole.
    """
    words = {word[:LONGEST_PREFIX] for name in known.names for word in name_words(name)}
    texts = {(NAME, part) for word in words for part in beginnings(word)}
    texts |= {(NUMBER, part) for number in known.numbers if (key := number_key(number)) for part in beginnings(key)}
    texts |= _sound_texts(known) | likeness_texts(known)
    if whole := whole_phone(known.phone):
        texts.add((PHONE, whole))
    return texts


def many_index_tokens(track_id: UUID, records: Iterable[Known]) -> Iterator[set[bytes]]:
    """The tokens of many records, each text hashed once: people of one file share words and beginnings."""
    hashed: dict[tuple[str, str], bytes] = {}
    for known in records:
        texts = index_texts(known)
        made = _maker(track_id)
        for pair in texts:  # not a difference of sets, which would walk over everything hashed so far
            if pair not in hashed:
                hashed[pair] = made(*pair)
        yield {hashed[pair] for pair in texts}


def readings(track_id: UUID, text: str) -> dict[str, list[tuple[bytes, ...]]]:
    """The ways in which a search can be read, each with the tokens of its words, any of which may match; a record
    must match every word.

    A text with a digit is one number however it is written ("F25-0123"), or a phone number, and a name as well
    ("John 3rd").
    """
    found = {}
    number = number_key(text)
    if any(char.isdigit() for char in number):
        found[NUMBER] = [spellings(track_id, NUMBER, number)]
    if digits := sought_phone(text):
        found[PHONE] = [spellings(track_id, PHONE, digits)]
    if words := name_words(text):
        found[NAME] = [spellings(track_id, NAME, word[:LONGEST_PREFIX]) for word in words]
    return found


def sound_readings(track_id: UUID, text: str) -> dict[str, list[tuple[bytes, ...]]]:
    """The same by the sound of every word; none for a text with digits or a word of two letters."""
    words = name_words(text)
    if any(len(word) < SHORTEST_PREFIX or any(char.isdigit() for char in word) for word in words):
        return {}
    sounds = name_sounds(text)
    return {SOUND: [spellings(track_id, SOUND, word) for word in sounds]} if sounds else {}


def fingerprint(track_id: UUID, *parts: str) -> bytes:
    """A keyed hash that is equal for equal content and says nothing about it."""
    return fingerprints(track_id, *parts)[0]


def fingerprints(track_id: UUID, *parts: str) -> tuple[bytes, ...]:
    """The same, and under former keys while keys are changed."""
    return spellings(track_id, "content", "\x1f".join(plain(part) for part in parts))

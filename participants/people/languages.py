"""Languages by ISO 639 code. The first three are those of the program's own texts.

The list of all codes is that of `python-iso639`, which follows the registration authority and has no dependencies.
"""

import datetime
from functools import lru_cache

from iso639 import Language, LanguageNotFoundError

TEXT_LANGUAGES = {"en": "English", "es": "Spanish", "ht": "Haitian Creole"}
LANGUAGES = {
    **TEXT_LANGUAGES,
    "ar": "Arabic",
    "de": "German",
    "fr": "French",
    "hi": "Hindi",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "th": "Thai",
    "tl": "Tagalog",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
    "ase": "American Sign Language",
}
CHOICES = list(LANGUAGES.items())


MONTHS = {
    "es": "enero,febrero,marzo,abril,mayo,junio,julio,agosto,septiembre,octubre,noviembre,diciembre",
    "ht": "janvye,fevriye,mas,avril,me,jen,jiyè,out,septanm,oktòb,novanm,desanm",
}


@lru_cache(maxsize=1000)
def language_code_of(text: str) -> str | None:
    """The code by which a language is kept: of two letters where it has one, else of three; None for no language.

    >>> language_code_of(" ENG "), language_code_of("ase"), language_code_of("xx")
    ('en', 'ase', None)
    """
    code = text.strip().lower()
    find = {2: Language.from_part1, 3: Language.from_part3}.get(len(code))
    try:
        found = find(code) if find else None
    except LanguageNotFoundError:
        return None
    # "Special" codes say that the language is not known, which is no language to speak with a person.
    return None if found is None or found.type == "S" else found.part1 or found.part3


def language_name(code: str) -> str:
    """The English name of a language, or its code where the standard does not know it."""
    if code in LANGUAGES:
        return LANGUAGES[code]
    if language_code_of(code) is None:
        return code
    find = Language.from_part1 if len(code) == 2 else Language.from_part3
    return find(code).name


def choices_with(code: str) -> list[tuple[str, str]]:
    """The languages to choose from; one that is on a file but not on the list stays choosable by its code."""
    return CHOICES if code in LANGUAGES else [*CHOICES, (code, language_name(code))]


def date_in(language: str, day: datetime.date) -> str:
    """A date as it is written in one of the program's languages; others read it in English.

    >>> date_in("ht", datetime.date(2026, 8, 3)), date_in("es", datetime.date(2026, 8, 3))
    ('3 out 2026', '3 de agosto de 2026')
    """
    if language not in MONTHS:
        return f"{day:%B} {day.day}, {day.year}"
    month = MONTHS[language].split(",")[day.month - 1]
    return f"{day.day} de {month} de {day.year}" if language == "es" else f"{day.day} {month} {day.year}"

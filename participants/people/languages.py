"""Languages by ISO 639 code. The first three are those of the program's own texts."""

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


def language_name(code: str) -> str:
    """The English name of a language, or its code where it is not on the list."""
    return LANGUAGES.get(code, code)


def choices_with(code: str) -> list[tuple[str, str]]:
    """The languages to choose from; one that is on a file but not on the list stays choosable by its code."""
    return CHOICES if code in LANGUAGES else [*CHOICES, (code, code)]

"""Languages: any code of ISO 639, its name, and dates as they are written."""

import datetime

import pytest

from participants.people.languages import (
    LANGUAGES,
    MONTHS,
    TEXT_LANGUAGES,
    choices_with,
    date_in,
    language_code_of,
    language_name,
)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("en", "en"),
        (" HT ", "ht"),
        ("hat", "ht"),  # the code of three letters of a language that has one of two
        ("ase", "ase"),
        ("mam", "mam"),
        ("xx", None),
        ("zzz", None),
        ("und", None),  # not known is no language
        ("mis", None),
        ("e", None),
        ("english", None),
        ("", None),
        ("\x00\x00", None),
        ("१२", None),
    ],
)
def test_code_is_one_of_the_standard(typed, code):
    assert language_code_of(typed) == code


def test_every_language_of_the_list_is_in_the_standard():
    assert {code: language_code_of(code) for code in LANGUAGES} == {code: code for code in LANGUAGES}


@pytest.mark.parametrize(
    ("code", "name"), [("ht", "Haitian Creole"), ("mam", "Mam"), ("sw", "Swahili"), ("xx", "xx"), ("", "")]
)
def test_name(code, name):
    assert language_name(code).startswith(name)


def test_a_language_on_file_stays_choosable():
    assert choices_with("mam")[-1] == ("mam", "Mam")
    assert len(choices_with("en")) == len(LANGUAGES)


def test_dates_in_the_languages_of_the_texts():
    days = [datetime.date(2026, month, 1) for month in range(1, 13)]
    for language in MONTHS:
        assert len({date_in(language, day) for day in days}) == 12
    assert [date_in(language, days[1]) for language in TEXT_LANGUAGES] == [
        "February 1, 2026",
        "1 de febrero de 2026",
        "1 fevriye 2026",
    ]
    assert date_in("fr", days[1]) == "February 1, 2026"

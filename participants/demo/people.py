"""Invented people. Given names are ordinary ones, family names are made up, numbers are of the fictional range."""

import datetime
import random
from dataclasses import dataclass

from participants.people.models import Gender, Race


def _names(text: str) -> list[str]:
    return text.split()


GIVEN = {
    "en": _names(
        "Adrian Alexis Avery Blake Casey Clarence Dana Desmond Elliot Frances Gerald Harper Ivy Jamie Jordan Kendall "
        "Leslie Marcus Morgan Naomi Owen Quinn Reese Robin Sidney Terrence Vivian Wesley"
    ),
    "es": _names(
        "Alejandra Álvaro Beatriz Camilo Dolores Eduardo Esperanza Fabián Graciela Guadalupe Héctor Inés Joaquín "
        "Leonor Lucía Maximiliano Mercedes Néstor Núria Octavio Paloma Ramón Rocío Santiago Teófilo Ximena Yolanda"
    ),
    "ht": _names(
        "Anayiz Bazelè Dyeleson Emanyèl Fabyola Gèlin Islande Jakelin Jodany Klodèt Lovelie Madoche Mirlande Nadèj "
        "Odilon Petuel Rosemène Sonel Stervens Wideline Wilkens Yolène Yvrose Zilda"
    ),
}
FAMILY = {
    "en": _names(
        "Ashenby Brambleworth Copperlake Drizzlewood Fenwhistle Foxglen Harrowgale Hazelthorpe Larkspurn Marlowick "
        "O'Pebble Oakmere Quillford Rainsford-Elm Silverbrooke Stonehollow Thistlemoor Tidewellby Wrenfielder"
    ),
    "es": _names(
        "Altabrisa Arroyoblanco Campoluna Estrellón Fuentebrisa Lagunasol Mardelirio Montesereno Nubelinda Palmarillo "
        "Peñaluz Piedrasuave Ríosereno Sierraluz Solaverde Valdepluma Vientolargo"
    ),
    "ht": _names(
        "Bèlrivyè Dlokrèl Flanbwayan Jadenflè Kolinvèt Lalinwouj Lanmèdou Lasoursèl Mònvèt Plajdoux Pyemango "
        "Solèylevan Vanlejè Zetwalin Zwazodlo"
    ),
}
LANGUAGES = (("en", 55), ("es", 30), ("ht", 15))
AREA_CODES = ("305", "561", "786", "954")
SAFE_CONTACT = (
    "Text messages only, on weekdays after 5 p.m. No voicemail.",
    "Call in the morning and ask for the person by first name only. Say that it is the library.",
    "Do not call. The person calls on Mondays.",
    "Voicemail is fine; say a name and a number, nothing more.",
)
COUNSEL = "Office of the Public Defender (demonstration)"


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist. Gender and race are "" where nothing was reported."""

    name: str
    preferred_name: str
    date_of_birth: datetime.date
    phone: str
    safe_contact: str
    language: str
    gender: str
    race: str
    counsel_name: str
    counsel_contact: str


def full_name(rng: random.Random, language: str) -> str:
    """A name as it is usual in a language: two family names in Spanish."""
    family = rng.sample(FAMILY[language], 2 if language == "es" else 1)
    return " ".join((rng.choice(GIVEN[language]), *family))


def phone_number(rng: random.Random) -> str:
    """555-0100 to 555-0199 are kept for fiction in every area code."""
    return f"({rng.choice(AREA_CODES)}) 555-01{rng.randrange(100):02d}"


def invent(rng: random.Random, *, on: datetime.date, minor: bool = False) -> Person:
    """A person who on a day is 19 to 66 years old, or, as a minor, 16 or 17."""
    [language] = rng.choices([code for code, _ in LANGUAGES], [weight for _, weight in LANGUAGES])
    days = rng.randrange(16 * 365 + 10, 17 * 365) if minor else rng.randrange(19 * 366, 66 * 365)
    name = full_name(rng, language)
    return Person(
        name=name,
        preferred_name=rng.choice(GIVEN[language]) if rng.random() < 0.1 else "",
        date_of_birth=on - datetime.timedelta(days=days),
        phone=phone_number(rng) if rng.random() < 0.9 else "",
        safe_contact=rng.choice(SAFE_CONTACT) if rng.random() < 0.4 else "",
        language=language,
        gender=rng.choice(Gender.values) if rng.random() < 0.5 else "",
        race=rng.choice(Race.values) if rng.random() < 0.5 else "",
        counsel_name=COUNSEL if rng.random() < 0.6 else full_name(rng, "en"),
        counsel_contact=phone_number(rng),
    )

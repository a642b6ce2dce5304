"""The letter that a person can read: in their language, with the criterion and not a word about them."""

import datetime

import pytest

from participants.audit.models import Event, EventSubject
from participants.screening.letter import letter_to
from participants.screening.models import CriteriaVersion
from participants.screening.queries import current_criteria, screening_of
from participants.screening.reviews import decide_review, override
from participants.tracks.scope import in_track
from tests import builders
from tests.referrals.typed import text_of

D = datetime.date
TODAY = D(2026, 8, 3)
LABELS = ("victim", "víctima", "viktim", "prostitu", "survivor", "john", "trafic", "buyer", "solicit", "third party")
NO = {
    "en": ("The program cannot take this case.", "misdemeanor charges only", "not a judgement", "second look"),
    "es": ("no puede aceptar este caso", "solamente delitos menores", "no es un juicio", "se revise otra vez"),
    "ht": ("pa ka pran ka sa a", "Pwogram nan pran ti deli sèlman.", "pa yon jijman", "gade l ankò"),
}
YES = {"en": "You may take part if you want to.", "es": "puede participar si quiere", "ht": "ka patisipe si ou vle"}
DAYS = {"en": "March 3, 2026", "es": "3 de marzo de 2026", "ht": "3 mas 2026"}


def letter(cast, track, referral, who="intake_clerk"):
    place = next(place for place, known in cast.tracks.items() if known == track)
    response = cast.client(f"{place}_{who}").get(cast.url(track, "screening_letter", pk=referral.pk))
    assert response.status_code == 200
    return response


def article(response) -> str:
    return response.text.split("<article")[1].split("</article>")[0]


@pytest.mark.parametrize("language", NO)
def test_no_in_the_language_of_the_person(cast, track, language):
    referral = builders.make_ineligible(cast, track, language=language, case_number="F26-7788")
    response = letter(cast, track, referral)
    words = text_of(response)
    for sentence in (*NO[language], DAYS[language], "F26-7788"):
        assert sentence in words
    assert f'lang="{language}"' in article(response)
    assert "To be interpreted" not in words


@pytest.mark.parametrize("language", YES)
def test_yes_in_the_language_of_the_person(cast, track, language):
    response = letter(cast, track, builders.make_eligible(cast, track, language=language))
    assert YES[language] in text_of(response)
    assert NO[language][3] not in article(response)


@pytest.mark.parametrize("language", NO)
@pytest.mark.parametrize("make", [builders.make_ineligible, builders.make_eligible])
def test_letter_names_no_label_no_charge_and_no_track(cast, track, language, make):
    """Everything that is printed, the page's title (which a browser prints too) with it."""
    referral = make(cast, track, language=language)
    response = letter(cast, track, referral)
    printed = article(response) + response.text.split("<title>")[1].split("</title>")[0]
    for word in (*LABELS, "796.07", track.rules.name):
        assert word.lower() not in printed.lower(), word
    assert '<div class="no-print">' in response.text.split("<header")[0]


@pytest.mark.parametrize("kind", ["education", "services"])
def test_every_default_reason_can_be_printed(cast, kind):
    track = cast.tracks[kind]
    referral = builders.make_ineligible(cast, track, language="ht")
    with in_track(track):
        screening = screening_of(referral)
        screening.answers = {
            row["key"]: "no" if row["wanted"] == "yes" else "yes" for row in screening.criteria_version.criteria
        }
        reasons = letter_to(referral, screening).reasons
        assert [reason.text for reason in reasons] == [row.reason_ht for row in track.rules.criteria]
        assert {reason.language for reason in reasons} == {"ht"}


def test_other_languages_read_english_and_that_it_must_be_interpreted(cast, track):
    response = letter(cast, track, builders.make_ineligible(cast, track, language="pt"))
    words = text_of(response)
    assert NO["en"][0] in words
    assert "To be interpreted. The person's language is Portuguese" in words


def test_reason_that_nobody_translated_is_in_english_and_said_so(cast, track, people):
    with in_track(track, by=people["manager"], write=True):
        rows = [dict(row) for row in current_criteria(TODAY).criteria]
        rows[0]["reason"], rows[0]["reason_es"] = "Only in <English>.", ""
        CriteriaVersion.objects.create(number=2, valid_from=D(2026, 1, 1), criteria=rows)
    response = letter(cast, track, builders.make_ineligible(cast, track, language="es"))
    assert '<li lang="en">Only in &lt;English&gt;.</li>' in article(response)
    assert "To be interpreted. The person's language is Spanish" in text_of(response)


def test_old_decision_is_told_in_the_words_of_its_own_version(cast, track, people):
    referral = builders.make_ineligible(cast, track)
    with in_track(track, by=people["manager"], write=True):
        rows = [{**row, "reason": "Put differently."} for row in current_criteria(TODAY).criteria]
        CriteriaVersion.objects.create(number=2, valid_from=D(2026, 1, 2), criteria=rows)
    assert "misdemeanor charges only" in article(letter(cast, track, referral))


def test_after_a_review_the_letter_says_what_stands_now_and_never_the_inner_reason(cast, track, people):
    referral = builders.make_eligible(cast, track, language="es")
    with in_track(track, by=people["manager"], write=True):
        screening = screening_of(referral)
        override(
            screening=screening, to=False, reason="Inner words.", against=["non_violent"], version=screening.version,
            today=TODAY, by=people["manager"],
        )  # fmt: skip
    printed = article(letter(cast, track, referral))
    assert "sin violencia" in printed
    assert "delitos menores" not in printed
    assert "El 3 de agosto de 2026 lo revisamos de nuevo." in printed
    assert "Inner words" not in printed


def test_upheld_second_look_is_told_with_its_day(cast, track, people):
    referral = builders.make_ineligible(cast, track, language="ht")
    review = builders.make_second_look(cast, track, referral=referral, request="Their words.")
    with in_track(track, by=people["manager"], write=True):
        values = {"eligible": False, "reason": "Inner words.", "against": ["misdemeanor"], "today": TODAY}
        decide_review(review=review, **values, by=people["manager"])
    printed = article(letter(cast, track, referral))
    assert "Nou gade l ankò jou 3 out 2026." in printed
    assert NO["ht"][1] in printed
    assert "Their words" not in printed


@pytest.mark.parametrize("make", [builders.make_referral, builders.make_open])
def test_there_is_no_letter_before_a_decision(cast, make):
    referral = make(cast, cast.education)
    url = cast.url(cast.education, "screening_letter", pk=referral.pk)
    assert cast.client("education_intake_clerk").get(url).status_code == 404


def test_printing_is_on_record(cast):
    referral = builders.make_ineligible(cast, cast.education)
    letter(cast, cast.education, referral)
    with in_track(cast.education):
        viewed = Event.objects.filter(action="page.viewed", detail__page="screening_letter").get()
        assert EventSubject.objects.filter(event_id=viewed.pk, subject_id=referral.pk).exists()


@pytest.mark.parametrize("member", ["facilitator", "liaison", "counsellor", "administrator", "privacy_officer"])
def test_other_roles_read_no_letter(cast, member):
    referral = builders.make_ineligible(cast, cast.education)
    url = cast.url(cast.education, "screening_letter", pk=referral.pk)
    assert cast.client(f"education_{member}").get(url).status_code == 403

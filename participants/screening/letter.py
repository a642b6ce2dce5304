"""The letter that tells a person what the screening found: in their language, without a word about them."""

from dataclasses import dataclass

from participants.people.languages import TEXT_LANGUAGES, date_in, language_name
from participants.referrals.models import Referral
from participants.screening.models import Screening


@dataclass(frozen=True)
class Reason:
    """One criterion that is not met, in the language that its text has."""

    text: str
    language: str


@dataclass(frozen=True)
class Letter:
    """`language` is the letter's own; `interpret` is whether somebody must explain some of it, `asked_for` into
    which language (its English name). Dates are in words of the letter's language."""

    name: str
    case_number: str
    language: str
    asked_for: str
    interpret: bool
    decided_on: str
    eligible: bool
    again: bool
    reasons: tuple[Reason, ...]

    @property
    def body(self) -> str:
        """The template with the letter's sentences."""
        return f"screening/_letter_{self.language}.html"


def letter_to(referral: Referral, screening: Screening) -> Letter:
    """The letter of a decided screening as it stands now. A reason that nobody has translated is in English."""
    language = referral.language if referral.language in TEXT_LANGUAGES else "en"
    reasons = tuple(_reason(criterion, language) for criterion in screening.not_met)
    again = screening.decided_again
    day = again[-1].decided_on if again else screening.decided_on
    return Letter(
        name=referral.name,
        case_number=referral.case_number,
        language=language,
        asked_for=language_name(referral.language),
        interpret=language != referral.language or any(reason.language != language for reason in reasons),
        decided_on=date_in(language, day),
        eligible=screening.eligible,
        again=bool(again),
        reasons=reasons,
    )


def _reason(criterion: dict, language: str) -> Reason:
    text = criterion.get(f"reason_{language}") if language != "en" else ""
    return Reason(text, language) if text else Reason(criterion["reason"], "en")

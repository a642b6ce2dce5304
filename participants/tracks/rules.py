"""What differs between the two kinds of track. Nothing outside this folder asks for the kind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class RequirementDefault:
    """One requirement that a new program of this kind asks for. `quantity` in the unit of `kind`."""

    kind: str
    quantity: Decimal
    service: str
    basis: str


@dataclass(frozen=True)
class Criterion:
    """One written criterion: `wanted` is the answer that speaks for entering ("yes" or "no").

    The reasons are what a person reads who does not meet it: the criterion itself in plain words, in the program's
    languages, and nothing about the person. The question is asked of the papers by staff.
    """

    key: str
    question: str
    wanted: str
    reason: str
    reason_es: str = ""
    reason_ht: str = ""


@dataclass(frozen=True)
class TrackRules:
    """The rules of one kind of track, as plain values."""

    kind: str
    name: str
    short: str
    mark: str
    summary: str
    # Ways a stay can end here, besides `completed` and `neutral`, which every track has.
    may_terminate: bool
    lapsed_is_withdrawal: bool
    requirement_kinds: frozenset[str]
    requirement_may_name_service: bool
    note_visibility: str
    session_kinds: tuple[str, ...]
    # What the prosecutor's office may learn without a release (the agreement's clause), word by exit or state.
    words_by_agreement: Mapping[str, str]
    no_report: str
    missed_word: str
    criteria: tuple[Criterion, ...]
    # Keys of criteria that no new version may drop or turn round: they are rules of the program.
    fixed_criteria: frozenset[str]
    requirement_defaults: tuple[RequirementDefault, ...] = field(default_factory=tuple)
    term_days: int = 90

    @property
    def exit_types(self) -> tuple[str, ...]:
        types = ("completed", "withdrew", "neutral")
        return (*types, "terminated") if self.may_terminate else types

    def status_word(self, state: str) -> str:
        """The one word that the prosecutor's office reads. `state` is `active` or an exit type.

        Source: PROGRAM.md, "What the prosecutor learns": services tell nothing without a live release,
        education what the agreement's clause covers; everything else is the same answer.
        """
        return self.words_by_agreement.get(state, self.no_report)


COMMON_CRITERIA = (
    Criterion(
        "misdemeanor",
        "Is the charge a misdemeanor?",
        "yes",
        "The program takes misdemeanor charges only.",
        "El programa acepta solamente delitos menores.",
        "Pwogram nan pran ti deli sèlman.",
    ),
    Criterion(
        "non_violent",
        "Is the case free of violence, weapons and threats?",
        "yes",
        "The program takes non-violent cases only.",
        "El programa acepta solamente casos sin violencia, armas ni amenazas.",
        "Pwogram nan pran sèlman ka ki pa gen vyolans, zam oswa menas.",
    ),
    Criterion(
        "prior_diversion",
        "Has the person been in a diversion program for this kind of charge before?",
        "no",
        "The program is for people who have not been in such a program for this kind of charge before.",
        "El programa es para personas que no han estado antes en un programa así por este tipo de cargo.",
        "Pwogram nan se pou moun ki pa t janm nan yon pwogram konsa deja pou kalite akizasyon sa a.",
    ),
    Criterion(
        "prior_conviction",
        "Has the person been convicted of this kind of charge before?",
        "no",
        "The program is for people without an earlier conviction of this kind.",
        "El programa es para personas sin una condena anterior de este tipo.",
        "Pwogram nan se pou moun ki pa gen yon kondanasyon konsa anvan.",
    ),
)

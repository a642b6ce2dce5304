"""The services track: counselling and ancillary services, offered to prostituted persons, chosen by them."""

from decimal import Decimal

from participants.tracks.rules import COMMON_CRITERIA, Criterion, RequirementDefault, TrackRules

SERVICES = TrackRules(
    kind="services",
    name="Services",
    short="SV",
    mark="hands",
    summary="Counselling and services, chosen by the person.",
    may_terminate=False,
    lapsed_is_withdrawal=True,
    requirement_kinds=frozenset({"own_choice_sessions", "fee"}),
    requirement_may_name_service=False,
    note_visibility="privileged",
    session_kinds=("individual", "group", "check_in"),
    # Nothing leaves without a live release (VOCA 28 CFR 94.115; VAWA 34 U.S.C. 12291(b)(2)).
    words_by_agreement={},
    no_report="no report",
    missed_word="not met",
    criteria=(
        *COMMON_CRITERIA,
        Criterion(
            "fits_charge",
            "Is the person charged with offering or committing the act for themselves?",
            "yes",
            "The charge in this case is not one that this program is for.",
            "El cargo en este caso no es uno de los cargos para los que existe este programa.",
            "Akizasyon ki nan ka sa a pa youn nan sa pwogram sa a fèt pou yo.",
        ),
        Criterion(
            "third_party",
            "Is the person alleged to have profited from or arranged another's prostitution?",
            "no",
            "The program does not take cases in which the papers speak of earning from, or arranging, what another "
            "person did.",
            "El programa no acepta casos en los que los documentos hablan de ganar dinero con lo que hizo otra "
            "persona, o de organizarlo.",
            "Pwogram nan pa pran ka kote papye yo pale de fè lajan sou sa yon lòt moun te fè, oswa òganize l.",
        ),
    ),
    # Whoever arranged or profited must never sit in a group of the people concerned.
    fixed_criteria=frozenset({"third_party"}),
    requirement_defaults=(RequirementDefault("own_choice_sessions", Decimal(6), "", "standard"),),
    term_days=180,
)

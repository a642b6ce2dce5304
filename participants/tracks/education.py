"""The education track: people charged with buying sex attend classes on law, health and harm."""

from decimal import Decimal

from participants.tracks.rules import COMMON_CRITERIA, Criterion, RequirementDefault, TrackRules

EDUCATION = TrackRules(
    kind="education",
    name="Buyer education",
    short="ED",
    mark="book",
    summary="Classes for people charged with buying sex.",
    may_terminate=True,
    lapsed_is_withdrawal=False,
    requirement_kinds=frozenset({"class_hours", "community_service_hours", "fee", "own_choice_sessions"}),
    requirement_may_name_service=True,
    note_visibility="case",
    session_kinds=("class", "individual", "check_in", "community_service"),
    words_by_agreement={
        "active": "taking part",
        "completed": "completed",
        "withdrew": "returned",
        "terminated": "returned",
        "neutral": "closed",
    },
    no_report="no report",
    missed_word="no-show",
    criteria=(
        *COMMON_CRITERIA,
        Criterion(
            "fits_charge",
            "Is the person charged with soliciting, hiring or paying for the act?",
            "yes",
            "The charge in this case is not one that this program is for.",
            "El cargo en este caso no es uno de los cargos para los que existe este programa.",
            "Akizasyon ki nan ka sa a pa youn nan sa pwogram sa a fèt pou yo.",
        ),
    ),
    fixed_criteria=frozenset(),
    requirement_defaults=(
        RequirementDefault("class_hours", Decimal(8), "Education class", "standard"),
        RequirementDefault("community_service_hours", Decimal(20), "", "standard"),
        RequirementDefault("fee", Decimal(200), "", "standard"),
    ),
    term_days=180,
)

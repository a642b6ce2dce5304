"""The roles as code: name, plain-words description, permissions. A guard test holds the matrix against this."""

from dataclasses import dataclass

from participants.staff.permissions import Permission as P


@dataclass(frozen=True)
class Role:
    key: str
    name: str
    description: str
    permissions: frozenset[P]


def _role(key: str, name: str, description: str, *permissions: P) -> Role:
    return Role(key, name, description, frozenset({P.OPEN_TRACK, *permissions}))


ROLES: dict[str, Role] = {
    role.key: role
    for role in (
        _role(
            "intake_clerk",
            "Intake clerk",
            "Receives referrals, screens them, makes offers and records what people decide.",
            P.SEARCH,
            P.VIEW_REFERRALS,
            P.RECEIVE_REFERRALS,
            P.SCREEN,
            P.MAKE_OFFERS,
            P.PLACE,
            P.HAND_OFF,
            P.RESTRICT_FILES,
            P.VIEW_DOCUMENTS,
            P.ADD_DOCUMENTS,
        ),
        _role(
            "caseworker",
            "Caseworker",
            "Accompanies participants: files, sessions, attendance, credits; proposes how a stay ends.",
            P.SEARCH,
            P.VIEW_REFERRALS,
            P.RECEIVE_REFERRALS,
            P.SCREEN,
            P.MAKE_OFFERS,
            P.PLACE,
            P.VIEW_PARTICIPANTS,
            P.EDIT_PARTICIPANTS,
            P.WRITE_NOTES,
            P.VIEW_SESSIONS,
            P.SCHEDULE_SESSIONS,
            P.TAKE_ATTENDANCE,
            P.LOG_SESSIONS,
            P.RECORD_CREDITS,
            P.PROPOSE_EXITS,
            P.HAND_OFF,
            P.RESTRICT_FILES,
            P.VIEW_DOCUMENTS,
            P.ADD_DOCUMENTS,
        ),
        _role(
            "facilitator",
            "Facilitator",
            "Runs classes and groups: sees their rosters and takes attendance, no files.",
            P.VIEW_SESSIONS,
            P.TAKE_ATTENDANCE,
        ),
        _role(
            "counsellor",
            "Counsellor",
            "Counsels or advocates for participants and keeps privileged notes.",
            P.SEARCH,
            P.VIEW_PARTICIPANTS,
            P.WRITE_NOTES,
            P.KEEP_PRIVILEGED,
            P.VIEW_SESSIONS,
            P.SCHEDULE_SESSIONS,
            P.TAKE_ATTENDANCE,
            P.LOG_SESSIONS,
        ),
        _role(
            "clinical_supervisor",
            "Clinical supervisor",
            "Supervises counsellors and may read their privileged notes.",
            P.SEARCH,
            P.VIEW_PARTICIPANTS,
            P.WRITE_NOTES,
            P.KEEP_PRIVILEGED,
            P.READ_PRIVILEGED,
            P.REASSIGN_NOTES,
            P.VIEW_HISTORY,
            P.VIEW_SESSIONS,
            P.SCHEDULE_SESSIONS,
            P.TAKE_ATTENDANCE,
            P.LOG_SESSIONS,
        ),
        _role(
            "manager",
            "Program manager",
            "Answers for the track: decides exits, adjusts requirements, reports figures.",
            P.SEARCH,
            P.VIEW_REFERRALS,
            P.RECEIVE_REFERRALS,
            P.SCREEN,
            P.MAKE_OFFERS,
            P.PLACE,
            P.VIEW_PARTICIPANTS,
            P.EDIT_PARTICIPANTS,
            P.WRITE_NOTES,
            P.VIEW_SESSIONS,
            P.SCHEDULE_SESSIONS,
            P.TAKE_ATTENDANCE,
            P.LOG_SESSIONS,
            P.RECORD_CREDITS,
            P.ADJUST_REQUIREMENTS,
            P.PROPOSE_EXITS,
            P.APPROVE_EXITS,
            P.RECOMMEND,
            P.VIEW_REPORTS,
            P.MANAGE_TEXTS,
            P.EDIT_CRITERIA,
            P.REVIEW_SCREENINGS,
            P.HAND_OFF,
            P.READ_HAND_OFFS,
            P.RESTRICT_FILES,
            P.BREAK_GLASS,
            P.VIEW_HISTORY,
            P.VIEW_DOCUMENTS,
            P.ADD_DOCUMENTS,
            P.MERGE_FILES,
        ),
        _role(
            "liaison",
            "Prosecutor's liaison",
            "Sees the office's own cases with one status word and records what the prosecutor decided.",
            P.VIEW_CASES_SENT,
        ),
        _role(
            "privacy_officer",
            "Privacy officer",
            "Reads the audit trail, looks into its patterns and signs off the weekly review.",
            P.VIEW_AUDIT,
        ),
        _role(
            "administrator",
            "Administrator",
            "Grants and ends access. Sees no case content.",
            P.MANAGE_STAFF,
        ),
    )
}
ROLE_CHOICES = [(role.key, role.name) for role in ROLES.values()]

OVERSEER = "overseer"
# Held for a program, outside its tracks: who sends cases learns nothing of them.
PROGRAM_ROLES: dict[str, Role] = {
    "sender": Role(
        "sender",
        "Sender of referrals",
        "Sends files of referrals in the name of an agency. Sees counts and refused rows, never a case.",
        frozenset({P.SEND_REFERRALS}),
    ),
    OVERSEER: Role(
        OVERSEER,
        "Overseer",
        "Reads what belongs to no track: sign-ins, lockouts, refusals. Sees no case and no reference.",
        frozenset({P.VIEW_OVERSIGHT}),
    ),
}
PROGRAM_ROLE_CHOICES = [(role.key, role.name) for role in PROGRAM_ROLES.values()]

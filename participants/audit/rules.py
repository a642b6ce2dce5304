"""What kinds of events there are, and how they are said in plain words. Pure: no row, no clock."""

import datetime

# By the names of actions: whole ones, and beginnings or ends marked with a star. The first that fits counts;
# whatever fits none is a change. The labels stand in the filter.
GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "opened": ("Opened a page or a paper", ("page.viewed", "document.downloaded")),
    "searched": ("Searched", ("search.*",)),
    "exported": ("Exported or downloaded a list", ("*.exported", "waiting_file.refused_downloaded")),
    "refused": ("Was refused", ("*.refused",)),
    "glass": ("Opened a closed file for a reason", ("glass.*",)),
    "signed_in": ("Signed in or out", ("sign_in*", "sign_out*", "second_factor", "second_factor.used")),
    "accounts": (
        "Accounts and access",
        ("account.*", "access.*", "password.*", "second_factor.*", "program.*"),
    ),
    "keys": ("Keys and seals", ("keys.*", "seals.*")),
    "reviewed": ("Signed off the trail", ("audit.*",)),
}
CHANGED = "changed"
CHANGED_LABEL = "Changed a record"
# What can happen in a track, and what can happen outside all of them, in the order of the filter.
IN_A_TRACK = ("opened", "searched", CHANGED, "exported", "refused", "glass", "accounts", "reviewed")
OUTSIDE = ("signed_in", "accounts", "keys", "refused", "opened", "exported", "reviewed", CHANGED)

WORDS = {
    "page.viewed": "Opened",
    "page.refused": "Was refused",
    "access.refused": "Asked for an address without a right to it",
    "access.granted": "Gave access",
    "access.ended": "Ended access",
    "audit.exported": "Exported the trail",
    "audit.reviewed": "Signed off the review of the trail",
    "document.downloaded": "Downloaded a paper",
    "drop.received": "Sent a file of referrals",
    "form.refused": "Sent a form that was not ours",
    "glass.ended": "Closed again what was closed to them",
    "glass.opened": "Opened what was closed to them",
    "glass.seen": "Looked at the opening of a closed file",
    "form.kept": "Typed a form that was kept while the session was locked",
    "sign_in": "Signed in",
    "sign_in.again": "Signed in once more",
    "sign_out": "Signed out",
    "glass.refused": "Tried to open a closed file",
    "search.made": "Searched",
    "second_factor": "Failed at the second step of signing in",
    "second_factor.used": "Took the second step of signing in",
    "notes.reassigned": "Gave privileged notes to another keeper",
}
FAILED_SIGN_IN = "Failed to sign in"
PAGES = {
    "agreement_amend": "the page for a new version of an agreement",
    "agreement_new": "the page for an agreement",
    "agreement_print": "an agreement to print",
    "agreement_to_sign": "an agreement to sign",
    "approval": "a decision on how a stay ends",
    "approvals": "the decisions that wait",
    "audit": "the audit trail",
    "audit_event": "an event of the trail",
    "audit_patterns": "patterns of the trail",
    "audit_review": "the weekly review",
    "batch": "a file of referrals",
    "batch_work": "the people of a file of referrals",
    "batches": "the list of files received",
    "break_glass": "the page for opening a closed file",
    "break_glass_end": "the page for closing a file again",
    "break_glass_log": "what was opened by break-glass",
    "break_glass_seen": "one opening by break-glass",
    "case_disposition": "the page for what the prosecutor decided",
    "cases": "the cases sent",
    "caseworker_change": "the page for another caseworker",
    "completion_propose": "the page for proposing completion",
    "court_dates": "the list of court dates",
    "court_result": "the page for what happened in court",
    "credit_new": "the page for a credit",
    "document": "a paper",
    "document_new": "the page for adding a paper",
    "drop": "the page for sending referrals",
    "exit_statement": "the statement on how a stay ended",
    "handoff": "a hand-off",
    "handoffs": "the list of hand-offs",
    "import_preview": "a file of referrals before it is taken in",
    "import_refused": "the refused rows of a file",
    "my_day": "my day",
    "neutral_propose": "the page for closing a stay for another reason",
    "note_keepers": "the keepers of privileged notes",
    "note_new": "the page for a note",
    "offer_decision": "the page for the answer to an offer",
    "offer_new": "the page for an offer",
    "offer_print": "an offer to print",
    "operation": "an operation",
    "operation_work": "the people of an operation",
    "operations": "the list of operations",
    "oversight": "what belongs to no track",
    "oversight_review": "the weekly review of what belongs to no track",
    "participant": "a participant's file",
    "participant_court": "the page for court and defense",
    "participant_edit": "the page for changing a file",
    "participant_history": "the history of a file",
    "participant_merge": "the page for joining two files",
    "participant_restrict": "who may not open a file",
    "participants": "the list of participants",
    "placement_new": "the page for a placement",
    "recommend": "the page for a recommendation",
    "referral": "a case",
    "referral_compare": "two cases side by side",
    "referral_edit": "the page for changing a case",
    "referral_history": "the history of a case",
    "referral_restrict": "who may not open a case",
    "referrals": "the list of referrals",
    "requirement_adjust": "the page for changing a requirement",
    "screening_letter": "a letter on a screening",
    "screening_new": "the page for a screening",
    "search": "the search page",
    "session": "a session with its roster",
    "session_book": "the page for booking people",
    "session_cancel": "the page for cancelling a session",
    "session_log": "the page for logging a session",
    "sessions": "the list of sessions",
    "staff": "the list of staff",
    "staff_end": "the page for ending access",
    "staff_new": "the page for giving access",
    "staff_second_factor": "the page for a lost device",
    "staff_unlock": "the page for letting somebody in again",
    "termination_propose": "the page for a notice of termination",
    "withdraw": "the page for a withdrawal",
}


def fits(action: str, pattern: str) -> bool:
    """Whether an action's name fits one pattern of `GROUPS`.

    >>> fits("audit.exported", "*.exported"), fits("keys.rotated", "keys.*"), fits("page.viewed", "page")
    (True, True, False)
    """
    if pattern.startswith("*"):
        return action.endswith(pattern[1:])
    return action.startswith(pattern[:-1]) if pattern.endswith("*") else action == pattern


def group_of(action: str) -> str:
    """The group that an action belongs to.

    >>> group_of("sign_in"), group_of("access.refused"), group_of("offer.made")
    ('signed_in', 'refused', 'changed')
    """
    return next((key for key, (_, names) in GROUPS.items() if any(fits(action, name) for name in names)), CHANGED)


def label_of(group: str) -> str:
    """What a group is called on a page."""
    return GROUPS[group][0] if group in GROUPS else CHANGED_LABEL


def in_words(action: str, *, page: str = "", refused: bool = False) -> str:
    """What was done, as a sentence without its subject.

    >>> in_words("page.viewed", page="participant"), in_words("offer.made"), in_words("sign_in", refused=True)
    ("Opened a participant's file", 'Offer made', 'Failed to sign in')
    """
    if action == "sign_in" and refused:
        return FAILED_SIGN_IN
    said = WORDS.get(action) or action.replace(".", " ").replace("_", " ").capitalize()
    if not page:
        return said
    return f"{said}{':' if action != 'page.viewed' else ''} {PAGES.get(page) or page.replace('_', ' ')}"


def stamp(at: datetime.datetime) -> str:
    """An instant with its UTC offset, to hundredths of a second (CJIS 5.9.5 AU-3, AU-8). Takes a local one.

    >>> stamp(datetime.datetime(2026, 3, 1, 9, 5, 7, 459_999, tzinfo=datetime.UTC))
    '2026-03-01 09:05:07.45 +00:00'
    """
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 10_000:02} {at.isoformat()[-6:]}"

"""What every template knows: where one is, and the pages of the track that this person may open."""

from django.conf import settings
from django.urls import reverse

from participants.access.kept import DISCARD
from participants.staff.permissions import Permission
from participants.tracks.scope import active_scope_or_none

# Under which page of the menu the others stand.
FAMILIES = {
    "referrals": {"referral", "referral_new", "referral_edit", "referral_import", "screening_new", "offer_new"}
    | {"offer_decision", "offer_print", "agreement_new", "agreement_to_sign", "agreement_amend", "agreement_print"}
    | {"placement_new", "referral_history"}
    | {"texts", "text", "text_new", "text_certify", "message_consent_new", "message_consent_withdraw"}
    | {"import_preview", "import_columns", "import_refused", "batches", "batch", "batch_undo", "batch_close"}
    | {"court_dates", "court_result", "court_result_edit", "court_told"}
    | {"document_new", "document", "document_remove"}
    | {"handoff", "handoffs", "referral_restrict"}
    | {"referral_compare", "comparison_undo"}
    | {"criteria", "criteria_new", "screening_letter", "screening_override", "second_look_new", "review_decide"}
    | {"operations", "operation_new", "operation", "operation_edit", "operation_work", "batch_work", "referral_assign"},
    "participants": {"participant", "participant_edit", "participant_court", "caseworker_change", "note_new"}
    | {"participant_restrict", "participant_merge", "merge_undo", "break_glass", "break_glass_end"}
    | {"participant_history"}
    | {"credit_new", "requirement_adjust", "completion_propose", "withdraw", "termination_propose"}
    | {"neutral_propose", "recommend"},
    "sessions": {"session", "session_new", "session_log", "session_book", "session_cancel", "sites", "note_keepers"},
    "approvals": {"approval", "exit_statement"},
    "cases": {"case_disposition"},
    "reports": {"demand", "equity", "voluntariness"},
    "audit": {"break_glass_log", "break_glass_seen"}
    | {"audit_event", "audit_export", "audit_patterns", "audit_review"},
    "staff": {"staff_new", "staff_end", "staff_unlock", "staff_second_factor"},
}
# Key and URL name, label, permission; in the order of the menu.
PAGES = (
    ("my_day", "My day", Permission.OPEN_TRACK),
    ("referrals", "Referrals", Permission.VIEW_REFERRALS),
    ("participants", "Participants", Permission.VIEW_PARTICIPANTS),
    ("sessions", "Sessions", Permission.VIEW_SESSIONS),
    ("approvals", "Approvals", Permission.APPROVE_EXITS),
    ("cases", "Cases sent", Permission.VIEW_CASES_SENT),
    ("reports", "Reports", Permission.VIEW_REPORTS),
    ("audit", "Audit trail", Permission.VIEW_AUDIT),
    ("staff", "Staff", Permission.MANAGE_STAFF),
)


def _open_glass() -> list:
    """What is open to the reader by break-glass, once a page has asked what is closed to them; it is not asked for
    a second time. A page of a file has always asked."""
    scope = active_scope_or_none()
    return list({row.pk: row for row in scope.opened.values()}.values()) if scope is not None else []


def place(request) -> dict:
    """Program, track, menu, search address; all absent outside a track."""
    track = getattr(request, "track", None)
    context = {
        "demo": settings.DEMO,
        "track": track,
        "program": None,
        "oversight": getattr(request, "oversight", False),
        "nav": [],
        "search_url": None,
        "tracks_open": 0,
        "kept_form": getattr(request, "kept", None),
        "discard": DISCARD,
        "locked": getattr(request, "locked", None),
    }
    if program := getattr(request, "program", None):  # outside the tracks
        address = reverse("drop", kwargs={"program": program.slug})
        context["program"] = program
        context["tracks_open"] = request.tracks_open
        context["nav"] = [{"key": "drop", "label": "Send referrals", "url": address, "active": True}]
    if context["oversight"]:
        context["tracks_open"] = request.tracks_open
        address = reverse("oversight")
        context["nav"] = [{"key": "oversight", "label": "Outside the tracks", "url": address, "active": True}]
    if track is None:
        return context
    address = {"program": track.program.slug, "track": track.kind}
    here = request.resolver_match.url_name or ""
    context["program"] = track.program
    context["tracks_open"] = request.tracks_open
    context["nav"] = [
        {
            "key": key,
            "label": label,
            "url": reverse(key, kwargs=address),
            "active": here in {key, *FAMILIES.get(key, ())},
        }
        for key, label, permission in PAGES
        if request.may(permission)
    ]
    context["open_glass"] = _open_glass()
    if request.may(Permission.SEARCH):
        context["search_url"] = reverse("search", kwargs=address)
    return context

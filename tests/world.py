"""One of everything in a track, and for every address the keywords that lead to its page."""

import datetime
import uuid
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from participants.audit.models import Event
from participants.completion.actions import give_termination_notice, propose_neutral
from participants.court.actions import record_court_result
from participants.documents.actions import add_document
from participants.duplicates.actions import decide_comparison
from participants.models import BreakGlass, Requirement
from participants.people.joining import merge_files
from participants.referrals.case import NewOperation
from participants.sessions.actions import book, schedule_session
from participants.tracks.models import Track
from participants.tracks.scope import in_track
from tests import builders, papers, sending
from tests.cast import Cast

TODAY = datetime.date(2026, 4, 1)
# Addresses of what is the manager's own: for everybody else they lead nowhere.
OWN = {"import_preview", "import_columns", "import_refused"}
# Addresses that answer with a file instead of a page.
DOWNLOADS = {"document", "import_refused", "audit_export", "oversight_export"}


@dataclass(frozen=True)
class World:
    """`kwargs` per URL name; `person` is a name that must never be shown outside the track."""

    kwargs: dict[str, dict]
    person: str
    references: tuple[str, ...]


def build_world(cast: Cast, track: Track, person: str) -> World:
    first, last = person.split()
    received = builders.make_referral(
        cast, track, name=person, next_court_on=TODAY + datetime.timedelta(days=3), must_appear="yes"
    )
    eligible = builders.make_eligible(
        cast,
        track,
        name=f"{first} Eligible {last}",
        operation=NewOperation("County Police", "Clear Harbor", builders.RECEIVED),
    )
    young = builders.make_referral(cast, track, name=f"{first} Young {last}", date_of_birth=datetime.date(2010, 5, 17))
    turned_away = builders.make_ineligible(cast, track, name=f"{first} Turned {last}")
    second_look = builders.make_second_look(cast, track, name=f"{first} Again {last}")
    offer = builders.make_offer(cast, track, person={"name": f"{first} Offered {last}"})
    accepted = builders.make_accepted(cast, track, person={"name": f"{first} Accepted {last}"})
    agreement = builders.make_agreement(cast, track, person={"name": f"{first} Agreed {last}"})
    active = builders.make_enrollment(cast, track, name=f"{first} Active {last}")
    proposed = builders.make_enrollment(cast, track, name=f"{first} Proposed {last}")
    ended = builders.make_ended(
        cast, track, enrollment=builders.make_enrollment(cast, track, name=f"{first} Ended {last}")
    )
    double = builders.make_ended(
        cast, track, enrollment=builders.make_enrollment(cast, track, name=f"{first} Double {last}")
    )
    batch = sending.make_batch(cast, track, sending.rows_of(track, f"{first} Sent {last}"))
    waiting = sending.make_waiting(
        cast,
        track,
        sending.rows_of(track, f"{first} Waiting {last}", "?"),
        by=builders.staff(cast, track, "manager"),
        now=timezone.now(),
    )
    caseworker = builders.staff(cast, track, "caseworker")
    with in_track(track, by=caseworker, write=True):
        session = schedule_session(
            kind=track.rules.session_kinds[0],
            title="",
            held_on=TODAY,
            starts=datetime.time(10),
            ends=datetime.time(12),
            site=None,
            facilitator=builders.staff(cast, track, "facilitator"),
            language="en",
            capacity=20,
            today=TODAY,
            by=caseworker,
        )
        book(session=session, enrollments=[active], by=caseworker)
        if track.rules.may_terminate:
            proposal = give_termination_notice(
                enrollment=proposed,
                reason_codes=["missed_sessions"],
                reasons="Stopped coming.",
                notice_on=TODAY,
                contest_by=TODAY + datetime.timedelta(days=30),
                today=TODAY,
                by=caseworker,
            )
        else:
            proposal = propose_neutral(
                enrollment=proposed, detail="transfer", reasons="Moved away.", today=TODAY, by=caseworker
            )
        heard = record_court_result(
            referral=eligible,
            version=eligible.version,
            held_on=TODAY - datetime.timedelta(days=2),
            outcome="missed",
            next_court_on=TODAY + datetime.timedelta(days=5),
            must_appear="yes",
            today=TODAY,
            by=caseworker,
        )
        paper = add_document(
            row_id=uuid.uuid4(),
            referral=received,
            kind="order",
            title=f"Order of {last}",
            file=papers.pdf(),
            now=builders.at(TODAY),
            by=caseworker,
        )
        compared = decide_comparison(
            referral=received, other=offer.referral, decision="different", today=TODAY, by=caseworker
        )
        # By row: closing a file to the manager would hide it from their pages.
        glass = BreakGlass.objects.create(
            referral=received,
            reason=f"The court called about {last} and nobody else was here.",
            opened_by=builders.staff(cast, track, "manager"),
            opened_at=builders.at(TODAY, 8),
            until=builders.at(TODAY, 9),
        )
        merge = merge_files(kept=ended.participant, absorbed=double.participant, today=TODAY, by=caseworker)
        requirement = Requirement.objects.filter(enrollment=active).first()
        reference = {"reference": active.participant.reference}
        kwargs = {
            **{
                name: {"pk": received.pk} for name in ("referral", "referral_edit", "screening_new", "case_disposition")
            },
            **{name: {"pk": received.pk} for name in ("court_result", "court_told")},
            **{name: {"pk": turned_away.pk} for name in ("screening_letter", "screening_override", "second_look_new")},
            "review_decide": {"pk": second_look.pk},
            "handoff": {"pk": young.pk},
            "referral_compare": {"pk": received.pk, "other": eligible.pk},
            "comparison_undo": {"pk": compared.pk},
            "participant_merge": dict(reference),
            "merge_undo": {"pk": merge.pk},
            "referral_restrict": {"pk": received.pk},
            "participant_restrict": dict(reference),
            "court_result_edit": {"pk": heard.pk},
            "document_new": {"pk": received.pk},
            **{name: {"pk": paper.pk} for name in ("document", "document_remove")},
            **{name: {"pk": eligible.operation_id} for name in ("operation", "operation_edit", "operation_work")},
            "referral_assign": {"pk": eligible.pk},
            **{name: {"pk": waiting.pk} for name in OWN},
            **{name: {"pk": batch.pk} for name in ("batch", "batch_undo", "batch_close", "batch_work")},
            "offer_new": {"pk": eligible.pk},
            "offer_decision": {"pk": offer.pk},
            **{name: {"pk": accepted.pk} for name in ("agreement_new", "agreement_to_sign")},
            "offer_print": {"pk": offer.pk},
            **{name: {"pk": agreement.pk} for name in ("agreement_amend", "agreement_print")},
            **{name: {"pk": agreement.text_id} for name in ("text", "text_certify")},
            "message_consent_new": {"pk": received.pk},
            "message_consent_withdraw": {"pk": builders.make_message_consent(cast, track, referral=received).pk},
            "placement_new": {"pk": agreement.referral_id},
            **{
                name: dict(reference)
                for name in (
                    "participant",
                    "participant_edit",
                    "participant_court",
                    "caseworker_change",
                    "note_new",
                    "completion_propose",
                    "withdraw",
                    "termination_propose",
                    "neutral_propose",
                )
            },
            **{name: {"pk": session.pk} for name in ("session", "session_book", "session_cancel")},
            **{name: {"pk": requirement.pk} for name in ("credit_new", "requirement_adjust")},
            **{name: {"pk": proposal.pk} for name in ("approval", "exit_statement")},
            **{name: {"pk": glass.pk} for name in ("break_glass_end", "break_glass_seen")},
            "audit_event": {"pk": Event.objects.latest("id").pk},
            "participant_history": dict(reference),
            "referral_history": {"pk": received.pk},
            "recommend": {"reference": ended.participant.reference},
            **{
                name: {"pk": caseworker.grants.get().pk}
                for name in ("staff_end", "staff_unlock", "staff_second_factor")
            },
        }
        references = (active.participant.reference, ended.participant.reference)
    return World(kwargs=kwargs, person=last, references=references)


def patterns(resolver=None, route="") -> list[tuple[str, URLPattern]]:
    """Every address of the project with its whole route."""
    found = []
    for pattern in (resolver or get_resolver()).url_patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += patterns(pattern, here)
        else:
            found.append((here, pattern))
    return found


def track_patterns() -> list[URLPattern]:
    """The addresses inside a track."""
    return [pattern for route, pattern in patterns() if route.startswith("<slug:program>/<slug:track>/")]


def program_patterns() -> list[URLPattern]:
    """The addresses of a program, outside its tracks."""
    inside = track_patterns()
    return [pattern for route, pattern in patterns() if route.startswith("<slug:program>/") and pattern not in inside]


def oversight_patterns() -> list[URLPattern]:
    """The addresses of what belongs to no track."""
    return [pattern for route, pattern in patterns() if route.startswith("oversight/")]


def unknown(kwargs: dict) -> dict:
    """Keywords of the same shape that lead nowhere."""
    return {key: uuid.uuid4() if key in ("pk", "other") else "2222-2222" for key in kwargs}

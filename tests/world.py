"""One of everything in a track, and for every address the keywords that lead to its page."""

import datetime
import uuid
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from participants.completion.actions import give_termination_notice, propose_neutral
from participants.models import Requirement
from participants.sessions.actions import book, schedule_session
from participants.tracks.models import Track
from participants.tracks.scope import in_track
from tests import builders
from tests.cast import Cast

TODAY = datetime.date(2026, 4, 1)


@dataclass(frozen=True)
class World:
    """`kwargs` per URL name; `person` is a name that must never be shown outside the track."""

    kwargs: dict[str, dict]
    person: str
    references: tuple[str, ...]


def build_world(cast: Cast, track: Track, person: str) -> World:
    first, last = person.split()
    received = builders.make_referral(cast, track, name=person)
    eligible = builders.make_eligible(cast, track, name=f"{first} Eligible {last}")
    offer = builders.make_offer(cast, track, person={"name": f"{first} Offered {last}"})
    accepted = builders.make_accepted(cast, track, person={"name": f"{first} Accepted {last}"})
    agreement = builders.make_agreement(cast, track, person={"name": f"{first} Agreed {last}"})
    active = builders.make_enrollment(cast, track, name=f"{first} Active {last}")
    proposed = builders.make_enrollment(cast, track, name=f"{first} Proposed {last}")
    ended = builders.make_ended(
        cast, track, enrollment=builders.make_enrollment(cast, track, name=f"{first} Ended {last}")
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
        requirement = Requirement.objects.filter(enrollment=active).first()
        reference = {"reference": active.participant.reference}
        kwargs = {
            **{
                name: {"pk": received.pk} for name in ("referral", "referral_edit", "screening_new", "case_disposition")
            },
            "offer_new": {"pk": eligible.pk},
            "offer_decision": {"pk": offer.pk},
            "agreement_new": {"pk": accepted.pk},
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
            "recommend": {"reference": ended.participant.reference},
            "staff_end": {"pk": caseworker.grants.get().pk},
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


def unknown(kwargs: dict) -> dict:
    """Keywords of the same shape that lead nowhere."""
    return {key: uuid.uuid4() if key == "pk" else "2222-2222" for key in kwargs}

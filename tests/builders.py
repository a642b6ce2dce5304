"""Builders: one function per state of a case, each reached by the program's own actions, never by writing rows.

Every builder opens the track itself and takes keyword arguments that stand in for those of its action. Days follow
each other: received, screened, offered, decided, signed, placed.
"""

import datetime
import itertools
import zoneinfo

from participants.consent.actions import decide_offer, lapse_offers, sign_agreement
from participants.consent.actions import make_offer as offer_action
from participants.consent.messages import give_message_consent
from participants.consent.models import Agreement, ConsentText, MessageConsent, Offer
from participants.consent.queries import current_texts
from participants.enrollment.actions import end_stay, place
from participants.enrollment.models import Enrollment
from participants.referrals.actions import receive_referral
from participants.referrals.models import Referral
from participants.screening.actions import screen
from participants.screening.models import Review
from participants.screening.queries import current_criteria, screening_of
from participants.screening.reviews import ask_for_second_look
from participants.staff.models import User
from participants.tracks.models import Track
from participants.tracks.scope import in_track
from tests.cast import Cast

RECEIVED = datetime.date(2026, 3, 2)
SCREENED = datetime.date(2026, 3, 3)
OFFERED = datetime.date(2026, 3, 4)
DECIDE_BY = datetime.date(2026, 3, 11)
DECIDED = datetime.date(2026, 3, 9)
SIGNED = datetime.date(2026, 3, 10)
PLACED = datetime.date(2026, 3, 12)
TERM_ENDS = datetime.date(2026, 9, 8)

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")


def at(day: datetime.date, hour: int = 12, minute: int = 0) -> datetime.datetime:
    """The instant of a time of day in Harbor; at noon it is the same day in every program of the cast."""
    return datetime.datetime.combine(day, datetime.time(hour, minute), tzinfo=NEW_YORK).astimezone(datetime.UTC)


CHARGES = {"education": "796.07(2)(f)", "services": "796.07(2)(e)"}
_number = itertools.count(1)


def staff(cast: Cast, track: Track, role: str) -> User:
    """The member of the cast who has a role in a track."""
    place = next(place for place, known in cast.tracks.items() if known == track)
    return cast.people[f"{place}_{role}"]


def make_referral(cast: Cast, track: Track, *, by: User | None = None, **over) -> Referral:
    """A referral as it came in: an adult, charged as fits the track."""
    by = by or staff(cast, track, "intake_clerk")
    values = {
        "name": "Alex Rivera",
        "date_of_birth": datetime.date(1990, 5, 17),
        "case_number": f"F26-{next(_number):06}",
        "charge": CHARGES[track.kind],
        "offense_on": RECEIVED - datetime.timedelta(days=10),
        "received_on": RECEIVED,
        "source": "State Attorney's Office",
        "language": "en",
        "today": RECEIVED,
    }
    with in_track(track, by=by, write=True):
        return receive_referral(**{**values, **over}, by=by)


def make_eligible(cast: Cast, track: Track, *, referral: Referral | None = None, **over) -> Referral:
    """A referral that meets every written criterion."""
    referral = referral or make_referral(cast, track, **over)
    by = staff(cast, track, "intake_clerk")
    with in_track(track, by=by, write=True):
        criteria = current_criteria(SCREENED).criteria
        answers = {criterion["key"]: criterion["wanted"] for criterion in criteria}
        screen(referral=referral, answers=answers, note="", today=SCREENED, by=by)
        return Referral.objects.get(pk=referral.pk)


def make_ineligible(cast: Cast, track: Track, *, referral: Referral | None = None, **over) -> Referral:
    """A referral that fails one criterion."""
    referral = referral or make_referral(cast, track, **over)
    by = staff(cast, track, "intake_clerk")
    with in_track(track, by=by, write=True):
        answers = {criterion["key"]: criterion["wanted"] for criterion in current_criteria(SCREENED).criteria}
        answers["misdemeanor"] = "no"
        screen(referral=referral, answers=answers, note="", today=SCREENED, by=by)
        return Referral.objects.get(pk=referral.pk)


def make_open(cast: Cast, track: Track, *, referral: Referral | None = None, **over) -> Referral:
    """A referral whose screening is begun, with one question still to be found out."""
    referral = referral or make_referral(cast, track, **over)
    by = staff(cast, track, "intake_clerk")
    with in_track(track, by=by, write=True):
        answers = {criterion["key"]: criterion["wanted"] for criterion in current_criteria(SCREENED).criteria}
        answers["prior_conviction"] = "unknown"
        screen(referral=referral, answers=answers, today=SCREENED, by=by)
        return Referral.objects.get(pk=referral.pk)


def make_second_look(cast: Cast, track: Track, *, referral: Referral | None = None, request="", **over) -> Review:
    """A second look that waits, at a screening that found the person not eligible."""
    referral = referral or make_ineligible(cast, track, **over)
    by = staff(cast, track, "intake_clerk")
    with in_track(track, by=by, write=True):
        return ask_for_second_look(screening=screening_of(referral), request=request, today=SCREENED, by=by)


def text_of(kind: str, language: str = "en") -> ConsentText:
    """The current text of a kind in a language; inside a scope."""
    return next(text for text in current_texts(kind) if text.language == language)


def make_offer(cast: Cast, track: Track, *, referral: Referral | None = None, person=None, **over) -> Offer:
    """An offer that waits for an answer. `person` are values of the referral."""
    referral = referral or make_eligible(cast, track, **(person or {}))
    by = staff(cast, track, "caseworker")
    with in_track(track, by=by, write=True):
        values = {
            "text": text_of(ConsentText.Kind.OFFER),
            "language": "en",
            "interpreter": "",
            "place": "office",
            "present": "",
            "made_at": at(OFFERED),
            "explained_by": by,
            "decide_by": DECIDE_BY,
            "now": over.get("made_at", at(OFFERED)),
        }
        return offer_action(referral=referral, **{**values, **over}, by=by)


def make_accepted(cast: Cast, track: Track, *, offer: Offer | None = None, person=None, **over) -> Offer:
    """An offer that was accepted after talking with a lawyer."""
    offer = offer or make_offer(cast, track, person=person)
    by = staff(cast, track, "caseworker")
    values = {
        "decided_at": at(DECIDED),
        "counsel": "consulted",
        "counsel_on": DECIDED - datetime.timedelta(days=1),
        "counsel_name": "Dana Webb",
        "now": over.get("decided_at", at(DECIDED)),
    }
    with in_track(track, by=by, write=True):
        return decide_offer(offer=offer, decision="accepted", **{**values, **over}, by=by)


def make_declined(cast: Cast, track: Track, *, offer: Offer | None = None, person=None, **over) -> Offer:
    """An offer that was declined."""
    offer = offer or make_offer(cast, track, person=person)
    by = staff(cast, track, "caseworker")
    values = {"decided_at": at(DECIDED), "now": over.get("decided_at", at(DECIDED))}
    with in_track(track, by=by, write=True):
        return decide_offer(offer=offer, decision="declined", **{**values, **over}, by=by)


def make_lapsed(cast: Cast, track: Track, *, offer: Offer | None = None, person=None) -> Offer:
    """An offer whose time to decide has passed. Lapses every other offer that is due as well."""
    offer = offer or make_offer(cast, track, person=person)
    with in_track(track, write=True):
        lapse_offers(today=offer.decide_by + datetime.timedelta(days=1))
        return Offer.objects.get(pk=offer.pk)


def make_agreement(cast: Cast, track: Track, *, offer: Offer | None = None, person=None, **over) -> Agreement:
    """A signed participation agreement."""
    offer = offer or make_accepted(cast, track, person=person)
    by = staff(cast, track, "caseworker")
    with in_track(track, by=by, write=True):
        values = {
            "text": text_of(ConsentText.Kind.AGREEMENT),
            "language": "en",
            "interpreter": "",
            "signed_at": at(SIGNED),
            "speedy_trial_waived": True,
            "waived_until": TERM_ENDS,
            "term_ends_on": TERM_ENDS,
            "now": over.get("signed_at", at(SIGNED)),
        }
        return sign_agreement(offer=offer, **{**values, **over}, by=by)


def make_message_consent(cast: Cast, track: Track, *, referral: Referral | None = None, **over) -> MessageConsent:
    """A person's consent to text messages."""
    referral = referral or make_referral(cast, track)
    by = staff(cast, track, "caseworker")
    with in_track(track, by=by, write=True):
        values = {
            "channel": "sms",
            "text": text_of(ConsentText.Kind.MESSAGES),
            "language": "en",
            "given_on": RECEIVED,
            "today": RECEIVED,
        }
        return give_message_consent(referral=referral, **{**values, **over}, by=by)


def make_enrollment(
    cast: Cast,
    track: Track,
    *,
    agreement: Agreement | None = None,
    caseworker: User | None = None,
    placed_on: datetime.date = PLACED,
    today: datetime.date | None = None,
    **person,
) -> Enrollment:
    """A person who takes part, with the track's requirements. Further keywords are values of the referral."""
    agreement = agreement or make_agreement(cast, track, person=person)
    by = caseworker or staff(cast, track, "caseworker")
    with in_track(track, by=by, write=True):
        return place(
            referral=agreement.referral,
            caseworker=by,
            placed_on=placed_on,
            today=today or placed_on,
            by=by,
        )


def make_ended(
    cast: Cast, track: Track, *, enrollment: Enrollment | None = None, status: str = "withdrew", **over
) -> Enrollment:
    """A stay that has ended; without further keywords by withdrawal."""
    enrollment = enrollment or make_enrollment(cast, track)
    by = staff(cast, track, "caseworker")
    values = {"exited_on": enrollment.placed_on + datetime.timedelta(days=30)}
    with in_track(track, by=by, write=True):
        return end_stay(enrollment=enrollment, status=status, **{**values, **over}, by=by)

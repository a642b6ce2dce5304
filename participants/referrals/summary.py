"""What the referral page says: the facts, what has happened, and the one next step."""

import datetime
from dataclasses import dataclass

from participants.completion.models import Disposition
from participants.consent.models import Agreement, Offer
from participants.consent.queries import agreements_of
from participants.consent.rules import Decision, hours_after
from participants.court.queries import Court
from participants.court.queries import court_of as court_now
from participants.enrollment.models import Enrollment
from participants.people.languages import language_name
from participants.referrals.models import Referral
from participants.referrals.rules import Status
from participants.screening.models import Review, Screening
from participants.screening.queries import screening_of
from participants.screening.timeline import screened
from participants.staff.permissions import Permission
from participants.tracks.scope import active_track
from participants.web.urls import track_url


@dataclass(frozen=True)
class Way:
    """Everything that has happened to a referral."""

    screening: Screening | None
    offers: list[Offer]
    agreements: list[Agreement]
    enrollment: Enrollment | None
    disposition: Disposition | None

    @property
    def agreement(self) -> Agreement | None:
        """The last version that was signed."""
        return self.agreements[-1] if self.agreements else None

    @property
    def waiting_review(self) -> Review | None:
        return self.screening.waiting_review if self.screening else None


@dataclass(frozen=True)
class Step:
    """What comes next: a sentence, and where it is done. `pressing` steps are the page's main button."""

    text: str
    label: str = ""
    url: str = ""
    pressing: bool = True


def way_of(referral: Referral) -> Way:
    """One statement for each kind of record."""
    return Way(
        screening=screening_of(referral),
        offers=list(Offer.objects.filter(referral=referral).select_related("explained_by").order_by("made_at", "id")),
        agreements=list(agreements_of(referral)),
        enrollment=(Enrollment.objects.filter(referral=referral).select_related("participant", "caseworker").first()),
        disposition=Disposition.objects.filter(referral=referral).select_related("recorded_by").first(),
    )


def facts(referral: Referral) -> dict[str, list[dict]]:
    """What is known, in two groups of label and value pairs."""
    age = referral.age_at_offense
    return {
        "person": [
            {"label": "Date of birth", "value": day(referral.date_of_birth)},
            {"label": "Age on the offense date", "value": "" if age is None else str(age)},
            {"label": "Language", "value": language_name(referral.language)},
            {"label": "Phone", "value": referral.phone},
            {"label": "Gender, self-reported", "value": referral.get_gender_display()},
            {"label": "Race, self-reported", "value": referral.get_race_display()},
        ],
        "case": [
            {"label": "Court case number", "value": referral.case_number},
            {"label": "Charge", "value": referral.charge},
            {"label": "Offense date", "value": day(referral.offense_on)},
            {"label": "Received on", "value": day(referral.received_on)},
            {"label": "Source", "value": referral.source},
            {
                "label": "Operation",
                "value": str(referral.operation) if referral.operation_id else "",
                "url": track_url("operation", pk=referral.operation_id) if referral.operation_id else "",
            },
        ],
    }


def day(date) -> str:
    return f"{date:%B} {date.day}, {date.year}" if date else ""


def court_of(referral: Referral, way: Way, permissions: frozenset[Permission], *, today: datetime.date) -> Court:
    """The case in court; for who may not read participants only what was recorded before the placement."""
    stay = None if Permission.VIEW_PARTICIPANTS in permissions else way.enrollment
    return court_now(referral, today=today, before=stay.placed_on if stay else None)


def timeline(referral: Referral, way: Way, permissions: frozenset[Permission], *, court: Court) -> list[dict]:
    """What has happened, oldest first. Who may not read participants reads that the person is placed, and nothing
    of the stay: not with whom, not how it ended, not what the prosecutor decided."""
    may_read = Permission.VIEW_PARTICIPANTS in permissions
    items = [{"on": referral.received_on, "title": "Received", "text": f"From {referral.source}"}]
    if way.screening:
        items += screened(way.screening)
    for offer in way.offers:
        text = f"{offer.get_place_display()}, in {language_name(offer.language)}. To decide by {day(offer.decide_by)}"
        items.append({"on": offer.made_on, "title": "Offer made", "text": text, "by": offer.explained_by.name})
        if offer.decided_on:
            text = f"{offer.get_counsel_display()} on {day(offer.counsel_on)}" if offer.counsel_on else ""
            if offer.changed_mind:
                on = offer.accepted_at.astimezone(active_track().program.zone).date()
                title = f"Accepted, {hours_after(offer.made_at, offer.accepted_at)} after the offer"
                items.append({"on": on, "title": title, "text": text})
                text = ""  # a lawyer was asked before accepting
            title = offer.get_decision_display()
            if offer.decision != Decision.LAPSED:
                title = f"{title}, {hours_after(offer.made_at, offer.decided_at)} after the offer"
            items.append({"on": offer.decided_on, "title": title, "text": text})
    for agreement in way.agreements:
        # What is signed or taken back after the placement belongs to the stay.
        if not may_read and way.enrollment and agreement.signed_on > way.enrollment.placed_on:
            continue
        text = f"In {language_name(agreement.language)}. The program ends on {day(agreement.term_ends_on)}"
        title = f"Agreement signed anew, version {agreement.version}"
        if agreement.version == 1:
            after = hours_after(agreement.offer.made_at, agreement.signed_at)
            title = f"Agreement signed, {after} after the offer"
        items.append({"on": agreement.signed_on, "title": title, "text": text, "by": agreement.recorded_by.name})
        if agreement.withdrawn_on and (may_read or way.enrollment is None):
            items.append({"on": agreement.withdrawn_on, "title": "Agreement withdrawn"})
    if way.enrollment:
        stay = way.enrollment
        placed = {"on": stay.placed_on, "title": "Placed"}
        if may_read:
            placed["text"] = f"Caseworker: {stay.caseworker.name}"
        items.append(placed)
        if may_read and stay.exited_on:
            items.append({"on": stay.exited_on, "title": stay.get_status_display()})
    if may_read and way.disposition:
        items.append(
            {
                "on": way.disposition.decided_on,
                "title": "Prosecutor's decision",
                "text": way.disposition.get_disposed_display(),
                "by": way.disposition.recorded_by.name,
            }
        )
    items += court.items()
    return sorted(items, key=lambda item: item["on"])


def next_step(referral: Referral, way: Way, permissions: frozenset[Permission]) -> Step:
    """The step that the referral waits for; without an address where this reader may not take it."""
    step, permission = _step(referral, way)
    if permission not in permissions:
        return Step(step.text)
    return step


def _step(referral: Referral, way: Way) -> tuple[Step, Permission | None]:
    offer = way.offers[-1] if way.offers else None
    new_offer = track_url("offer_new", pk=referral.pk)
    match referral.status:
        case Status.RECEIVED if referral.age_at_offense is None:
            edit = track_url("referral_edit", pk=referral.pk)
            text = "The date of birth is not known. Without it the person cannot be screened."
            return Step(text, "Add the date of birth", edit), Permission.RECEIVE_REFERRALS
        case Status.RECEIVED:
            url = track_url("screening_new", pk=referral.pk)
            if way.screening:
                count = len(way.screening.open_questions)
                text = f"Screening is begun; {count} question{'s are' if count != 1 else ' is'} open."
                return Step(text, "Go on with the screening", url), Permission.SCREEN
            return Step("Waits for screening against the written criteria.", "Screen", url), Permission.SCREEN
        case Status.STOPPED:
            return Step("Stopped."), None
        case Status.MERGED:
            return Step("Part of another case. What follows is kept there."), None
        case Status.INELIGIBLE | Status.ELIGIBLE | Status.DECLINED | Status.LAPSED if way.waiting_review:
            url = track_url("review_decide", pk=way.waiting_review.pk)
            text = "A second look at the screening is due. Until it is decided no offer is made."
            return Step(text, "Take the second look", url), Permission.REVIEW_SCREENINGS
        case Status.INELIGIBLE:
            return Step("Not eligible, for the reasons below. The person can ask for a second look."), None
        case Status.ELIGIBLE:
            text = "Eligible. The person can now be told about the program and decide freely."
            return Step(text, "Make an offer", new_offer), Permission.MAKE_OFFERS
        case Status.OFFERED:
            url = track_url("offer_decision", pk=offer.pk)
            text = f"The person has until {day(offer.decide_by)} to decide."
            return Step(text, "Record the decision", url), Permission.MAKE_OFFERS
        case Status.DECLINED:
            text = "The person has declined, which is a normal outcome. Should they ask again, a new offer can be made."
            return Step(text, "Make another offer", new_offer, pressing=False), Permission.MAKE_OFFERS
        case Status.LAPSED:
            text = "The time to decide has passed. Should the person ask again, a new offer can be made."
            return Step(text, "Make another offer", new_offer, pressing=False), Permission.MAKE_OFFERS
        case Status.ACCEPTED if way.agreement is None or way.agreement.offer_id != offer.pk:
            url = track_url("agreement_new", pk=offer.pk)
            text = "Accepted. The agreement is not signed yet."
            return Step(text, "Record the agreement", url), Permission.MAKE_OFFERS
        case Status.ACCEPTED:
            url = track_url("placement_new", pk=referral.pk)
            return Step("The agreement is signed.", "Place", url), Permission.PLACE
        case _:
            url = track_url("participant", reference=way.enrollment.participant.reference)
            text = "Placed. What follows is kept on the participant's file."
            return Step(text, "Open the participant's file", url), Permission.VIEW_PARTICIPANTS

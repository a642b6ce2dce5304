"""What the referral page says: the facts, what has happened, and the one next step."""

from dataclasses import dataclass

from participants.completion.models import Disposition
from participants.consent.models import Agreement, Offer
from participants.enrollment.models import Enrollment
from participants.people.languages import language_name
from participants.referrals.models import Referral
from participants.referrals.rules import Status
from participants.screening.models import Screening
from participants.screening.queries import screening_of
from participants.staff.permissions import Permission
from participants.web.urls import track_url


@dataclass(frozen=True)
class Way:
    """Everything that has happened to a referral."""

    screening: Screening | None
    offers: list[Offer]
    agreement: Agreement | None
    enrollment: Enrollment | None
    disposition: Disposition | None


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
        offers=list(Offer.objects.filter(referral=referral).select_related("explained_by").order_by("made_on", "id")),
        agreement=(
            Agreement.objects.filter(referral=referral)
            .select_related("recorded_by")
            .order_by("-signed_on", "-id")
            .first()
        ),
        enrollment=(Enrollment.objects.filter(referral=referral).select_related("participant", "caseworker").first()),
        disposition=Disposition.objects.filter(referral=referral).select_related("recorded_by").first(),
    )


def facts(referral: Referral) -> dict[str, list[dict]]:
    """What is known, in three groups of label and value pairs."""
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
            {"label": "Operation", "value": str(referral.operation) if referral.operation_id else ""},
        ],
        "court": [
            {"label": "Next court date", "value": day(referral.next_court_on)},
            {"label": "Must the person appear?", "value": referral.get_must_appear_display()},
            {"label": "Defense counsel", "value": referral.counsel_name},
            {"label": "Counsel's phone or e-mail", "value": referral.counsel_contact},
        ],
    }


def day(date) -> str:
    return f"{date:%B} {date.day}, {date.year}" if date else ""


def timeline(referral: Referral, way: Way, permissions: frozenset[Permission]) -> list[dict]:
    """What has happened, oldest first. Who may not read participants reads that the person is placed, and nothing
    of the stay: not with whom, not how it ended, not what the prosecutor decided."""
    may_read = Permission.VIEW_PARTICIPANTS in permissions
    items = [{"on": referral.received_on, "title": "Received", "text": f"From {referral.source}"}]
    if way.screening:
        screening = way.screening
        title = "Screened: eligible" if screening.eligible else "Screened: not eligible"
        criteria = f"Written criteria, version {screening.criteria_version.number}"
        items.append({"on": screening.decided_on, "title": title, "text": criteria, "by": screening.decided_by.name})
    for offer in way.offers:
        text = f"{offer.get_place_display()}, in {language_name(offer.language)}. To decide by {day(offer.decide_by)}"
        items.append({"on": offer.made_on, "title": "Offer made", "text": text, "by": offer.explained_by.name})
        if offer.decided_on:
            text = f"{offer.get_counsel_display()} on {day(offer.counsel_on)}" if offer.counsel_on else ""
            items.append({"on": offer.decided_on, "title": offer.get_decision_display(), "text": text})
    if way.agreement:
        agreement = way.agreement
        text = f"In {language_name(agreement.language)}. The program ends on {day(agreement.term_ends_on)}"
        items.append(
            {"on": agreement.signed_on, "title": "Agreement signed", "text": text, "by": agreement.recorded_by.name}
        )
        # After placement it is withdrawn when the person leaves.
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
            return Step("Waits for screening against the written criteria.", "Screen", url), Permission.SCREEN
        case Status.STOPPED:
            return Step("Stopped."), None
        case Status.INELIGIBLE:
            return Step("Not eligible, for the reasons below. Nothing more is to be done here."), None
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

"""The timeline of a stay: what happened, in words, latest first. Takes rows that are loaded already."""

from collections.abc import Iterable, Iterator

from django.utils.formats import date_format

from participants.consent.rules import hours_after
from participants.people.languages import language_name
from participants.screening.timeline import screened


def timeline(
    stay, *, attendances: Iterable, credits: Iterable, proposals: Iterable, court: Iterable[dict] = (), told
) -> list[dict]:
    """Items for the timeline component. `told` puts an attendance into the track's words; `court` are items."""
    items = [
        *_entry(stay),
        *court,
        *({"on": row.session.held_on, "title": row.session.name, "text": told(row)} for row in attendances),
        *(
            {
                "on": credit.earned_on,
                "title": f"Credit: {credit.requirement.title}",
                "text": credit.in_words,
                "by": credit.recorded_by.name,
            }
            for credit in credits
        ),
        *_proposals(proposals),
        *_exit(stay),
    ]
    items.reverse()  # of one day, too, the later step stands first
    return sorted(items, key=lambda item: item["on"], reverse=True)


def _entry(stay) -> Iterator[dict]:
    referral, agreement = stay.referral, stay.agreement
    offer = agreement.offer
    yield {"on": referral.received_on, "title": "Referral received", "text": f"{referral.source}, {referral.charge}"}
    yield from screened(referral.screening)
    yield {
        "on": offer.made_on,
        "title": "Offer made",
        "text": f"{offer.get_place_display()}, in {language_name(offer.language)}",
        "by": offer.explained_by.name,
    }
    if offer.counsel:
        counsel = f"{offer.get_counsel_display()} on {date_format(offer.counsel_on)}"
        after = hours_after(offer.made_at, offer.decided_at)
        title = f"Offer {offer.get_decision_display().lower()}, {after} after it was made"
        yield {"on": offer.decided_on, "title": title, "text": counsel}
    signed = f"Agreement signed anew, version {agreement.version}"
    if agreement.version == 1:
        signed = f"Agreement signed, {hours_after(offer.made_at, agreement.signed_at)} after the offer"
    yield {
        "on": agreement.signed_on,
        "title": signed,
        "text": f"Speedy trial waived until {date_format(agreement.waived_until)}",
    }
    yield {"on": stay.placed_on, "title": "Placed"}


def _proposals(proposals: Iterable) -> Iterator[dict]:
    for proposal in proposals:
        what = proposal.get_exit_type_display().lower()
        yield {"on": proposal.proposed_on, "title": f"Proposed: {what}", "by": proposal.proposed_by.name}
        if proposal.statement_on:
            yield {"on": proposal.statement_on, "title": "The person's statement recorded"}
        if proposal.decided_on:
            decided = {
                "on": proposal.decided_on,
                "title": f"Proposal “{what}”: {proposal.get_decision_display().lower()}",
                "text": proposal.decision_reason,
            }
            yield decided | ({"by": proposal.decided_by.name} if proposal.decided_by else {})


def _exit(stay) -> Iterator[dict]:
    if stay.requirements_met_on:
        yield {"on": stay.requirements_met_on, "title": "Requirements met"}
    if stay.agreement.withdrawn_on:
        yield {"on": stay.agreement.withdrawn_on, "title": "Agreement withdrawn"}
    if stay.exited_on:
        exit_item = {"on": stay.exited_on, "title": f"Stay ended: {stay.get_status_display().lower()}"}
        yield exit_item | ({"text": stay.get_exit_detail_display()} if stay.exit_detail else {})
    if recommendation := getattr(stay, "recommendation", None):
        yield {
            "on": recommendation.made_on,
            "title": f"Recommended: {recommendation.get_recommended_display().lower()}",
            "by": recommendation.made_by.name,
        }
    if disposition := getattr(stay.referral, "disposition", None):
        yield {
            "on": disposition.decided_on,
            "title": f"Prosecutor decided: {disposition.get_disposed_display().lower()}",
        }

"""What happened in a screening, as items of a timeline. Takes rows that are loaded already, with their reviews."""

from collections.abc import Iterator

from participants.screening.models import Review, Screening

CHANGED = {True: "eligible", False: "not eligible"}


def screened(screening: Screening) -> Iterator[dict]:
    """The decision as it was made first, then every look since. Nothing while the screening is open."""
    if screening.eligible is None:
        return
    reviews = list(screening.reviews.all())
    first = reviews[0].eligible_before if reviews else screening.eligible
    yield {
        "on": screening.decided_on,
        "title": f"Screened: {CHANGED[first]}",
        "text": f"Written criteria, version {screening.criteria_version.number}",
        "by": screening.decided_by.name,
    }
    for review in reviews:
        yield from _review(review)


def _review(review: Review) -> Iterator[dict]:
    if review.kind == Review.Kind.SECOND_LOOK:
        yield {"on": review.asked_on, "title": "The person asked for a second look", "by": review.asked_by.name}
    elif review.kind == Review.Kind.CHARGE_CHANGED:
        yield {"on": review.asked_on, "title": "Charge changed: a second look is due", "by": review.asked_by.name}
    if review.eligible_after is None:
        return
    what = "Overridden" if review.kind == Review.Kind.OVERRIDE else "Second look"
    upheld = review.eligible_after == review.eligible_before
    outcome = f"upheld, {CHANGED[review.eligible_after]}" if upheld else f"now {CHANGED[review.eligible_after]}"
    yield {"on": review.decided_on, "title": f"{what}: {outcome}", "by": review.decided_by.name}

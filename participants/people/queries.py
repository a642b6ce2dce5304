"""Reading participants."""

from dataclasses import dataclass

from django.db.models import Case, CharField, Q, QuerySet, Value, When
from django.http import Http404

from participants.audit.queries import events_about
from participants.people.models import REFERENCE_ALPHABET, Participant, SearchToken
from participants.people.restrictions import readable
from participants.staff.models import User
from participants.tracks.scope import active_track_id
from participants.vault.tokens import NAME, NUMBER, PHONE, SOUND, readings, sound_readings


def reference_in(text: str) -> str | None:
    """The reference that a text is, typed in any case, with or without its dash; None for another text.

    >>> reference_in("7k4q2mxd")
    '7K4Q-2MXD'
    """
    letters = text.strip().upper().replace("-", "").replace(" ", "")
    if len(letters) != 8 or not set(letters) <= set(REFERENCE_ALPHABET):
        return None
    return f"{letters[:4]}-{letters[4:]}"


def participant_or_404(reference: str, *, merged: bool = False) -> Participant:
    """The participant of the active track with a reference, if the acting person may open it. A file that is part of
    another one is kept there; it is only found if `merged` ones are asked for. Raises Http404."""
    rows = readable(Participant.objects.all(), participant="pk")
    if not merged:
        rows = rows.filter(merged_into__isnull=True)
    try:
        return rows.get(reference=reference_in(reference) or "")
    except Participant.DoesNotExist as error:
        raise Http404 from error


@dataclass(frozen=True)
class Changes:
    """What others have changed since a version: names of fields, and who changed them."""

    fields: list[str]
    by: list[str]


def changes_since(participant: Participant, version: int) -> Changes:
    """What the audit trail says was changed on a file after `version`. Two statements."""
    fields, actors = set(), set()
    for event in events_about(participant.pk).filter(action="participant.changed"):
        if event.detail["version"] > version:
            fields.update(event.detail["fields"])
            actors.add(event.actor_id)
    names = User.objects.filter(pk__in=actors).order_by("name").values_list("name", flat=True)
    return Changes(fields=sorted(fields), by=list(names))


# The ways in which a search finds a record, and how a page says it.
REFERENCE = "reference"
FOUND_BY = {
    REFERENCE: "reference",
    NUMBER: "case number",
    PHONE: "phone number",
    NAME: "name",
    SOUND: "sounds alike",
}


def subjects_matching(text: str) -> QuerySet | None:
    """Ids of the records that match every word of a text in one of the ways to read it, as a subquery; None when it
    has no words."""
    return _subjects(list(readings(active_track_id(), text).values()))


def subjects_sounding_like(text: str) -> QuerySet | None:
    """Ids of the records of which every word of a text could be the name by its sound, as a subquery; None for a
    text with digits, or with a word too short to be told by its sound."""
    return _subjects(list(sound_readings(active_track_id(), text).values()))


def ways_of(text: str) -> list[str]:
    """In which ways a text is looked for, the surest first. Says nothing of what was typed but its kind."""
    track_id = active_track_id()
    found = {*readings(track_id, text), *sound_readings(track_id, text), *([REFERENCE] if reference_in(text) else ())}
    return [way for way in FOUND_BY if way in found]


def found_by(text: str, *, key: str, sounding: bool) -> Case | Value:
    """An expression for the way in which a row was found whose search tokens are those of `key`."""
    if sounding:
        return Value(SOUND)
    ways = readings(active_track_id(), text)
    whens = [When(**{f"{key}__in": _subjects([ways[way]])}, then=Value(way)) for way in FOUND_BY if way in ways]
    return Case(*whens, default=Value(REFERENCE), output_field=CharField())


def _subjects(ways: list[list[tuple[bytes, ...]]]) -> QuerySet | None:
    if not ways:
        return None
    matching = Q()
    for words in ways:
        matching |= Q(*(Q(subject_id__in=_having(tokens)) for tokens in words))
    return SearchToken.objects.order_by().filter(matching).values("subject_id")


def _having(tokens: tuple[bytes, ...]) -> QuerySet:
    return SearchToken.objects.order_by().filter(token__in=tokens).values("subject_id")

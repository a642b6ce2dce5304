"""Reading participants."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.http import Http404

from participants.audit.queries import events_about
from participants.people.models import REFERENCE_ALPHABET, Participant, SearchToken
from participants.people.restrictions import readable
from participants.staff.models import User
from participants.tracks.scope import active_track_id
from participants.vault.tokens import LONGEST_PREFIX, NAME, name_words, query_tokens, sound_tokens, token


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


def subjects_matching(text: str) -> QuerySet | None:
    """Ids of the records that match every word of a text, as a subquery; None when it has no words.

    A text with a digit is read both ways: as one number ("F25-0123") and as a name ("John 3rd").
    """
    track_id = active_track_id()
    as_name = [{token(track_id, NAME, word[:LONGEST_PREFIX])} for word in name_words(text)]
    readings = [words for words in (query_tokens(track_id, text), as_name) if words]
    if not readings:
        return None
    matching = Q()
    for words in readings if readings[0] != readings[-1] else readings[:1]:
        matching |= Q(*(Q(subject_id__in=_having(tokens)) for tokens in words))
    return SearchToken.objects.order_by().filter(matching).values("subject_id")


def subjects_sounding_like(text: str) -> QuerySet | None:
    """Ids of the records of which every word of a text could be the name by its sound, as a subquery; None for a
    text with digits, or with a word too short to be told by its sound."""
    tokens = sound_tokens(active_track_id(), text)
    if not tokens:
        return None
    matching = Q(*(Q(subject_id__in=_having({one})) for one in tokens))
    return SearchToken.objects.order_by().filter(matching).values("subject_id")


def _having(tokens: set[bytes]) -> QuerySet:
    return SearchToken.objects.order_by().filter(token__in=sorted(tokens)).values("subject_id")

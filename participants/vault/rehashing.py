"""Search tokens and other keyed hashes made anew with the primary search key, one record in one transaction.

A hash cannot be turned into that of another key; it is computed from the record, which is held while that is done.
"""

import secrets
from collections.abc import Callable, Iterator
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.db.models import Q

from participants.duplicates.models import Comparison
from participants.people.actions import index_participant
from participants.people.models import Participant, SearchToken
from participants.referrals.actions import index_referral
from participants.referrals.case import known_by
from participants.referrals.models import Referral
from participants.tracks.models import Track
from participants.tracks.scope import in_track
from participants.vault import keyring
from participants.vault.fields import BrokenSeal
from participants.vault.holders import hashed_with
from participants.vault.tokens import LENGTH, fingerprints

PAGE = 200
INDEXED = {
    SearchToken.Kind.PARTICIPANT: (Participant, index_participant),
    SearchToken.Kind.REFERRAL: (Referral, index_referral),
}


def rehash(track: Track) -> Iterator[tuple[int, list[str]]]:
    """Write anew what former search keys have made: for each record the number of its hashes that were, and in a
    sentence what could not be."""
    former = keyring.key_ids(track.pk, "search")[1:]
    if not former:
        return
    for model, key, write in ((Referral, "pk", _rekey), (SearchToken, "subject_id", _index)):
        for pk in _pages(track, model, former, key):
            yield _attempt(track, write, pk)


def _pages(track: Track, model: type[models.Model], former: list[str], key: str) -> Iterator[UUID]:
    """The ids of what has stale hashes, a page at a time, each once."""
    after = UUID(int=0)
    while True:
        with in_track(track):
            rows = model.objects.filter(hashed_with(model, former), **{f"{key}__gt": after})
            page = list(rows.order_by(key).values_list(key, flat=True).distinct()[:PAGE])
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1]


def _attempt(track: Track, write: Callable[[UUID], tuple[int, list[str]]], pk: UUID) -> tuple[int, list[str]]:
    with in_track(track, write=True):
        try:
            with transaction.atomic():
                return write(pk)
        except BrokenSeal as error:
            return 0, [str(error)]


def _index(subject_id: UUID) -> tuple[int, list[str]]:
    """Write the tokens of one record anew; those of a record that is gone go too."""
    kinds = set(SearchToken.objects.filter(subject_id=subject_id).order_by().values_list("kind", flat=True))
    for kind in kinds:
        model, index = INDEXED[kind]
        row = model.objects.select_for_update().filter(pk=subject_id).first()
        if row is None:
            SearchToken.objects.filter(kind=kind, subject_id=subject_id).delete()
        else:
            index(row)
    return SearchToken.objects.filter(subject_id=subject_id).count(), []


def _rekey(pk: UUID) -> tuple[int, list[str]]:
    """Write the hashes by which one case is known anew."""
    row = Referral.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        return 0, []
    written = {}
    for name, (today, *former) in ((name, found) for name, found in known_by(row).items() if found):
        if bytes(getattr(row, name)) in former:
            written[name] = today
    told = []
    if "fingerprint" not in written and _is_stale(row.fingerprint, row.track_id):
        written["fingerprint"] = _of_comparison(row)
    if not _save(row, written):
        # Received twice within the moment in which the key changed: both stand, and each is compared with the other.
        told.append(f"Referral {pk} has exactly the content of another one; compare the two.")
        _save(row, {**written, "fingerprint": secrets.token_bytes(LENGTH + 4)})
    return len(written), told


def _is_stale(stored: bytes, track_id: UUID) -> bool:
    return bytes(stored)[:4].hex() in keyring.key_ids(track_id, "search")[1:]


def _of_comparison(row: Referral) -> bytes:
    """Today's fingerprint of a case that is known under the content of one that it was made one with. Where no
    decision about it has kept that content, nobody can be known by it any more, and one is drawn."""
    about = Comparison.objects.filter(Q(referral=row) | Q(other=row)).order_by("-id")
    for comparison in about:
        for content in (comparison.before or {}).get("contents", ()):
            today, *former = fingerprints(row.track_id, *content)
            if bytes(row.fingerprint) in former:
                return today
    return secrets.token_bytes(LENGTH + 4)


def _save(row: models.Model, values: dict[str, bytes]) -> bool:
    """Write hashes where those still stand that were read; False where another case has the fingerprint."""
    if not values:
        return True
    stood = {name: bytes(getattr(row, name)) for name in values}
    try:
        with transaction.atomic():
            Referral.objects.filter(pk=row.pk, **stood).update(**values)
    except IntegrityError:
        return False
    return True

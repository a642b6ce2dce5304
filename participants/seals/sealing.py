"""The sealer: it takes the events that no seal covers yet into the next links of their chain.

A seal names its events with their digests and is keyed. Two sealers at once do no harm: the number of a seal is
unique, and who comes second writes nothing. Its head then goes to a file outside the database (`seals/heads.py`).
"""

import datetime
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import tink
from django.db import DatabaseError, IntegrityError

from participants.seals import heads
from participants.seals.chains import Chain, as_bytes, chains, event_ids, facts, floor_of, sealed_among
from participants.seals.digests import SEAL_COLUMNS, Entry, packed, spoken_for
from participants.seals.models import Seal
from participants.tracks.models import new_id
from participants.vault import keyring

logger = logging.getLogger(__name__)

# Events that one seal covers at most.
MOST = 5000


class NotSealed(RuntimeError):
    """Some chain could not be sealed in this run; the next one takes its events."""


@dataclass(frozen=True)
class Newest:
    """What the next seal goes on from."""

    number: int = 0
    last_id: UUID | None = None
    mac: bytes = b""


def seal_all(*, now: datetime.datetime, most: int = MOST) -> int:
    """Seal what is not sealed yet in every chain; returns the number of events. A chain that fails stops no other.

    Raises NotSealed at the end when some chain failed.
    """
    sealed, failed = 0, []
    for chain in chains():
        try:
            sealed += seal_chain(chain, now=now, most=most)
        except (DatabaseError, keyring.KeyMissing, tink.TinkError):
            logger.exception("The audit trail %s could not be sealed.", chain.name)
            failed.append(chain.name)
    if failed:
        raise NotSealed(f"Not sealed: {', '.join(failed)}.")
    return sealed


def seal_chain(chain: Chain, *, now: datetime.datetime, most: int = MOST) -> int:
    """Seal what is not sealed yet in one chain, `most` events in a seal; returns the number of events.

    Writes nothing when there is nothing new. The heads that the file lacks are written in any case.
    """
    # Read before the events: when another sealer takes some in between, the number is taken as well.
    with chain.opened():
        newest = newest_seal()
    first, sealed = newest.number + 1, 0
    for entries in _not_sealed(chain, floor_of(newest.last_id, now), most):
        seal = _seal(chain, newest, entries, now)
        if not _added(chain, seal):
            break
        newest = Newest(seal.number, seal.last_id, seal.mac)
        sealed += len(entries)
    heads.write(chain, now=now, made_from=first if sealed else None)
    return sealed


def newest_seal() -> Newest:
    """The end of the chain that is open. One statement."""
    row = Seal.objects.order_by("-number").values_list("number", "last_id", "mac").first()
    return Newest(row[0], row[1], as_bytes(row[2])) if row else Newest()


def _not_sealed(chain: Chain, floor: UUID, most: int) -> Iterator[list[Entry]]:
    """The entries of events that no seal names, `most` of them at a time, each time in a transaction of its own."""
    after, more = None, True
    while more:
        with chain.opened():
            page = event_ids(after=after, floor=floor, size=most)
            sealed = sealed_among(page.ids)
            found = facts([key for key in page.ids if key not in sealed])
        entries = [found[key].entry for key in page.ids if key in found and found[key].entry]
        if entries:
            yield entries
        more, after = page.more, page.ids[-1] if page.ids else None


def _seal(chain: Chain, newest: Newest, entries: list[Entry], now: datetime.datetime) -> Seal:
    seal = Seal(
        id=new_id(),
        track_id=chain.id,
        number=newest.number + 1,
        at=now,
        first_id=entries[0].id,
        last_id=entries[-1].id,
        entries=packed(entries),
        previous=newest.mac,
    )
    spoken = spoken_for(getattr(seal, column) for column in SEAL_COLUMNS)
    seal.mac = keyring.audit_mac(chain.id).compute_mac(spoken)
    return seal


def _added(chain: Chain, seal: Seal) -> bool:
    """Write the seal; False when another sealer was first."""
    try:
        with chain.opened(write=True):
            seal.save(force_insert=True)
    except IntegrityError:
        with chain.opened():
            if Seal.objects.filter(number=seal.number).exists():
                return False
        raise
    return True

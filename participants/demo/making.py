"""What making the rows of one track needs: the track, its staff, the day, and a seeded source of ids."""

import datetime
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from participants.people.models import REFERENCE_ALPHABET
from participants.sessions.rules import instant
from participants.staff.models import User
from participants.tracks.models import Track


class Ids:
    """Time-ordered UUIDs (version 7) and references from a seeded generator, so that every loading makes the same."""

    def __init__(self, rng: random.Random):
        self.rng = rng
        self.references: set[str] = set()

    def at(self, day: datetime.date) -> uuid.UUID:
        """An id of some moment of a day."""
        moment = datetime.datetime.combine(day, datetime.time(13), tzinfo=datetime.UTC)
        milliseconds = int(moment.timestamp() * 1000) + self.rng.randrange(8 * 60 * 60 * 1000)
        return uuid.UUID(
            int=(milliseconds << 80)
            | (7 << 76)
            | (self.rng.getrandbits(12) << 64)
            | (2 << 62)
            | self.rng.getrandbits(62)
        )

    def reference(self) -> str:
        letters = "".join(self.rng.choices(REFERENCE_ALPHABET, k=8))
        reference = f"{letters[:4]}-{letters[4:]}"
        if reference in self.references:
            return self.reference()
        self.references.add(reference)
        return reference


@dataclass(frozen=True)
class Making:
    """`staff` are the accounts of the track by their key ("caseworker2")."""

    track: Track
    staff: Mapping[str, User]
    today: datetime.date
    rng: random.Random
    ids: Ids

    def hour_of(self, day: datetime.date, number: int) -> datetime.datetime:
        """A moment of a local working day, the same for the same number."""
        return instant(day, datetime.time(9 + number % 8, number * 7 % 60), self.track.program.zone)

    def afternoon(self, day: datetime.date) -> datetime.datetime:
        """Some moment in the afternoon of a local day."""
        return instant(day, datetime.time(16, self.rng.randrange(60)), self.track.program.zone)

"""Loading the demonstration: one program of invented people, the same for the same seed and day."""

import datetime
import random
import zoneinfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from participants.demo.bulk import TrackWriter
from participants.demo.looks import add_looks
from participants.demo.making import Ids, Making
from participants.demo.staff import SLUG, SignIn, create_accounts, sign_ins
from participants.demo.stays import stays
from participants.demo.story import OFFICE, STORIES, courses, days, people_of, waves
from participants.demo.touches import add_touches
from participants.errors import ProgramError
from participants.tracks.actions import create_program
from participants.tracks.models import Program
from participants.tracks.scope import in_track

NAME = "Demand More (demonstration)"
TIME_ZONE = "America/New_York"
PEOPLE = 120
SEED = 2018  # the year in which the program that this one is modelled on began


def load_demo(*, people: int = PEOPLE, seed: int = SEED, now: datetime.datetime) -> list[SignIn]:
    """The demonstration's sign-ins; the program and its people are made if they are not there, all or nothing.

    Raises ProgramError where this is not a demonstration, or for fewer people than one.
    """
    if not settings.DEMO:
        raise ProgramError("The demonstration has known passwords, so it is loaded with DEMO=1 only.")
    if people < 1:
        raise ProgramError("Give a number of people from 1 on.")
    if not Program.objects.filter(slug=SLUG).exists():
        with transaction.atomic():
            _load(people, seed, now)
    return sign_ins()


def _load(people: int, seed: int, now: datetime.datetime) -> None:
    today = timezone.localdate(now, timezone=zoneinfo.ZoneInfo(TIME_ZONE))
    story = {
        kind: list(waves(kind, people_of(kind, people), today=today, rng=random.Random(f"{seed}:{kind}")))
        for kind in STORIES
    }
    # The program is there before the first of its people comes.
    start = min(wave.operation_on for kind in story for wave in story[kind]) - days(60)
    program = create_program(slug=SLUG, name=NAME, time_zone=TIME_ZONE, office=OFFICE, on=start)
    tracks = {track.kind: track for track in program.tracks.select_related("program").order_by("kind")}
    staff = create_accounts(tracks, on=start)
    number = 1
    for kind, track in tracks.items():
        with in_track(track, write=True):
            rng = random.Random(f"{seed}:{kind}:rows")
            writer = TrackWriter(Making(track, staff[kind], today, rng, Ids(rng)))
            for wave in story[kind]:
                rng = random.Random(f"{seed}:{kind}:{wave.number}")
                people_of_wave = courses(kind, wave, first=number, today=today, rng=rng)
                meetings, lived = stays(kind, wave, people_of_wave, today=today, rng=rng)
                writer.write(wave, people_of_wave, meetings, lived)
                number += len(people_of_wave)
            add_touches(today=today, now=now)
            add_looks(staff[kind])

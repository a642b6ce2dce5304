"""The story of the demonstration up to each person's placement and end: who came when, and which way they went.

Plain values from a seeded generator. Every way is written to its end; what lies after today has not happened.
"""

import datetime
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from participants.completion.rules import MIN_DAYS_TO_CONTEST
from participants.consent.rules import Counsel, Place
from participants.consent.rules import Decision as Answer
from participants.demo.people import Person, invent
from participants.referrals.rules import Status

OFFICE = "Harbor County State Attorney's Office"
AGENCY = "Harbor Bay Police Department"
SOURCES = (OFFICE, "Harbor County Public Defender", "Harbor County Court, Division 3")
NEUTRAL = ("transfer", "charge_dropped", "found_ineligible", "death")
DAYS_TO_DECIDE = 14
# Days from receipt to screening, on to the offer, the answer, the signature, and the placement.
LAGS = (3, 4, 7, 3, 2)


@dataclass(frozen=True)
class Plan:
    """The way of one person. `received` and `end` in days before today (a negative end is to come); None is free.

    `end` is the day on which the last requirement is met, or the exit takes effect.
    """

    path: str
    received: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class TrackStory:
    """What differs in the two stories: figures and words, no rules."""

    share: int  # of 100 people
    wave: int  # people who come in one wave
    from_operation: float
    charges: tuple[tuple[str, int], ...]
    showcase: tuple[Plan, ...]
    paths: tuple[tuple[str, int], ...]


# The newest wave stands at the door: one for every step from receipt to the first days of a stay.
INTAKE = (
    *(Plan("completes", ago) for ago in (0, 3, 8, 14, 17, 20, 1, 5, 10)),
    Plan("stopped", 6),
    Plan("ineligible", 9),
    Plan("declined", 22),
    Plan("lapsed", 26),
    *(Plan("completes", ago) for ago in (2, 4, 6, 12, 16, 18, 21, 0)),
)
# The wave in the midst of its sessions, again and again in this order.
RUNNING = (
    *(Plan("completes") for _ in range(5)),
    Plan("declined"),
    *(Plan("completes") for _ in range(5)),
    Plan("ineligible"),
    *(Plan("completes") for _ in range(4)),
    Plan("declined"),
    Plan("lapsed"),
    Plan("withdraws", end=9),
    Plan("completes"),
)
# Every way to be at the end of a stay: met, proposed, completed, recommended, decided by the office, and the others.
ENDS = (
    Plan("completes", end=2),
    Plan("completes", end=5),
    Plan("completes", end=60),
    Plan("completes", end=20),
    Plan("completes", end=10),
    Plan("withdraws", end=30),
    Plan("transfer", end=-3),
    Plan("charge_dropped", end=48),
)
STORIES = {
    "education": TrackStory(
        share=60,
        wave=36,
        from_operation=0.75,
        charges=(("796.07(2)(f)", 80), ("796.07(2)(i)", 15), ("796.07(2)(g)", 5)),
        showcase=(
            *ENDS,
            Plan("terminated", end=-15),
            Plan("terminated", end=25),
            Plan("completes", end=75),
            Plan("declined"),
            Plan("found_ineligible", end=66),
        ),
        paths=(
            ("completes", 54),
            ("terminated", 8),
            ("withdraws", 7),
            ("ineligible", 12),
            ("declined", 10),
            ("lapsed", 4),
            ("stopped", 1),
            *((path, 1) for path in NEUTRAL),
        ),
    ),
    "services": TrackStory(
        share=40,
        wave=24,
        from_operation=0.3,
        charges=(("796.07(2)(e)", 92), ("796.07(2)(g)", 8)),
        showcase=(*ENDS, Plan("stops_coming", end=25), Plan("completes", end=75), Plan("declined")),
        paths=(
            ("completes", 44),
            ("stops_coming", 12),
            ("withdraws", 10),
            ("ineligible", 8),
            ("declined", 15),
            ("lapsed", 6),
            ("stopped", 1),
            *((path, 1) for path in NEUTRAL),
        ),
    ),
}


@dataclass(frozen=True)
class Wave:
    """People who come about the time of one operation and take their sessions together."""

    number: int
    operation_on: datetime.date
    plans: tuple[Plan, ...]

    @property
    def sessions_from(self) -> datetime.date:
        return self.operation_on + datetime.timedelta(days=52)


@dataclass
class Exit:
    """How a stay is proposed to end, and ends. Empty while nothing of it has happened."""

    type: str = ""
    detail: str = ""
    proposed_on: datetime.date | None = None
    contest_by: datetime.date | None = None
    statement_on: datetime.date | None = None
    exited_on: datetime.date | None = None
    met_on: datetime.date | None = None
    recommended_on: datetime.date | None = None
    disposed_on: datetime.date | None = None


@dataclass
class Course:
    """The facts of one person's way. A date that is None has not come, or never will."""

    number: int
    wave: Wave
    path: str
    person: Person
    case_number: str
    charge: str
    offense_on: datetime.date
    received_on: datetime.date
    source: str
    from_operation: bool
    status: Status = Status.RECEIVED
    next_court_on: datetime.date | None = None
    must_appear: str = "unknown"
    screened_on: datetime.date | None = None
    offered_on: datetime.date | None = None
    decide_by: datetime.date | None = None
    place: str = ""
    answer: Answer = Answer.WAITING
    answered_on: datetime.date | None = None
    counsel: str = ""
    counsel_on: datetime.date | None = None
    signed_on: datetime.date | None = None
    placed_on: datetime.date | None = None
    # The plan of the stay: when the last requirement is met, and the last day on which anything is done for it.
    target_on: datetime.date | None = None
    last_day: datetime.date | None = None
    exit: Exit = field(default_factory=Exit)


def days(count: int) -> datetime.timedelta:
    return datetime.timedelta(days=count)


def people_of(kind: str, people: int) -> int:
    """How many of all people come to a track; together they are all."""
    education = round(people * STORIES["education"].share / 100)
    return education if kind == "education" else people - education


def waves(kind: str, people: int, *, today: datetime.date, rng: random.Random) -> Iterator[Wave]:
    """The waves of a track, newest first: at the door, in the midst, at every kind of end, and the past.

    A larger program has a longer past, in which the waves come more often.
    """
    story = STORIES[kind]
    doorstep, midst = people * 20 // 72, people * 34 // 72
    sizes = [min(doorstep, len(INTAKE)), min(midst, story.wave), min(people - doorstep - midst, story.wave)]
    left = people - sum(sizes)
    sizes += [story.wave] * (left // story.wave)
    if left % story.wave:
        sizes.append(left % story.wave)
    gap = 124 / max(len(sizes) - 2, 1) ** 0.42
    for number, size in enumerate(sizes):
        ago = (21, 66, 190)[number] if number < 3 else 66 + round(gap * (number - 2))
        hand = (INTAKE, itertools.cycle(RUNNING), story.showcase)[number] if number < 3 else ()
        plans = list(itertools.islice(hand, size))
        names, weights = zip(*story.paths, strict=True)
        plans += [Plan(path) for path in rng.choices(names, weights, k=size - len(plans))]
        yield Wave(number, today - days(ago), tuple(plans))


def courses(kind: str, wave: Wave, *, first: int, today: datetime.date, rng: random.Random) -> list[Course]:
    """The ways of the people of one wave. `first` is the running number of the first of them."""
    return [_course(kind, wave, plan, first + at, today, rng) for at, plan in enumerate(wave.plans)]


def _course(kind: str, wave: Wave, plan: Plan, number: int, today: datetime.date, rng: random.Random) -> Course:
    story = STORIES[kind]
    operation_ago = (today - wave.operation_on).days
    from_operation = rng.random() < story.from_operation
    ago = plan.received
    if ago is None:
        ago = operation_ago - 2 if from_operation else operation_ago + rng.randint(-6, 10)
    from_operation = from_operation and ago < operation_ago
    received_on = today - days(ago)
    offense_on = wave.operation_on if from_operation else received_on - days(rng.randint(2, 20))
    charges, weights = zip(*story.charges, strict=True)
    course = Course(
        number=number,
        wave=wave,
        path=plan.path,
        person=invent(rng, on=offense_on, minor=plan.path == "stopped"),
        case_number=f"DEMO-{offense_on:%y}-{number:06d}",
        charge=rng.choices(charges, weights)[0],
        offense_on=offense_on,
        received_on=received_on,
        source=AGENCY if from_operation else rng.choice(SOURCES),
        from_operation=from_operation,
    )
    _walk(course, plan, today, rng)
    _court(course, today, rng)
    return course


def _walk(course: Course, plan: Plan, today: datetime.date, rng: random.Random) -> None:
    """From receipt to placement, as far as it has come."""
    lags = LAGS if plan.received is not None else [lag + rng.randint(-1, 1) for lag in LAGS]
    steps = itertools.accumulate(lags, lambda day, lag: day + days(lag), initial=course.received_on)
    _, screened_on, offered_on, answered_on, signed_on, placed_on = steps
    path = course.path
    if path == "stopped":  # a known date of birth stops a referral when it is received
        course.status = Status.STOPPED
    if path == "stopped" or screened_on > today:
        return
    course.screened_on = screened_on
    if path == "ineligible":
        course.status = Status.INELIGIBLE
        return
    course.status = Status.ELIGIBLE
    if offered_on > today:
        return
    course.status, course.offered_on = Status.OFFERED, offered_on
    course.place = rng.choices(Place.values, (50, 25, 8, 12, 5))[0]
    course.decide_by = offered_on + days(DAYS_TO_DECIDE)
    if path == "lapsed":
        answered_on = course.decide_by + days(1)
    if answered_on > today:
        return
    course.answered_on = answered_on
    if path in ("declined", "lapsed"):
        course.status, course.answer = Status(path), Answer(path)
        return
    course.status, course.answer = Status.ACCEPTED, Answer.ACCEPTED
    course.counsel = Counsel.CONSULTED if rng.random() < 0.85 else Counsel.DECLINED
    course.counsel_on = answered_on - days(rng.randint(0, 3))
    if signed_on > today:
        return
    course.signed_on = signed_on
    if placed_on > today:
        return
    course.status, course.placed_on = Status.PLACED, placed_on
    _end(course, plan, today, rng)


# Days from the placement to the end of a way, from and to.
LASTS = {"completes": (75, 150), "terminated": (60, 140), "withdraws": (5, 100), "stops_coming": (20, 110)}


def _end(course: Course, plan: Plan, today: datetime.date, rng: random.Random) -> None:
    """How the stay ends, as far as it has come."""
    lasts = rng.randint(*LASTS.get(course.path, (20, 120)))
    end_on = course.placed_on + days(lasts) if plan.end is None else today - days(plan.end)
    course.target_on = end_on if course.path == "completes" else end_on + days(rng.randint(20, 60))
    course.last_day = end_on
    happened = {}
    if course.path == "completes":
        type_, detail = "completed", ""
        happened = {
            "proposed_on": end_on + days(3),
            "exited_on": end_on + days(8),
            "recommended_on": end_on + days(13),
            "disposed_on": end_on + days(38),
        }
    elif course.path == "terminated":
        type_, detail = "terminated", ""
        course.last_day = end_on - days(20)
        happened = {
            "proposed_on": course.last_day,
            "exited_on": end_on,
            "recommended_on": end_on + days(4),
            "disposed_on": end_on + days(30),
        }
        if rng.random() < 0.5:
            happened["statement_on"] = course.last_day + days(9)
    elif course.path in NEUTRAL:
        type_, detail = "neutral", course.path
        happened = {"proposed_on": end_on - days(4), "exited_on": end_on}
    else:
        type_, detail = "withdrew", "lapsed" if course.path == "stops_coming" else ""
        happened = {"exited_on": end_on}
    happened = {name: on for name, on in happened.items() if on <= today}
    if happened:
        course.exit = Exit(type=type_, detail=detail, **happened)
        if course.path == "terminated":
            course.exit.contest_by = course.last_day + days(MIN_DAYS_TO_CONTEST + 4)
        if course.path == "completes" and course.exit.exited_on:
            course.exit.met_on = course.target_on


def _court(course: Course, today: datetime.date, rng: random.Random) -> None:
    """A court date to come for every case that is open or whose person takes part; for some of them this week."""
    closed = course.status in (Status.STOPPED, Status.INELIGIBLE, Status.DECLINED, Status.LAPSED)
    this_week, later, must_appear = rng.randint(0, 4), rng.randint(5, 60), rng.choice(("yes", "no", "unknown"))
    if not closed and course.exit.exited_on is None:
        course.next_court_on = today + days(this_week if course.number % 5 == 0 else later)
        course.must_appear = must_appear

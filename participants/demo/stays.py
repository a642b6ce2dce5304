"""What happens in the stays of the demonstration: sessions, attendance, credits, notes. Plain values as in `story`."""

import datetime
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from participants.demo.story import Course, Wave, days
from participants.sessions.rules import Mark, Visibility

# By track, as in `story`.
SITES = {
    "education": (("Courthouse Annex, Room 4", "100 Bay Street"), ("Harbor Community College, Room 114", "8 Elm Road")),
    "services": (("Harbor House, Garden Room", "31 Mariner Lane"), ("Harbor House, Room 2", "31 Mariner Lane")),
}
CLASSES = (
    ("Class 1: Law and street facts", "facilitator"),
    ("Class 2: Health", "facilitator"),
    ("Class 3: The people harmed", "caseworker"),
    ("Class 4: Trafficking and the way ahead", "facilitator"),
    ("Make-up class", "caseworker2"),
)
WELCOME = "Welcome meeting"
GROUP_WEEKS = 8
PROOF = (
    "Time sheet signed by the food bank.",
    "Letter of the beach clean-up team.",
    "Time sheet of the public library.",
)
RECEIPT = "Receipt of the office."
LOW_INCOME = "Asked for it; the household's income is below the county's limit."
INTAKE_NOTES = (
    "Went through the agreement once more; all questions answered. Prefers meetings in the late afternoon.",
    "Explained where and when everything takes place. Will come by bus and asked for the timetable.",
    "First meeting. Knows how to leave the program at any time and whom to tell.",
)
CASE_NOTES = (
    "Called about a shift at work; agreed on another day for the next appointment.",
    "Brought the papers that were missing. Nothing else open.",
    "On the way; asked what comes after the program and got the leaflet.",
)
PRIVILEGED_NOTES = (
    "Talked about sleep and about the weeks ahead. Wants to go on with this next time.",
    "Chose to speak about housing first. Agreed on one small step until the next meeting.",
    "Quiet today; we sat in the garden. Will decide next week whether to join the group.",
)


@dataclass(eq=False)
class Meeting:
    """One session. `staff` is the key of the account that runs it; `taken` says whether attendance is recorded."""

    kind: str
    title: str
    on: datetime.date
    starts: datetime.time
    minutes: int
    staff: str
    site: int | None = 0
    seats: int | None = None
    taken: bool = True
    language: str = "en"


@dataclass
class Presence:
    meeting: Meeting
    mark: str = Mark.BOOKED
    minutes: int | None = None
    reason: str = ""


@dataclass
class Payment:
    """A credit: verified hours or money."""

    kind: str
    quantity: int
    on: datetime.date
    proof: str


@dataclass
class Remark:
    on: datetime.date
    text: str
    visibility: str
    staff: str
    meeting: Meeting | None = None


@dataclass
class Relief:
    """A requirement that was reduced to `quantity`, or waived where it is None."""

    kind: str
    quantity: int | None
    reason: str
    on: datetime.date


@dataclass
class Stay:
    course: Course
    caseworker: str
    presences: list[Presence] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    reliefs: list[Relief] = field(default_factory=list)


def stays(
    kind: str, wave: Wave, courses: list[Course], *, today: datetime.date, rng: random.Random
) -> tuple[list[Meeting], list[Stay]]:
    """The sessions that a wave has in common, and its stays with everything that has happened in them."""
    common = COMMON[kind](wave, today)
    found = []
    for course in courses:
        if course.placed_on is not None:
            stay = Stay(course, caseworker=("caseworker", "caseworker2")[course.number % 2])
            stay.remarks.append(Remark(course.placed_on, rng.choice(INTAKE_NOTES), Visibility.CASE, stay.caseworker))
            LIVED[kind](stay, common, len(found), today, rng)
            found.append(stay)
    return common, found


def _there(meeting: Meeting, minutes: int | None = None) -> Presence:
    """Present for the whole session, or for fewer minutes."""
    if minutes is None or minutes == meeting.minutes:
        return Presence(meeting, Mark.ATTENDED, meeting.minutes)
    return Presence(meeting, Mark.LATE, minutes)


def _expected(meeting: Meeting) -> Presence:
    """There, or booked where attendance is still to be taken."""
    return _there(meeting) if meeting.taken else Presence(meeting)


def _in_stay(course: Course, on: datetime.date, today: datetime.date) -> bool:
    """Whether someone could be booked for a day: placed by then, and not on the way out."""
    return course.placed_on <= on and (on <= course.last_day or (on > today and course.exit.exited_on is None))


def _spread(start: datetime.date, end: datetime.date, parts: int) -> list[datetime.date]:
    """As many days, evenly apart, the last of them `end`."""
    whole = (end - start).days
    return [start + days(whole * part // parts) for part in range(1, parts + 1)]


# --- education: four classes and a make-up, community service, a fee -----------------------------------------
def _education_meetings(wave: Wave, today: datetime.date) -> list[Meeting]:
    first = wave.sessions_from
    evening, morning = datetime.time(18), datetime.time(9)
    meetings = [
        Meeting("class", title, first + days(7 * week), evening, 120, staff, seats=40)
        for week, (title, staff) in enumerate(CLASSES)
    ]
    meetings.append(
        Meeting("check_in", WELCOME, wave.operation_on + days(21), datetime.time(17), 45, "facilitator", seats=40)
    )
    meetings.append(
        Meeting("community_service", "Beach clean-up", first + days(9), morning, 240, "caseworker2", None, 25)
    )
    meetings += [
        Meeting("check_in", "", first + days(14), datetime.time(hour), 30, staff, 1, 6)
        for hour, staff in ((10, "caseworker"), (11, "caseworker2"))
    ]
    for meeting in meetings:
        # Attendance of today is still to be taken, and the shift of last week has been forgotten.
        overdue = meeting.kind == "community_service" and 0 < (today - meeting.on).days < 7
        meeting.taken = meeting.on < today and not overdue
    return meetings


def _education(stay: Stay, meetings: list[Meeting], at: int, today: datetime.date, rng: random.Random) -> None:
    course = stay.course
    *classes, make_up, welcome, shift, check_in, second_check_in = meetings
    if _in_stay(course, welcome.on, today):
        stay.presences.append(_expected(welcome))
    lazy = course.path == "terminated"
    slip = rng.randrange(4) if rng.random() < 0.25 else None
    short = 0
    for number, meeting in enumerate(classes):
        if not _in_stay(course, meeting.on, today):
            continue
        if not meeting.taken:
            stay.presences.append(Presence(meeting))
        elif number == slip or (lazy and rng.random() < 0.6):
            presence = rng.choice(
                (
                    Presence(meeting, Mark.NO_SHOW),
                    Presence(meeting, Mark.EXCUSED, reason="Called in sick in the morning."),
                    _there(meeting, 100),
                )
            )
            stay.presences.append(presence)
            short += 1
        else:
            stay.presences.append(_there(meeting))
    if short and not lazy and _in_stay(course, make_up.on, today):
        stay.presences.append(_expected(make_up))
    hours = 20
    if at % 3 == 0 and _in_stay(course, shift.on, today):
        stay.presences.append(_expected(shift))
        hours -= 4 * shift.taken
    own = check_in if stay.caseworker == "caseworker" else second_check_in
    if at < 10 and _in_stay(course, own.on, today):
        stay.presences.append(_expected(own))
    until = min(today, course.last_day)
    for on in _spread(course.placed_on, course.target_on, hours // 4):
        if on <= until:
            stay.payments.append(Payment("community_service_hours", 4, on, rng.choice(PROOF)))
    _fee(stay, until, rng)
    if rng.random() < 0.5 and course.placed_on + days(21) <= until:
        stay.remarks.append(
            Remark(course.placed_on + days(21), rng.choice(CASE_NOTES), Visibility.CASE, stay.caseworker)
        )


def _fee(stay: Stay, until: datetime.date, rng: random.Random) -> None:
    """200 dollars in four payments; for some reduced to 50, or waived."""
    course, chance = stay.course, rng.random()
    asked_on = course.placed_on + days(3)
    relieved = chance < 0.45 and asked_on <= until
    if relieved:
        stay.reliefs.append(Relief("fee", None if chance < 0.15 else 50, LOW_INCOME, asked_on))
    parts = 4 if not relieved else 0 if chance < 0.15 else 1
    for on in _spread(asked_on, course.target_on, parts + 1)[:parts]:
        if on <= until:
            stay.payments.append(Payment("fee", 50, on, RECEIPT))


# --- services: six sessions of one's own choice, in the group or alone ---------------------------------------
def _services_meetings(wave: Wave, today: datetime.date) -> list[Meeting]:
    return [
        Meeting(
            "group",
            "Garden circle",
            on := wave.sessions_from + days(7 * week),
            datetime.time(17, 30),
            90,
            ("facilitator", "counsellor")[week % 2],
            seats=15,
            taken=on < today,
        )
        for week in range(GROUP_WEEKS)
    ]


def _services(stay: Stay, groups: list[Meeting], at: int, today: datetime.date, rng: random.Random) -> None:
    course = stay.course
    until = min(today - days(1), course.last_day)
    likes_group = at % 5 < 3
    chosen = [group for group in groups if likes_group and _in_stay(course, group.on, today)]
    taken = [group for group in chosen if group.taken and group.on < course.target_on]
    attended = sorted(rng.sample(taken, min(2, len(taken))), key=lambda group: group.on)
    for group in chosen:
        if group in attended:
            stay.presences.append(_there(group))
        elif not group.taken and group.on <= today + days(14):
            stay.presences.append(Presence(group))
    for number, on in enumerate(_spread(course.placed_on, course.target_on, 6 - len(attended))):
        if on <= until:
            _alone(stay, on, number, rng)
    if rng.random() < 0.3 and course.placed_on + days(10) <= until:
        missed = _one_to_one(stay, course.placed_on + days(10), stay.caseworker, 15)
        stay.presences.append(Presence(missed, Mark.NO_SHOW))
    _appointments(stay, course.wave, at, today)


def _one_to_one(stay: Stay, on: datetime.date, staff: str, hour: int, **other) -> Meeting:
    values = {"site": None, "seats": 1, "language": stay.course.person.language, **other}
    return Meeting("individual", "", on, datetime.time(hour), 60, staff, **values)


def _alone(stay: Stay, on: datetime.date, number: int, rng: random.Random) -> None:
    """A session with one person, and perhaps what the counsellor noted about it."""
    staff = "counsellor" if number % 2 else stay.caseworker
    meeting = _one_to_one(stay, on, staff, 9 + stay.course.number % 7)
    stay.presences.append(_there(meeting))
    if staff == "counsellor":
        stay.remarks.append(Remark(on, rng.choice(PRIVILEGED_NOTES), Visibility.PRIVILEGED, staff, meeting))
    elif rng.random() < 0.3:
        stay.remarks.append(Remark(on, rng.choice(CASE_NOTES), Visibility.CASE, staff, meeting))


def _appointments(stay: Stay, wave: Wave, at: int, today: datetime.date) -> None:
    """In the wave that is in its midst: appointments today and next week, and one of last week left unrecorded."""
    course = stay.course
    if not 0 <= (today - wave.sessions_from).days < 21 or course.exit.type:
        return
    hour = 9 + at % 8
    if at < 6:
        staff = "counsellor" if at == 5 else stay.caseworker
        stay.presences.append(Presence(_one_to_one(stay, today, staff, hour, site=1, taken=False)))
    else:
        ahead = today + days(2 + at % 6)
        stay.presences.append(Presence(_one_to_one(stay, ahead, stay.caseworker, hour, site=1, taken=False)))
    if at in (6, 7):
        last_week = _one_to_one(stay, today - days(4), stay.caseworker, hour, site=1, taken=False)
        stay.presences.append(Presence(last_week))


Meetings = Callable[[Wave, datetime.date], list[Meeting]]
Living = Callable[[Stay, list[Meeting], int, datetime.date, random.Random], None]
COMMON: dict[str, Meetings] = {"education": _education_meetings, "services": _services_meetings}
LIVED: dict[str, Living] = {"education": _education, "services": _services}

"""Everyday pages against their floors, at two scales, with every protection on and with one left out."""

import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from html import escape
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from participants.bench.ratios import Ratio, Rounds, growth, ratio
from participants.bench.seeding import CASELOAD, SCALES, Place, seed
from participants.bench.serving import HOST, Browser, Server
from participants.enrollment.models import Enrollment
from participants.management.throwaway import throwaway_database
from participants.requirements.models import Credit, Requirement
from participants.requirements.rules import HOURS_FROM, amount, plain
from participants.sessions.models import Attendance
from participants.sessions.rules import PRESENT
from participants.tracks import walls
from participants.tracks.models import TrackRecord
from participants.tracks.scope import in_track
from participants.web import clock

REQUESTS = 8  # of each case in each round; the quickest counts: the others waited for something else
SEARCHES = ("prefix", "sound", "number")
GOALS = {"G1": 1.45, "G2": 1.0, "G3": 1.2, "G4": 6, "G9": 1.4, "G13": 1.2}


@dataclass
class Site:
    """One seeded database with its servers."""

    scale: str
    place: Place
    folder: Path
    cases: dict[str, Callable[[], tuple[int, bytes]]] = field(default_factory=dict)
    statements: int = 0
    server: Server | None = None

    def url(self, name: str, **kwargs) -> str:
        track = self.place.track
        return reverse(name, kwargs={"program": track.program.slug, "track": track.kind, **kwargs})


def measure_pages(*, scale: str, rounds: int) -> dict:
    """Seed S and the scale asked for, check the figures of the smaller, and measure both in the same rounds."""
    # Pages name static files by the hash of their content.
    call_command("collectstatic", interactive=False, verbosity=0)
    with ExitStack() as stack:
        sites = [stack.enter_context(site(one)) for one in dict.fromkeys(("XS" if scale == "XS" else "S", scale))]
        taken: Rounds = []
        rng = random.Random(1)  # noqa: S311  the same order in every run
        for once in range(rounds + 1):
            cases = [(one, name) for one in sites for name in one.cases]
            rng.shuffle(cases)
            times = {f"{one.scale} {name}": timed(one.cases[name]) for one, name in cases}
            if once:  # the first round warms caches up
                taken.append(times)
        return answer(sites, taken)


@contextmanager
def site(scale: str) -> Iterator[Site]:
    """A database of a scale, seeded and served; everything is gone afterwards."""
    with throwaway_database() as kind, ExitStack() as stack:
        now = clock.now()
        place = seed(SCALES[scale], now=now)
        if kind == "postgresql":
            with connections[walls.owner_alias("default")].cursor() as cursor:
                cursor.execute("ANALYZE")
        one = Site(scale, place, Path(settings.KEYS).parent)
        check_caseload(one)
        one.statements = statements_of_caseload(one)
        one.server = full = stack.enter_context(Server(one.folder / "full"))
        browser = full.browser(place.worker)
        one.cases = cases_of(one, browser)
        for protection in ("audit", "sealing"):
            server = stack.enter_context(Server(one.folder / protection, without=protection))
            one.cases[f"caseload without {protection}"] = get(server.browser(place.worker), caseload_url(one))
        if kind == "postgresql":
            one.cases["caseload without row security"] = without_row_security(browser, caseload_url(one))
        yield one


def caseload_url(one: Site) -> str:
    return one.url("participants") + "?list=mine"


def get(browser: Browser, path: str) -> Callable[[], tuple[int, bytes]]:
    return lambda: browser.get(path)


def cases_of(one: Site, browser: Browser) -> dict[str, Callable[[], tuple[int, bytes]]]:
    """What is measured with every protection on, and the floors."""
    search = one.url("search")
    browser.read_token(search)
    texts = {"prefix": one.place.name[:3], "sound": one.place.name, "number": one.place.number}
    return {
        "caseload": get(browser, caseload_url(one)),
        "constant rows": get(browser, "/bench/rows/"),
        "static page": get(browser, "/bench/static/"),
        "class": get(browser, one.url("session", pk=one.place.roster.pk)),
        "empty search": get(browser, search),
        **{f"search by {kind}": (lambda text=text: browser.post(search, q=text)) for kind, text in texts.items()},
    }


def without_row_security(browser: Browser, path: str) -> Callable[[], tuple[int, bytes]]:
    """The page while the owner has switched the policies off; they are on again when it is measured."""
    tables = [model._meta.db_table for model in walls.apps.get_models() if issubclass(model, TrackRecord)]

    def switch(word: str) -> None:
        with connections[walls.owner_alias("default")].cursor() as cursor:
            for table in tables:
                cursor.execute(f'ALTER TABLE "{table}" {word} ROW LEVEL SECURITY')

    def case() -> tuple[int, bytes]:
        return browser.get(path)

    case.before, case.after = lambda: switch("DISABLE"), lambda: switch("ENABLE")
    return case


def timed(case: Callable[[], tuple[int, bytes]]) -> float:
    """The seconds of the quickest of a few requests, each of which must have been answered as it should."""
    getattr(case, "before", lambda: None)()
    try:
        case()
        found = []
        for _ in range(REQUESTS):
            start = time.perf_counter()
            status, _content = case()
            found.append(time.perf_counter() - start)
            if status != 200:
                raise RuntimeError(f"A page of the measurement answered {status}.")
        return min(found)
    finally:
        getattr(case, "after", lambda: None)()


def answer(sites: list[Site], taken: Rounds) -> dict:
    """Ratios by goal, at each scale, and what they were computed from."""
    small, large = sites[0], sites[-1]
    ratios: dict[str, dict[str, Ratio]] = {goal: {} for goal in GOALS if goal != "G4"}
    for one in sites:
        at = f"{one.scale} "
        ratios["G1"][at + "caseload / constant rows"] = ratio(taken, at + "caseload", at + "constant rows")
        ratios["G2"][at + "caseload / static page"] = ratio(taken, at + "caseload", at + "static page")
        for kind in SEARCHES:
            name = f"search by {kind}"
            ratios["G9"][f"{at}{name} / empty search"] = ratio(taken, at + name, at + "empty search")
        for case in one.cases:
            if case.startswith("caseload without"):
                ratios["G13"][f"{at}caseload / {case}"] = ratio(taken, at + "caseload", at + case)
    if large is not small:
        for name in ("caseload", "class", *(f"search by {kind}" for kind in SEARCHES)):
            ratios["G3"][name] = ratio(taken, f"{large.scale} {name}", f"{small.scale} {name}")
    met = {goal: all(one.median <= GOALS[goal] for one in found.values()) for goal, found in ratios.items() if found}
    return {
        "database": connection.vendor,
        "rounds": len(taken),
        "sizes": {
            one.scale: {
                "people": one.place.people,
                "attendances": one.place.attendances,
                "megabytes": one.server.megabytes(),
            }
            for one in sites
        },
        "statements_of_caseload": {one.scale: one.statements for one in sites},
        "ratios": {goal: {name: one.as_json() for name, one in found.items()} for goal, found in ratios.items()},
        "growth": {
            name: round(growth(one.median, SCALES[large.scale] / SCALES[small.scale]), 3)
            for name, one in ratios["G3"].items()
        },
        "milliseconds": {
            name: round(statistics.median(times[name] for times in taken) * 1000, 2) for name in sorted(taken[0])
        },
        "met": {**met, "G4": all(one.statements <= GOALS["G4"] for one in sites)},
    }


def statements_of_caseload(one: Site) -> int:
    """The statements of the caseload page, sign-in, scope and audit included."""
    client = Client(headers={"host": HOST})
    client.force_login(one.place.worker)
    client.get(caseload_url(one))
    with CaptureQueriesContext(connection) as captured:
        response = client.get(caseload_url(one))
    if response.status_code != 200:
        raise RuntimeError(f"The caseload answered {response.status_code}.")
    return len(captured)


def check_caseload(one: Site) -> None:
    """That the page shows exactly the worker's stays, with figures that a plain computation finds as well."""
    client = Client(headers={"host": HOST})
    client.force_login(one.place.worker)
    page = client.get(caseload_url(one)).content.decode()
    with in_track(one.place.track):
        stays = list(Enrollment.objects.filter(caseworker=one.place.worker, status="active"))
        if len(stays) != CASELOAD or page.count("<tr>") != CASELOAD + 1:
            raise RuntimeError("The caseload does not show the stays that there are.")
        for stay in stays:
            row = page[page.index(stay.participant.reference) :].partition("</tr>")[0]
            for asked in Requirement.objects.filter(enrollment=stay):
                if asked.waived_on is None and escape(naive_text(stay, asked)) not in row:
                    raise RuntimeError(
                        f"{asked.kind} of {stay.participant.reference} is shown otherwise than computed."
                    )


def naive_text(stay: Enrollment, asked: Requirement) -> str:
    """What the caseload must say about a requirement, added up row by row."""
    total = Fraction(0)
    for row in Attendance.objects.filter(enrollment=stay).select_related("session"):
        if row.mark in PRESENT and asked.kind == "own_choice_sessions":
            total += 1
        elif row.mark in PRESENT and row.session.kind == HOURS_FROM.get(asked.kind):
            total += Fraction(row.minutes, 60)
    for credit in Credit.objects.filter(requirement=asked):
        total += Fraction(credit.quantity)
    done = plain(type(asked.quantity)(total.numerator * 100 // total.denominator) / 100)
    shown = amount(asked.kind, done) if asked.kind == "fee" else done
    return f"{shown} of {amount(asked.kind, plain(asked.quantity))}"

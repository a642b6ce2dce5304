"""`manage.py bench`: how fast the program is, as ratios of things measured in the same run."""

import statistics

from participants.bench.importing import GOAL, LOOP_PART, LOOPS, measure_import
from participants.bench.pages import GOALS, measure_pages
from participants.bench.seeding import SCALES
from participants.management.base import ProgramCommand
from participants.management.throwaway import throwaway_database


class Command(ProgramCommand):
    help = (
        "Measure on databases of its own, which are made and deleted. Ratios of medians; seconds are this machine's. "
        "Needs DEMO=1."
    )

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--only", choices=["pages", "import"], help="measure this alone")
        parser.add_argument("--scale", choices=SCALES, default="S", help="pages at S and at this scale (default S)")
        parser.add_argument("--rows", type=int, default=1000, metavar="N", help="rows of the file (default 1000)")
        parser.add_argument("--rounds", type=int, default=10, metavar="R", help="whose median counts (default 10)")

    def carry_out(self, *, only, scale, rows, rounds, **options) -> dict:
        answer = {}
        if only != "import":
            answer["pages"] = measure_pages(scale=scale, rounds=max(rounds, 1))
        if only != "pages":
            answer["import"] = imported(rows=max(rows, LOOP_PART), rounds=max(rounds, 1))
        return answer

    def tell(self, answer: dict) -> None:
        if "pages" in answer:
            self.tell_pages(answer["pages"])
        if "import" in answer:
            self.tell_import(answer["import"])

    def tell_pages(self, found: dict) -> None:
        for scale, size in found["sizes"].items():
            self.stdout.write(
                f"{scale} on {found['database']}: {size['people']} people of the track, {size['attendances']} rows of "
                f"attendance, server {size['megabytes']} MB"
            )
        for goal, ratios in found["ratios"].items():
            if not ratios:
                continue
            self.stdout.write(f"{goal}, at most {GOALS[goal]}: {'met' if found['met'][goal] else 'not met'}")
            for name, one in ratios.items():
                self.stdout.write(f"  {name}: {one['median']} ({one['least']} to {one['most']})")
        counts = ", ".join(f"{scale} {count}" for scale, count in found["statements_of_caseload"].items())
        self.stdout.write(f"G4, at most {GOALS['G4']}: {'met' if found['met']['G4'] else 'not met'}")
        self.stdout.write(f"  statements of the caseload: {counts}")

    def tell_import(self, found: dict) -> None:
        self.stdout.write(f"Import of {found['rows']} rows on {found['database']}, {found['statements']} statements.")
        for name, milliseconds in found["milliseconds_per_row"].items():
            self.stdout.write(f"  {LOOPS[name]}: {milliseconds} ms a row")
        for key in ("receiving", "saving"):
            ratio = found[f"times_faster_than_{key}_one_by_one"]
            met = "met" if ratio >= GOAL else "not met"
            self.stdout.write(f"  {ratio} times as fast as {key} them one by one; goal {GOAL}: {met}")


def imported(*, rows: int, rounds: int) -> dict:
    """The import of a file against two loops, on a database of its own."""
    with throwaway_database() as kind:
        measured = measure_import(rows=rows, rounds=rounds)
    middle = {name: statistics.median(getattr(measured, name)) for name in LOOPS}
    return {
        "database": kind,
        "rows": rows,
        "rounds": rounds,
        "statements": measured.statements,
        "milliseconds_per_row": {name: round(seconds * 1000, 3) for name, seconds in middle.items()},
        "times_faster_than_receiving_one_by_one": round(middle["received_one_by_one"] / middle["imported"], 1),
        "times_faster_than_saving_one_by_one": round(middle["saved_one_by_one"] / middle["imported"], 1),
        "goal": GOAL,
    }

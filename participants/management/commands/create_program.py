"""`manage.py create_program`: a program with both its tracks, ready to use."""

import zoneinfo

from django.utils import timezone

from participants.management.base import ProgramCommand
from participants.tracks.actions import create_program
from participants.web import clock


class Command(ProgramCommand):
    help = "Make a program with both tracks, their keys, default criteria, requirements and texts."

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--slug", required=True, help="short name in addresses, such as demand-more")
        parser.add_argument("--name", required=True, help="name as people read it")
        parser.add_argument("--time-zone", required=True, help="such as America/New_York")
        parser.add_argument("--office", default="", help="the prosecutor's office")

    def carry_out(self, *, slug, name, time_zone, office, **options) -> dict:
        # An unknown zone is refused by the action; until then any zone serves to tell the date.
        zone = zoneinfo.ZoneInfo(time_zone) if time_zone in zoneinfo.available_timezones() else None
        program = create_program(
            slug=slug,
            name=name,
            time_zone=time_zone,
            office=office,
            on=timezone.localdate(clock.now(), timezone=zone),
        )
        tracks = program.tracks.order_by("kind").values_list("kind", flat=True)
        return {
            "program": program.slug,
            "name": program.name,
            "time_zone": program.time_zone,
            "office": program.office,
            "tracks": list(tracks),
        }

    def tell(self, answer: dict) -> None:
        self.stdout.write(f"{answer['name']} is ready, with the tracks {' and '.join(answer['tracks'])}.")
        self.stdout.write("Let the first person in:")
        self.stdout.write(
            f"  manage.py create_staff EMAIL --name NAME --program {answer['program']} --track TRACK --role ROLE"
        )

"""`manage.py report completion`: the figures of one track as JSON or CSV on standard output."""

import datetime

from django.core.management.base import BaseCommand, CommandError

from participants.reports.actions import FORMATS, export_completion
from participants.reports.queries import BREAKDOWNS, completion_report
from participants.reports.rules import Cohort
from participants.tracks.models import RULES, Track
from participants.tracks.scope import in_track
from participants.web.clock import today

WRONG_USAGE = 2


class Command(BaseCommand):
    help = "Print a report of one track. Ends with 2 for wrong usage."

    def add_arguments(self, parser):
        parser.add_argument("report", choices=["completion"])
        parser.add_argument("--program", required=True, metavar="SLUG")
        parser.add_argument("--track", required=True, choices=list(RULES))
        parser.add_argument("--from", dest="start", required=True, type=datetime.date.fromisoformat, metavar="DATE")
        parser.add_argument("--to", dest="end", required=True, type=datetime.date.fromisoformat, metavar="DATE")
        parser.add_argument("--cohort", required=True, choices=Cohort.values)
        parser.add_argument("--by", default="", choices=list(BREAKDOWNS))
        parser.add_argument("--audience", default="internal", choices=["internal", "external"])
        parser.add_argument("--format", default="json", choices=list(FORMATS))

    def handle(self, *, program, track, start, end, cohort, by, audience, format, **options):
        if audience == "external":
            raise CommandError(
                "A report for outside needs its small groups hidden, which this version does not do. "
                "Only --audience internal is possible.",
                returncode=WRONG_USAGE,
            )
        if start > end:
            raise CommandError("--from must not be after --to.", returncode=WRONG_USAGE)
        found = Track.objects.select_related("program").filter(program__slug=program, kind=track).first()
        if found is None:
            raise CommandError(f"There is no program {program!r}.", returncode=WRONG_USAGE)
        with in_track(found, write=True):
            report = completion_report(track=found, start=start, end=end, cohort=cohort, by=by, as_of=today())
            text = export_completion(report=report, form=format, audience=audience, by=None)
        self.stdout.write(text.rstrip("\n"))

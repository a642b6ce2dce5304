"""`manage.py report completion`: the figures of one track as JSON or CSV on standard output."""

from django.core.management.base import BaseCommand

from participants.management.base import Usage, add_track_arguments, date_argument, track_of
from participants.reports.actions import FORMATS, export_completion
from participants.reports.queries import BREAKDOWNS, completion_report
from participants.reports.rules import Cohort
from participants.tracks.scope import in_track
from participants.web.clock import today


class Command(BaseCommand):
    help = "Print a report of one track. Ends with 2 for wrong usage."

    def add_arguments(self, parser):
        parser.add_argument("report", choices=["completion"])
        add_track_arguments(parser)
        parser.add_argument("--from", dest="start", required=True, type=date_argument, metavar="DATE")
        parser.add_argument("--to", dest="end", required=True, type=date_argument, metavar="DATE")
        parser.add_argument("--cohort", required=True, choices=Cohort.values)
        parser.add_argument("--by", default="", choices=list(BREAKDOWNS))
        parser.add_argument("--audience", default="internal", choices=["internal", "external"])
        parser.add_argument("--format", default="json", choices=list(FORMATS))

    def handle(self, *, start, end, cohort, by, audience, format, **options):
        if audience == "external":
            raise Usage(
                "A report for outside needs its small groups hidden, which this version does not do. "
                "Only --audience internal is possible."
            )
        if start > end:
            raise Usage("--from must not be after --to.")
        found = track_of(options)
        with in_track(found, write=True):
            report = completion_report(track=found, start=start, end=end, cohort=cohort, by=by, as_of=today())
            text = export_completion(report=report, form=format, audience=audience, by=None)
        self.stdout.write(text.rstrip("\n"))

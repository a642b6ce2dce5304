"""Handing out figures: every export is on record."""

from django.db import transaction

from participants.audit.actions import record
from participants.reports.formats import as_csv, as_json
from participants.reports.queries import Report
from participants.staff.models import User

FORMATS = {"json": as_json, "csv": as_csv}


@transaction.atomic
def export_completion(*, report: Report, form: str, audience: str, by: User | None) -> str:
    """The completion report as text in one of `FORMATS`. `by` is None for the command line."""
    record(
        "report.exported",
        by=by,
        detail={
            "report": "completion",
            "format": form,
            "cohort": report.cohort,
            "from": report.start.isoformat(),
            "to": report.end.isoformat(),
            "by": report.by,
            "audience": audience,
        },
    )
    return FORMATS[form](report, audience=audience)

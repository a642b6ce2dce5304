"""`manage.py verify_audit`: is the audit trail as it was sealed?"""

from participants.management.base import ProgramCommand, Usage, program_of
from participants.seals.chains import chains
from participants.seals.verifying import verify
from participants.tracks.models import RULES
from participants.vault.keyring import KeyMissing
from participants.web import clock

NOT_SEALED = "The audit trail is not sealed, so nothing proves its last events."


class Command(ProgramCommand):
    help = (
        "Check that no event of the audit trail was altered, removed or added since it was sealed. Ends with 0 when "
        "that is proven, 1 when something was found or nothing is sealed, 2 for wrong usage or a missing key."
    )

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--program", default="", metavar="SLUG", help="the tracks of this program only")
        parser.add_argument("--track", default="", choices=list(RULES), help="with --program: this track only")

    def carry_out(self, *, program, track, **options) -> dict:
        if track and not program:
            raise Usage("--track needs --program.")
        found = program_of({"program": program}) if program else None
        try:
            reports = verify(chains(program=found, kind=track), now=clock.now(), all_of_them=found is None)
        except KeyMissing as error:
            raise Usage(str(error)) from error
        self.told = [line for report in reports for line in report.lines()]
        return {"proven": all(report.proven for report in reports), "chains": [report.as_json() for report in reports]}

    def tell(self, answer: dict) -> None:
        self.stdout.write("\n".join(self.told))

    def refusal(self, answer: dict) -> str:
        if answer["proven"]:
            return ""
        kinds = {finding["kind"] for chain in answer["chains"] for finding in chain["findings"]}
        return NOT_SEALED if kinds == {"not_sealed"} else "The audit trail is not as it was sealed."

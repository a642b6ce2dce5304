"""`manage.py import_referrals`: a file of referrals, sorted to the tracks by charge."""

from pathlib import Path

from participants.files.intake import receive_rows, sort_to_tracks, whole
from participants.files.queries import mapping_of
from participants.files.sheet import LARGEST, read
from participants.management.base import ProgramCommand, Usage, program_of, today_in
from participants.tracks.models import RULES
from participants.tracks.scope import in_track


class Command(ProgramCommand):
    help = (
        "Check a CSV or XLSX file of referrals, and with --commit receive its good rows. Ends with 1 if any is refused."
    )

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--program", required=True, metavar="SLUG")
        parser.add_argument("--track", choices=list(RULES), help="take rows of this track only; else sort by charge")
        parser.add_argument(
            "--sender", default="", metavar="NAME", help="who sent it; without it the source that most rows name"
        )
        parser.add_argument("--commit", action="store_true", help="store; without it nothing is written")

    def carry_out(self, *, file, track, sender, commit, **options) -> dict:
        found = program_of(options)
        sender = sender.strip()
        if len(sender) > 150:
            raise Usage("The name of the sender is longer than 150 characters.")
        content = read_file(file)
        today = today_in(found)
        sheet = read(content, today=today, columns=mapping_of(found, sender) if sender else None, source=sender)
        parts, refused = sort_to_tracks(sheet, found.charges, only=track)
        outcomes = []
        for one in found.tracks.select_related("program").filter(kind__in=parts):
            with in_track(one, by=None, write=commit):
                outcomes.append(
                    receive_rows(parts[one.kind], sheet, sender=sender, today=today, commit=commit, by=None)
                )
        return whole(sheet, refused, outcomes).as_json()

    def refusal(self, answer: dict) -> str:
        rows = {refusal["row"] for refusal in answer["refused"]}
        return "" if not rows else "A row was refused." if len(rows) == 1 else "Some rows were refused."

    def tell(self, answer: dict) -> None:
        self.stdout.write(
            f"{answer['rows']} rows: {answer['new']} new, {answer['same']} already here, "
            f"{answer['possible_duplicate']} of the new ones perhaps here twice."
        )
        for refusal in answer["refused"]:
            column = f", {refusal['column']}" if refusal["column"] else ""
            self.stdout.write(f"Row {refusal['row']}{column}: {refusal['problem']}")


def read_file(path: Path) -> bytes:
    """Raises Usage when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise Usage(f"{path} cannot be read: {error.strerror}.") from error

"""What the program's commands share: how they end, how they answer, and how they find a program and a track.

A command ends with 0 when all went well, 1 when some input was refused, 2 for wrong usage.
"""

import datetime
import json

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from participants.errors import ProgramError
from participants.tracks.models import RULES, Program, Track
from participants.web import clock


class Refused(CommandError):
    """The input was understood and refused; the command ends with 1."""


class Usage(CommandError):
    """The command was called in a wrong way; it ends with 2."""

    def __init__(self, message: str):
        super().__init__(message, returncode=2)


class ProgramCommand(BaseCommand):
    """A command that answers in words, or with `--json` in exactly one JSON object on standard output.

    A subclass returns its answer from `carry_out` as a dictionary and puts it into words in `tell`. Where part
    of the input was refused though there is an answer, `refusal` says so in a sentence, and the command ends with 1.
    """

    def add_arguments(self, parser) -> None:
        parser.add_argument("--json", action="store_true", help="answer with one JSON object")

    def carry_out(self, **options) -> dict:
        raise NotImplementedError

    def tell(self, answer: dict) -> None:
        raise NotImplementedError

    def refusal(self, answer: dict) -> str:
        return ""

    def handle(self, *args, **options) -> None:
        try:
            answer = self.carry_out(**options)
        except ProgramError as error:
            if options["json"]:
                self.print_json({"error": error.message})
            raise Refused(error.message) from error
        if options["json"]:
            self.print_json(answer)
        else:
            self.tell(answer)
        if refusal := self.refusal(answer):
            raise Refused(refusal)

    def print_json(self, answer: dict) -> None:
        self.stdout.write(json.dumps(answer, ensure_ascii=False))


def add_track_arguments(parser) -> None:
    """`--program SLUG --track KIND`, both required."""
    parser.add_argument("--program", required=True, metavar="SLUG")
    parser.add_argument("--track", required=True, choices=list(RULES))


def program_of(options: dict) -> Program:
    """The program that `--program` names. Raises Usage, with those that there are."""
    program = Program.objects.filter(slug=options["program"]).first()
    if program is None:
        known = ", ".join(Program.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
        raise Usage(f"There is no program {options['program']}. Programs: {known}.")
    return program


def track_of(options: dict) -> Track:
    """The track that `--program` and `--track` name. Raises Usage when there is no such program."""
    return program_of(options).tracks.select_related("program").get(kind=options["track"])


def today_in(program: Program) -> datetime.date:
    """The local date of a program."""
    return timezone.localdate(clock.now(), timezone=program.zone)


def date_argument(text: str) -> datetime.date:
    """For `type=` of an argument: a date such as 2026-12-31."""
    return datetime.date.fromisoformat(text)


date_argument.__name__ = "date (YYYY-MM-DD)"

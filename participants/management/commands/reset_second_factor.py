"""`manage.py reset_second_factor`: remove a lost second factor, once it is certain who asks."""

from participants.management.base import ProgramCommand
from participants.management.commands.unlock import account_with
from participants.staff.actions import reset_second_factor
from participants.staff.rules import CHECKS


class Command(ProgramCommand):
    help = "Remove the authenticator app, passkeys and recovery codes of an account. A new one is set up at sign-in."

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email")
        parser.add_argument(
            "--checked",
            required=True,
            choices=[key for key, _ in CHECKS],
            help="how you made sure who asks: face to face, or by calling back a number on file",
        )

    def carry_out(self, *, email, checked, **options) -> dict:
        user = reset_second_factor(user=account_with(email), checked=checked, by=None)
        return {"email": user.email, "checked": checked}

    def tell(self, answer: dict) -> None:
        self.stdout.write(f"{answer['email']} sets up a new second factor at the next sign-in.")

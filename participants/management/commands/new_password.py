"""`manage.py new_password`: a new password in place of a forgotten one, once it is certain who asks."""

from participants.management.base import ProgramCommand
from participants.management.commands.unlock import account_with
from participants.staff.actions import new_password
from participants.staff.rules import CHECKS


class Command(ProgramCommand):
    help = "Draw a new password for an account. It ends every open session and opens nothing but its own change."

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
        user = account_with(email)
        return {"email": user.email, "checked": checked, "password": new_password(user=user, checked=checked, by=None)}

    def tell(self, answer: dict) -> None:
        self.stdout.write(f"{answer['email']} signs in with this password, and chooses another one at once:")
        self.stdout.write(answer["password"])

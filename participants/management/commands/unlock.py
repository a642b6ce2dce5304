"""`manage.py unlock`: let an account sign in again. Needs no sign-in itself, so that nobody is locked out for good."""

from participants.errors import ProgramError
from participants.management.base import ProgramCommand
from participants.staff.actions import unlock
from participants.staff.models import User
from participants.web import clock


def account_with(email: str) -> User:
    """The account of an address. Raises ProgramError."""
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        raise ProgramError(f"There is no account with the address {email}.", field="email")
    return user


class Command(ProgramCommand):
    help = "Let an account sign in again that five failures have locked, or 90 idle days have disabled."

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email")

    def carry_out(self, *, email, **options) -> dict:
        user = unlock(user=account_with(email), now=clock.now(), by=None)
        return {"email": user.email}

    def tell(self, answer: dict) -> None:
        self.stdout.write(f"{answer['email']} can sign in again.")

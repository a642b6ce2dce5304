"""`manage.py create_staff`: an account, and its right to enter one track in one role."""

import secrets
from pathlib import Path

from django.db import transaction

from participants.errors import ProgramError
from participants.management.base import ProgramCommand, add_track_arguments, date_argument, today_in, track_of
from participants.staff.actions import create_user, grant_access
from participants.staff.models import User
from participants.staff.roles import ROLES


class Command(ProgramCommand):
    help = "Make an account for a member of staff, if there is none, and let it into a track in a role."

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email")
        parser.add_argument("--name", default="", help="the person's name; needed for a new account")
        add_track_arguments(parser)
        parser.add_argument("--role", required=True, choices=list(ROLES))
        parser.add_argument("--until", type=date_argument, metavar="DATE", help="last day of the access")
        parser.add_argument(
            "--password-file", type=Path, metavar="FILE", help="holds a new account's password; else one is drawn"
        )

    @transaction.atomic
    def carry_out(self, *, email, name, role, until, password_file, **options) -> dict:
        track = track_of(options)
        user = User.objects.filter(email=email.strip().lower()).first()
        answer = {"email": email.strip().lower(), "created": user is None}
        if user is None:
            password = secrets.token_urlsafe(15) if password_file is None else read_password(password_file)
            user = create_user(email=email, name=name, password=password, by=None)
            if password_file is None:
                answer["password"] = password
        grant = grant_access(
            user=user, track=track, role=role, valid_from=today_in(track.program), valid_until=until, by=None
        )
        return {
            **answer,
            "name": user.name,
            "program": track.program.slug,
            "track": track.kind,
            "role": role,
            "from": grant.valid_from.isoformat(),
            "until": until.isoformat() if until else None,
        }

    def tell(self, answer: dict) -> None:
        role = ROLES[answer["role"]].name.lower()
        until = f" until {answer['until']}" if answer["until"] else ""
        self.stdout.write(f"{answer['name']} may enter {answer['program']}/{answer['track']} as {role}{until}.")
        if "password" in answer:
            self.stdout.write(f"Password, shown this once: {answer['password']}")
        elif not answer["created"]:
            self.stdout.write("The account was there already and keeps its password.")


def read_password(path: Path) -> str:
    """The first line of a file. Raises ProgramError when there is none to read."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ProgramError(f"The password file {path} cannot be read.", field="password") from error
    if not lines or not lines[0]:
        raise ProgramError(f"The password file {path} is empty.", field="password")
    return lines[0]

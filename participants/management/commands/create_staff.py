"""`manage.py create_staff`: an account, and its right to enter one track in one role, to send to a program, or to
oversee what belongs to no track."""

import secrets
from pathlib import Path

from django.db import transaction

from participants.errors import ProgramError
from participants.management.base import ProgramCommand, Usage, date_argument, program_of, today_in
from participants.staff.actions import create_user, grant_access, grant_drop, grant_oversight
from participants.staff.models import ProgramGrant, TrackGrant, User
from participants.staff.roles import OVERSEER, PROGRAM_ROLES, ROLES
from participants.tracks.models import RULES, Program


class Command(ProgramCommand):
    help = "Make an account, if there is none, and let it into a track in a role, or send referrals to a program."

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email")
        parser.add_argument("--name", default="", help="the person's name; needed for a new account")
        parser.add_argument("--program", required=True, metavar="SLUG")
        parser.add_argument(
            "--track", choices=list(RULES), help="needed, but for a sender and an overseer, who have none"
        )
        parser.add_argument("--role", required=True, choices=[*ROLES, *PROGRAM_ROLES])
        parser.add_argument("--agency", default="", metavar="NAME", help="in whose name a sender sends")
        parser.add_argument("--until", type=date_argument, metavar="DATE", help="last day of the access")
        parser.add_argument(
            "--password-file", type=Path, metavar="FILE", help="holds a new account's password; else one is drawn"
        )

    @transaction.atomic
    def carry_out(self, *, email, name, track, role, agency, until, password_file, **options) -> dict:
        program = program_of(options)
        check_usage(track=track, role=role, agency=agency)
        user = User.objects.filter(email=email.strip().lower()).first()
        answer = {"email": email.strip().lower(), "created": user is None}
        if user is None:
            password = secrets.token_urlsafe(15) if password_file is None else read_password(password_file)
            user = create_user(email=email, name=name, password=password, by=None)
            if password_file is None:
                # Printed, so seen by whoever runs this: it opens nothing but its own change. In a file it may be the
                # person's own.
                user.must_change_password = True
                user.save(update_fields=("must_change_password",))
                answer["password"] = password
        grant = grant_role(user, program, track=track, role=role, agency=agency, until=until)
        return {
            **answer,
            "name": user.name,
            "program": program.slug,
            "track": track,
            "role": role,
            **({"agency": grant.agency} if agency else {}),
            "from": grant.valid_from.isoformat(),
            "until": until.isoformat() if until else None,
        }

    def tell(self, answer: dict) -> None:
        until = f" until {answer['until']}" if answer["until"] else ""
        if answer["track"]:
            role = ROLES[answer["role"]].name.lower()
            told = f"may enter {answer['program']}/{answer['track']} as {role}"
        elif answer["role"] == OVERSEER:
            told = "may read what belongs to no track"
        else:
            told = f"may send referrals to {answer['program']} in the name of {answer['agency']}"
        self.stdout.write(f"{answer['name']} {told}{until}.")
        if "password" in answer:
            self.stdout.write(f"Password, shown this once: {answer['password']}")
        elif not answer["created"]:
            self.stdout.write("The account was there already and keeps its password.")


def check_usage(*, track: str | None, role: str, agency: str) -> None:
    """A role is held in a track or outside both. Raises Usage."""
    if role in PROGRAM_ROLES and track:
        raise Usage(f"The role {role} is held outside the tracks: leave out --track.")
    if role in PROGRAM_ROLES and role != OVERSEER and not agency.strip():
        raise Usage(f"The role {role} needs --agency.")
    if role not in PROGRAM_ROLES and not track:
        raise Usage(f"The role {role} needs --track.")
    if (role not in PROGRAM_ROLES or role == OVERSEER) and agency:
        raise Usage("--agency belongs to the role sender.")


def grant_role(user: User, program: Program, *, track, role, agency, until) -> TrackGrant | ProgramGrant:
    grant = {"user": user, "role": role, "valid_from": today_in(program), "valid_until": until, "by": None}
    if role == OVERSEER:
        del grant["role"]
        return grant_oversight(program=program, **grant)
    if role in PROGRAM_ROLES:
        return grant_drop(program=program, agency=agency, **grant)
    return grant_access(track=program.tracks.select_related("program").get(kind=track), **grant)


def read_password(path: Path) -> str:
    """The first line of a file. Raises ProgramError when there is none to read."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ProgramError(f"The password file {path} cannot be read.", field="password") from error
    if not lines or not lines[0]:
        raise ProgramError(f"The password file {path} is empty.", field="password")
    return lines[0]

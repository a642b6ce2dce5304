"""`manage.py end_access`: end what `create_staff` gave, from today on. The account stays, for the audit trail."""

from django.db import transaction

from participants.errors import ProgramError
from participants.management.base import ProgramCommand, program_of, today_in
from participants.staff.actions import end_access
from participants.staff.models import ProgramGrant, TrackGrant
from participants.staff.roles import PROGRAM_ROLES, ROLES
from participants.tracks.models import RULES


class Command(ProgramCommand):
    help = (
        "End the access of an account to a program: of one role, or of all roles there. Today is the first day without."
    )

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email")
        parser.add_argument("--program", required=True, metavar="SLUG")
        parser.add_argument("--track", choices=list(RULES), help="in this track only")
        parser.add_argument("--role", choices=[*ROLES, *PROGRAM_ROLES], help="this role only")

    @transaction.atomic
    def carry_out(self, *, email, track, role, **options) -> dict:
        program = program_of(options)
        today = today_in(program)
        mine = {"user__email": email.strip().lower(), **({"role": role} if role else {})}
        inside = TrackGrant.objects.filter(track__program=program, **mine).select_related("user", "track")
        outside = ProgramGrant.objects.filter(program=program, **mine).select_related("user")
        if track:
            inside, outside = inside.filter(track__kind=track), outside.none()
        grants = [grant for grant in (*inside, *outside) if grant.valid_until is None or grant.valid_until >= today]
        if not grants:
            raise ProgramError(f"{email} has no such access to {program.slug}.", field="email")
        for grant in grants:
            end_access(grant=grant, on=today, by=None)
        return {"email": grants[0].user.email, "program": program.slug, "ended": sorted(grant.role for grant in grants)}

    def tell(self, answer: dict) -> None:
        self.stdout.write(f"{answer['email']} can no longer enter {answer['program']} as {', '.join(answer['ended'])}.")

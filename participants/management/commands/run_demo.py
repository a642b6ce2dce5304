"""`manage.py run_demo`: a working demonstration on this machine, from an empty folder on. `make run` calls it."""

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from participants.demo.actions import PEOPLE, load_demo
from participants.demo.serve import HOST, DemoServer, port_is_free
from participants.demo.staff import OVERSEER, PASSWORD, SENDER, SLUG, sign_ins
from participants.management.base import Refused, Usage
from participants.staff.roles import PROGRAM_ROLES, ROLES
from participants.tracks.models import Program
from participants.tracks.walls import owner_alias
from participants.web import clock


class Command(BaseCommand):
    help = "Migrate, load the demonstration if there is no program yet, and serve it on this machine only."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--participants", type=int, default=PEOPLE, metavar="N", help="how many people in all")

    def handle(self, *, port, participants, **options) -> None:
        if not settings.DEMO:
            raise Usage("Set DEMO=1: this command is for a demonstration, whose passwords everyone knows.")
        if not 0 < port < 65536:
            raise Usage(f"{port} is not a port. Choose one from 1 to 65535.")
        if not port_is_free(port):
            raise Refused(f"Port {port} is taken. Stop what runs there, or choose another: make run PORT={port + 1}")
        call_command("migrate", database=owner_alias("default"), interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        if not Program.objects.exists():
            self.stdout.write("Making a program of invented people …")
            self.stdout.flush()
            load_demo(people=participants, now=clock.now())
        welcome = self.welcome(port)
        DemoServer(port, ready=lambda: (self.stdout.write(welcome), self.stdout.flush())).run()

    def welcome(self, port: int) -> str:
        """What is told once the server answers."""
        lines = ["", f"  The demonstration is at http://{HOST}:{port}/", ""]
        if Program.objects.filter(slug=SLUG).exists():
            width = max(len(role.name) for role in ROLES.values()) + 2
            emails = {(one.role, one.track): one.email for one in reversed(sign_ins())}
            lines.append(f"  Sign in with the password {PASSWORD} as one of these; for the other track write")
            lines.append("  services in place of education:")
            lines.append("")
            lines += [f"    {role.name:<{width}}{emails[role.key, 'education']}" for role in ROLES.values()]
            lines += [
                f"    {PROGRAM_ROLES[role].name:<{width}}{email} (outside the tracks)"
                for role, email in (("sender", SENDER), ("overseer", OVERSEER))
            ]
            lines.append("")
        lines.append("  Ctrl-C stops it.")
        return "\n".join([*lines, ""])

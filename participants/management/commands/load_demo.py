"""`manage.py load_demo`: the demonstration program, of invented people."""

from participants.demo.actions import PEOPLE, SEED, load_demo
from participants.management.base import ProgramCommand
from participants.staff.roles import ROLES
from participants.web import clock


class Command(ProgramCommand):
    help = "Make the demonstration program, if it is not there, and list its sign-ins. Needs DEMO=1."

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--participants", type=int, default=PEOPLE, metavar="N", help="how many people in all")
        parser.add_argument("--seed", type=int, default=SEED, help="another number makes other people")

    def carry_out(self, *, participants, seed, **options) -> dict:
        sign_ins = load_demo(people=participants, seed=seed, now=clock.now())
        return {"staff": [sign_in.as_json() for sign_in in sign_ins]}

    def tell(self, answer: dict) -> None:
        for one in answer["staff"]:
            place = f"{one['program']}/{one['track']}"
            self.stdout.write(f"{place:<24} {ROLES[one['role']].name:<22} {one['email']:<44} {one['password']}")

"""`manage.py keys create|status|rotate`: the key files, how they stand, and a change of keys while the site runs."""

from django.conf import settings
from django.db import connection

from participants.errors import ProgramError
from participants.management.base import ProgramCommand, Usage, track_of
from participants.management.identity import add_identity_argument, administrator
from participants.tracks.models import RULES, Track
from participants.vault import keyring
from participants.vault.keeping import create_missing, standing
from participants.vault.rotation import rotate_installation, rotate_scope_key, rotate_track

# How long a request or a task that had read the old key may still be on its way to write, in seconds.
WAIT = 60


class Command(ProgramCommand):
    help = "The keys that seal what is stored: make missing files, show how they stand, change them."
    # Without keys the checks fail; this is the command that makes them.
    requires_system_checks = ()

    def add_arguments(self, parser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make the key files that are missing; none is overwritten")
        status = actions.add_parser(
            "status", help="show every key file: its keys, what each still holds, what is wrong"
        )
        rotate = actions.add_parser("rotate", help="a new key; what the former one holds is written anew, then it goes")
        for one in (create, status, rotate):
            super().add_arguments(one)
        which = rotate.add_mutually_exclusive_group(required=True)
        which.add_argument("--program", metavar="SLUG")
        which.add_argument("--installation", action="store_true", help="the keys of what belongs to no track")
        rotate.add_argument("--track", choices=list(RULES))
        rotate.add_argument("--purpose", choices=[*keyring.OF_TRACK, "scope", "all"], default="all")
        rotate.add_argument(
            "--wait",
            type=float,
            default=WAIT,
            metavar="SECONDS",
            help="how long the longest request takes: the former key is kept so long (default %(default)s)",
        )
        add_identity_argument(rotate)

    def carry_out(self, *, action, **options) -> dict:
        return getattr(self, action)(**options)

    def create(self, **options) -> dict:
        made = create_missing(_tracks(), first=not _migrated())
        return {"action": "create", "folder": str(settings.KEYS), **vars(made)}

    def status(self, **options) -> dict:
        if not _migrated():
            raise ProgramError("There are no tables yet: run `manage.py migrate` first.")
        found, others = standing(_tracks())
        return {
            "action": "status",
            "folder": str(settings.KEYS),
            "files": [one.as_json() for one in found],
            "unknown_files": others,
        }

    def rotate(self, *, installation, track, purpose, wait, by, json, **options) -> dict:
        if not installation and not track:
            raise Usage("Say which track: --program SLUG --track KIND.")
        chosen = None if installation else track_of({**options, "track": track})
        purposes = _purposes(purpose, installation=installation)
        who = administrator(by, track=chosen)
        say = (lambda sentence: None) if json else (lambda sentence: self.stderr.write(sentence))
        name = "installation" if installation else str(chosen)
        try:
            if purpose == "scope":
                rotate_scope_key(by=who)
                turns = []
            elif installation:
                turns = rotate_installation(purposes=purposes, wait=wait, say=say, by=who)
            else:
                turns = rotate_track(track=chosen, purposes=purposes, wait=wait, say=say, by=who)
        except keyring.KeyMissing as error:
            raise ProgramError(str(error)) from error
        return {
            "action": "rotate",
            "name": name,
            "by": who.email if who else None,
            "purposes": {turn.purpose: turn.as_json() for turn in turns},
        }

    def tell(self, answer: dict) -> None:
        getattr(self, f"tell_{answer['action']}")(answer)

    def tell_create(self, answer: dict) -> None:
        for name in answer["made"]:
            self.stdout.write(f"{name}: made in {answer['folder']}. Copy it to where you keep the keys.")
        for name in answer["there"]:
            self.stdout.write(f"{name}: there already.")

    def tell_status(self, answer: dict) -> None:
        for one in answer["files"]:
            self.stdout.write(f"{one['name']} ({one['file']})")
            for purpose, keys in one["purposes"].items():
                for key in keys["keys"]:
                    what = "primary" if key["primary"] else "former"
                    since = key["added"][:10] if key["added"] else "unknown"
                    self.stdout.write(f"  {purpose:<7} {key['id']}  {what:<8} since {since}  holds {key['holds']}")
        for name in answer["unknown_files"]:
            self.stdout.write(f"{name}: of no track here. Keep it until you know whose it is.")

    def tell_rotate(self, answer: dict) -> None:
        if not answer["purposes"]:
            self.stdout.write(f"{answer['name']}: the key is a new one.")
        for purpose, turn in answer["purposes"].items():
            former = ", ".join(turn["former"])
            self.stdout.write(f"{answer['name']} {purpose}: {turn['primary']} in place of {former}.")
            self.stdout.write(f"  {turn['written']} written anew, {turn['left']} left. {_end(purpose, turn)}")
            for sentence in turn["told"]:
                self.stdout.write(f"  {sentence}")
        self.stdout.write("Copy the key file to where you keep the keys.")

    def refusal(self, answer: dict) -> str:
        if answer["action"] == "create":
            return " ".join(answer["refused"])
        if answer["action"] == "status":
            return " ".join(problem for one in answer["files"] for problem in one["problems"])
        open_ends = [name for name, turn in answer["purposes"].items() if not turn["destroyed"] and name != "audit"]
        return f"The former key stays for now ({', '.join(open_ends)}): run this again." if open_ends else ""


def _migrated() -> bool:
    return Track._meta.db_table in connection.introspection.table_names()


def _tracks() -> list[Track]:
    if not _migrated():
        return []
    return list(Track.objects.select_related("program").order_by("program__slug", "kind"))


def _purposes(purpose: str, *, installation: bool) -> list[str]:
    """Raises Usage for a key that there is not."""
    there = keyring.OF_INSTALLATION if installation else keyring.OF_TRACK
    if purpose == "all":
        return list(there)
    if purpose not in (*there, *(["scope"] if installation else [])):
        raise Usage(f"There is no {purpose} key of {'the installation' if installation else 'a track'}.")
    return [purpose]


def _end(purpose: str, turn: dict) -> str:
    if turn["destroyed"]:
        return "The former key is destroyed."
    if purpose == "audit":
        return "The former key stays, to verify what it sealed."
    return "The former key stays."

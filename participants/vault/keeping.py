"""Making key files that are missing, and telling how the keys stand."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from participants.tracks.models import Track
from participants.tracks.scope import in_track
from participants.vault import holders, keyfiles, keyring

INSTALLATION_NAME = "installation"
LOST = (
    "{name}: its key file is missing, and it holds what that key sealed. A new key would hide the loss: bring the file "
    "back from your copy of the keys."
)


@dataclass
class Made:
    """Which key files were made, which were there, and why others were not made."""

    made: list[str] = field(default_factory=list)
    there: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def create_missing(tracks: Iterable[Track], *, first: bool) -> Made:
    """Make the key files that are missing, of the installation and of these tracks; none is ever overwritten.

    A track that holds something keeps waiting for the file that it lost. `first`: there are no tables yet, so nothing
    can be held. Raises ProgramError while another command changes keys.
    """
    answer = Made()
    keyring.folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    with keyfiles.changing(keyring.folder()):
        if keyring.installation_file().exists():
            answer.there.append(INSTALLATION_NAME)
        elif not first and _held_outside():
            answer.refused.append(LOST.format(name=INSTALLATION_NAME))
        else:
            keyring.create_installation_keys()
            answer.made.append(INSTALLATION_NAME)
        for track in tracks:
            name = str(track)
            if keyring.key_file(track.pk).exists():
                answer.there.append(name)
            elif _held(track):
                answer.refused.append(LOST.format(name=name))
            else:
                keyring.create_keys(track.pk)
                answer.made.append(name)
    return answer


def _held(track: Track) -> int:
    """How many values a track has that some key has sealed or made."""
    with in_track(track):
        return sum(unknown for _, unknown in (count([]) for count in holders.COUNTED.values()))


def _held_outside() -> int:
    return sum(unknown for _, unknown in (count([]) for count in holders.OUTSIDE_COUNTED.values()))


@dataclass
class Standing:
    """One key file: of which track, in which file, what is wrong with it, and its keys by purpose."""

    name: str
    path: Path
    problems: list[str] = field(default_factory=list)
    purposes: dict[str, dict] = field(default_factory=dict)

    def as_json(self) -> dict:
        return {
            "name": self.name,
            "file": self.path.name,
            "problems": self.problems,
            "purposes": self.purposes,
        }


def standing(tracks: Iterable[Track]) -> tuple[list[Standing], list[str]]:
    """Every key file that there should be, and the names of the others in the folder."""
    found = [_standing(INSTALLATION_NAME, None, keyring.OF_INSTALLATION)]
    found += [_standing(str(track), track, keyring.OF_TRACK) for track in tracks]
    folder = keyring.folder()
    if folder.is_dir() and (mode := keyfiles.too_open(folder)):
        found[0].problems.append(f"The folder of the keys is open to others (mode {mode}): chmod 700 {folder}")
    return found, keyfiles.others_in(folder, {one.path.name for one in found}) if folder.is_dir() else []


def _standing(name: str, track: Track | None, purposes: tuple[str, ...]) -> Standing:
    one = Standing(name, keyring.file_of(track.pk if track else None))
    try:
        contents = keyring.keys_of(track.pk if track else None).contents
    except keyring.KeyMissing as error:
        one.problems.append(str(error))
        return one
    if mode := keyfiles.too_open(one.path):
        one.problems.append(f"{one.path.name} is open to others (mode {mode}): chmod 600 {one.path}")
    for purpose in purposes:
        ids = keyfiles.key_ids(contents.get(purpose))
        if not ids:
            one.problems.append(f"{one.path.name} has no {purpose} key.")
            continue
        held, unknown = _count(track, purpose, ids)
        added = contents.get(keyfiles.ADDED, {}).get(purpose, {})
        keys = [
            {"id": key_id, "primary": key_id == ids[0], "added": added.get(key_id), "holds": held[key_id]}
            for key_id in ids
        ]
        one.purposes[purpose] = {"keys": keys, "without_key": unknown}
        if unknown:
            one.problems.append(f"{unknown} values of {name} name a {purpose} key that {one.path.name} does not have.")
    return one


def _count(track: Track | None, purpose: str, ids: list[str]):
    if track is None:
        return holders.OUTSIDE_COUNTED[purpose](ids)
    with in_track(track):
        return holders.COUNTED[purpose](ids)

"""What somebody typed into a locked form goes with the child that it may be about."""

from participants.access.kept import replace
from participants.models import KeptForm
from participants.tracks.scope import in_track
from tests.builders import staff
from tests.handoffs.handing import CHILD, NOW, finish, make_stopped, start


def kept_of(track) -> int:
    with in_track(track):
        return KeptForm.objects.count()


def test_kept_forms_of_the_track_go_with_the_erasure_and_others_stay(cast):
    for track in (cast.education, cast.services):
        by = staff(cast, track, "intake_clerk")
        with in_track(track, by=by, write=True):
            replace(user=by, address=b"a" * 20, fields={"name": [CHILD["name"]]}, now=NOW)
    handoff = start(cast, make_stopped(cast))
    assert kept_of(cast.education) == 1
    finish(cast, handoff)
    assert kept_of(cast.education) == 0
    assert kept_of(cast.services) == 1

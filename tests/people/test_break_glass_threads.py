"""Two posts of one form at once, with real commits: the file is open once, and the notes are given once."""

import time_machine

from participants.audit.models import Event
from participants.models import BreakGlass, Note
from participants.sessions.actions import write_note
from participants.sessions.keeping import give_notes
from participants.tracks.scope import in_track
from tests.cast import build_cast
from tests.people.glass import NOW, TODAY, closed_stay, open_file
from tests.sessions.test_threads import at_once


def test_at_once_it_opens_once(live_db):
    with time_machine.travel(NOW, tick=False):
        cast = build_cast()
        reference = closed_stay(cast, "Alex Closedfile").participant.reference
        answers = at_once(*[lambda: open_file(cast, reference)] * 4)
    assert len({answer.pk for answer in answers}) == 1
    with in_track(cast.education):
        assert BreakGlass.objects.count() == 1
        assert Event.objects.filter(action="glass.opened").count() == 1


def test_at_once_notes_are_given_once(live_db):
    with time_machine.travel(NOW, tick=False):
        cast = build_cast()
        keeper, to = cast.education_counsellor, cast.education_clinical_supervisor
        person = closed_stay(cast, "Alex Closedfile").participant
        with in_track(cast.education, by=keeper, write=True):
            write_note(participant=person, text="In confidence", visibility="privileged", now=NOW, by=keeper)

        def give():
            with in_track(cast.education, by=to, write=True):
                return give_notes(keeper=keeper, to=to, today=TODAY, by=to)

        answers = at_once(give, give)
    assert sorted(str(answer) for answer in answers) == ["(1, 0)", f"{keeper.name} keeps no privileged notes here."]
    with in_track(cast.education):
        assert Note.objects.get().keeper == to
        assert Event.objects.filter(action="notes.reassigned").count() == 1

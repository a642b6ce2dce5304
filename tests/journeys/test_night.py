"""A night's mixed file of sixty: through the drop to two tracks, and there to offers made, page by page."""

import re

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from participants.models import Batch, Offer, Operation, Participant, Referral, Screening
from participants.tracks.scope import in_track
from tests.journeys.walker import Walker
from tests.operations.grouped import FIRST, LAST

HEAD = "name,date_of_birth,case_number,charge,offense_date,language,agency,operation,operation date"
NIGHT = "2026-05-30"
# Buyers and persons offering, as a night brings them; the numbers are those of the rows.
BUYERS, OFFERING = range(33), range(33, 56)


def row(number: int, charge: str, *, name: str = "", born: str | None = None, language: str = "en") -> str:
    name = name or f"{FIRST[number % 10]} {LAST[number // 10]}"
    born = f"{1970 + number % 25}-{1 + number % 12:02}-{1 + number % 27:02}" if born is None else born
    return f"{name},{born},J26-{1000 + 37 * number},{charge},{NIGHT},{language},Harbor Police,Clear Harbor,{NIGHT}"


def file_of_the_night() -> bytes:
    rows = [row(number, "796.07(2)(f)") for number in BUYERS]
    rows += [row(number, "796.07 (2)(E)") for number in OFFERING]
    rows[3] = row(3, "796.07(2)(i)", name="Nora Nobirth", born="")
    rows[4] = row(4, "796.07(2)(f)", name="Paulo Souza", language="pt")
    rows[40] = row(40, "796.07(2)(e)", name="Minnie Young", born="2009-06-01")
    # Two that decide no track, and two with a fault: these go back to the sender.
    rows += [
        row(56, "796.07(2)(g)"),
        row(57, "796.07(2)(a)"),
        row(58, "812.014(3)(a)"),
        row(59, "796.07(2)(f)", born="x"),
    ]
    return "\n".join([HEAD, *rows]).encode()


@pytest.fixture(autouse=True)
def clock():
    """The morning after, in New York."""
    with time_machine.travel("2026-06-01T13:00:00Z", tick=False) as traveller:
        yield traveller


def drop(cast, content: bytes) -> str:
    page = cast.client("harbor_sender").post("/harbor/drop/", {"file": SimpleUploadedFile("night.csv", content)})
    assert page.status_code == 200
    return page.text


def work(cast, kind: str) -> tuple[Walker, str]:
    """A clerk finds the file among those received and works its people together; returns what the page says then."""
    track = cast.tracks[kind]
    clerk = Walker(cast, f"{kind}_intake_clerk", track)
    files = clerk.open("batches")
    (address,) = set(re.findall(r'href="([^"]+/referrals/files/[0-9a-f-]{36}/)"', files))
    file = clerk.go(address)
    (work_address,) = set(re.findall(r'href="([^"]+/work/)"', file))
    clerk.go(work_address)
    me = str(cast.people[clerk.name].pk)
    answers = {f"answer_{criterion.key}": criterion.wanted for criterion in track.rules.criteria}
    return clerk, clerk.send(**answers, assign_to=me, place="office", explained_by=me)


def standing(track) -> dict[str, int]:
    with in_track(track):
        statuses = list(Referral.objects.values_list("status", flat=True))
    return {status: statuses.count(status) for status in sorted(set(statuses))}


def test_from_the_drop_to_offers_in_both_tracks(cast):
    answer = drop(cast, file_of_the_night())
    assert re.findall(r"<dd>(\d+)</dd>", answer)[:3] == ["60", "56", "4"]
    assert standing(cast.education) == {"received": 33}
    assert standing(cast.services) == {"received": 22, "stopped": 1}
    # The same night again adds nothing, and the answer does not tell.
    again = drop(cast, file_of_the_night())
    assert re.findall(r"<dd>(\d+)</dd>", again)[:3] == ["60", "56", "4"]
    assert standing(cast.education) == {"received": 33}

    clerk, page = work(cast, "education")
    assert "Done: 32 assigned, 32 screened (32 eligible, 0 not), 31 offered the program." in page
    assert "No text in Portuguese" in page
    assert standing(cast.education) == {"eligible": 1, "offered": 31, "received": 1}
    for name in ("Nora Nobirth", "Paulo Souza"):  # left, and shown with what they need
        assert name in page
    assert "Minnie" not in page

    _, page = work(cast, "services")
    assert "Done: 22 assigned, 22 screened (22 eligible, 0 not), 22 offered the program." in page
    assert standing(cast.services) == {"offered": 22, "stopped": 1}
    assert "Paulo" not in page

    for track, offers in ((cast.education, 31), (cast.services, 22)):
        with in_track(track):
            assert Offer.objects.count() == offers
            assert Screening.objects.filter(eligible=True).count() == offers + (track == cast.education)
            assert Batch.objects.count() == 1
            assert not Participant.objects.exists()  # nobody has chosen yet
            night = Operation.objects.get()
            assert Referral.objects.filter(operation=night).count() == Referral.objects.count()
    # What waits is on the clerk's morning page.
    assert "?assigned=me&amp;status=offered" in clerk.open("my_day")

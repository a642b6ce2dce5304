"""A clerk's effort, in keys pressed: sixty people of one operation, from the file to offers made.

docs/user-effort.md states the figures and the path.
"""

import datetime
import sys

import pytest

from participants.files.intake import receive_file
from participants.models import Batch, Offer, Referral, Screening
from participants.tracks.scope import in_track
from tests.browser.conftest import WIDE
from tests.operations.grouped import FIRST, LAST

BUDGET = 25
PER_EXCEPTION = 4
TODAY = datetime.datetime.now(datetime.UTC).date() - datetime.timedelta(days=1)
OFFENSE = (TODAY - datetime.timedelta(days=9)).isoformat()
HEADINGS = "name,case number,charge,offense date,received on,source,dob,language,agency,operation,operation date\n"


def line(number: int, charge: str, *, born: str = "", language: str = "en", name: str = "") -> str:
    name = name or f"{FIRST[number % 10]} {LAST[number // 10]}"
    born = born or f"{1970 + number % 25}-{1 + number % 12:02}-{1 + number % 27:02}"
    case = f"E26-{1000 + 37 * number}"
    day = TODAY.isoformat()
    return (
        f"{name},{case},{charge},{OFFENSE},{day},County Police,{born},{language},County Police,Clear Harbor,{OFFENSE}\n"
    )


class Keyboard:
    """A keyboard that counts. A key that opens the chooser of files and the choosing count as one each."""

    def __init__(self, page):
        self.page = page
        self.count = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.count += 1

    def choose_file(self, name: str, content: str) -> None:
        self.page.locator("input[type=file]:focus").set_input_files(
            [{"name": name, "mimeType": "text/csv", "buffer": content.encode()}]
        )
        self.count += 1

    def enter(self, leads_to: str) -> None:
        """Press Enter and wait for the page that it leads to."""
        with self.page.expect_navigation(url=leads_to):
            self.press("Enter")
        self.page.wait_for_load_state()


def earlier_file(cast, track) -> None:
    """The sender has sent a file before, so its name is known."""
    by = cast.people[f"{track.kind}_intake_clerk"]
    with in_track(track, by=by, write=True):
        receive_file(
            (HEADINGS + line(0, charge_of(track), name="Earlier Person").replace("E26-", "A26-")).encode(),
            today=TODAY,
            commit=True,
            by=by,
        )
        Batch.objects.update(received_by=by, sender="County Police")


def charge_of(track) -> str:
    return next(charge for charge, kind in track.program.charges.items() if kind == track.kind)


def to_work(keys: Keyboard, content: str) -> None:
    """From the page that asks for a file to the page on which its people are worked."""
    keys.choose_file("night.csv", content)
    keys.press("Tab")  # the sender is filled in as in the last file
    keys.enter("**/referrals/import/*-*/")
    keys.enter("**/referrals/files/*-*/")  # the button that receives the good rows has the focus
    keys.enter("**/work/")  # so has the link to the work


def work(keys: Keyboard, track) -> None:
    """One letter for each question, the page moves on by itself; then to whom, where, who explained it."""
    for criterion in track.rules.criteria:
        keys.press(criterion.wanted[0])
    keys.press("Tab", "ArrowDown")  # assigned to me
    keys.press("Tab", "ArrowDown")  # at the program's office
    keys.press("Tab", "ArrowDown")  # I explained it
    keys.press("Tab")  # nobody else was present; Enter sends from a field for text
    keys.enter("**/work/")


@pytest.mark.parametrize("kind", ["education", "services"])
def test_sixty_people_from_file_to_offers(visit, cast, kind, capsys):
    track = cast.tracks[kind]
    earlier_file(cast, track)
    visitor = visit(WIDE)
    page = visitor.page
    visitor.sign_in(f"{kind}_intake_clerk@example.org")
    visitor.go(cast.url(track, "referral_import"))
    keys = Keyboard(page)
    content = HEADINGS + "".join(line(number, charge_of(track)) for number in range(60))
    to_work(keys, content)
    work(keys, track)
    assert "60 assigned, 60 screened (60 eligible, 0 not), 60 offered the program" in page.inner_text("main")
    with in_track(track):
        assert Referral.objects.filter(status="offered").count() == 60
        assert (Screening.objects.count(), Offer.objects.count()) == (60, 60)
        assert set(Offer.objects.values_list("place", "explained_by")) == {
            ("office", cast.people[f"{kind}_intake_clerk"].pk)
        }
    with capsys.disabled():
        sys.stdout.write(f"\n{kind}: {keys.count} keys for 60 people (budget {BUDGET})\n")
    assert keys.count <= BUDGET
    assert visitor.complaints == []


def test_whoever_differs_costs_a_few_keys(visit, cast, capsys):
    """Two are unticked and screened alone; whoever needs a look of their own was singled out and costs nothing here."""
    track = cast.education
    earlier_file(cast, track)
    visitor = visit(WIDE)
    page = visitor.page
    visitor.sign_in("education_intake_clerk@example.org")
    visitor.go(cast.url(track, "referral_import"))
    keys = Keyboard(page)
    charge = charge_of(track)
    content = HEADINGS + "".join(line(number, charge) for number in range(56))
    content += line(56, charge, name="Nora Nobirth", born=" ") + line(57, charge, language="pt", name="Paulo Souza")
    content += line(58, charge, name="Walt Whitman") + line(59, charge, name="Wanda Wells")
    to_work(keys, content)
    before = keys.count
    keys.press("Shift+Tab")
    for letters in ("whi", "wan"):
        keys.press(*letters, "Space")
        page.wait_for_timeout(1100)  # the letters of another name begin anew after a second
    keys.press("Tab")
    spent = keys.count - before
    assert page.inner_text("[data-ticked]") == "57 of 59 ticked"
    work(keys, track)
    text = page.inner_text("main")
    assert "57 assigned, 57 screened (57 eligible, 0 not), 56 offered the program" in text
    assert "Left: 1. No text in Portuguese" in text
    with in_track(track):
        waiting = {row.name: row.status for row in Referral.objects.filter(status__in=("received", "eligible"))}
    assert waiting == {
        "Earlier Person": "received",
        "Nora Nobirth": "received",
        "Paulo Souza": "eligible",
        "Walt Whitman": "received",
        "Wanda Wells": "received",
    }
    with capsys.disabled():
        sys.stdout.write(f"\ntwo who differ: {spent} keys more\n")
    assert spent <= 2 * PER_EXCEPTION + 2
    assert visitor.complaints == []

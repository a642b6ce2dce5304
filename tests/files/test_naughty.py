"""Strings that break programs, typed and in files: saved and shown unharmed, or refused by their field."""

import csv
import datetime
import io
from html.parser import HTMLParser

import pytest

from participants.errors import ProgramError
from participants.files.intake import receive_file
from participants.referrals.actions import receive_referral
from participants.referrals.forms import ReferralForm
from participants.referrals.models import Referral
from participants.tracks.scope import in_track
from tests.referrals.typed import TYPED, post_new
from tests.shared_data import shared_data

pytestmark = pytest.mark.shared_data
TODAY = datetime.date(2026, 4, 1)
PAYLOADS = ("csv-injection.txt", "sqli-auth-bypass.txt", "sqli-generic-sqli.txt")


def naughty() -> list[str]:
    lines = shared_data("naughty-strings.txt").read_text(encoding="utf-8").split("\n")
    return [line for line in dict.fromkeys(lines) if line and not line.startswith("#")]


def payloads() -> list[str]:
    lines = [shared_data(f"payloads/{name}").read_text(encoding="utf-8").split("\n") for name in PAYLOADS]
    return [line for line in dict.fromkeys(line for part in lines for line in part) if line.strip()]


class Names(HTMLParser):
    """The text of every <bdi> in a row's heading."""

    def __init__(self):
        super().__init__()
        self.found, self.path = [], []

    def handle_starttag(self, tag, attrs):
        self.path.append(tag)
        if self.path[-3:] == ["th", "a", "bdi"]:
            self.found.append("")

    def handle_endtag(self, tag):
        if tag in self.path:
            while self.path.pop() != tag:
                pass

    def handle_data(self, data):
        if self.path[-3:] == ["th", "a", "bdi"]:
            self.found[-1] += data


def shown(client, url) -> list[str]:
    """Every name on every page of the list."""
    found, query = [], ""
    while query is not None:
        response = client.get(url + query)
        names = Names()
        names.feed(response.content.decode())
        found += names.found
        query = response.context["page"].next_url
    return found


def test_string_as_a_name_is_shown_unharmed_or_refused_by_its_field(cast):
    user, track = cast.education_intake_clerk, cast.education
    saved = []
    with in_track(track, by=user, write=True):
        for number, text in enumerate(naughty()):
            key = ReferralForm(user=user, track=track, today=TODAY)["form_key"].value()
            typed = {**TYPED, "name": text, "case_number": f"F26-{number}", "form_key": key}
            form = ReferralForm(typed, user=user, track=track, today=TODAY)
            if form.is_valid():
                try:
                    receive_referral(row_id=form.row_id, **form.values(), today=TODAY, by=user)
                    saved.append(text.strip())
                    continue
                except ProgramError as error:
                    form.apply_error(error)
            assert list(form.errors) == ["name"], text
    assert len(saved) > 100
    assert sorted(shown(cast.client(user), cast.url(track, "referrals"))) == sorted(saved)


@pytest.mark.parametrize("strings", [naughty, payloads])
def test_string_in_a_file_is_stored_unharmed_or_refused_by_its_column(cast, strings):
    texts = strings()
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(("name", "case number", "charge", "offense date", "source"))
    for number, text in enumerate(texts):
        writer.writerow((text, f"F26-{number}", "796.07(2)(f)", "2026-03-01", text[:100] if text.strip() else "Court"))
    with in_track(cast.education, write=True):
        _, outcome = receive_file(file.getvalue().encode(), today=TODAY, commit=True, by=None)
        assert {refusal.column for refusal in outcome.refused} <= {"name", "source"}
        refused = {refusal.row for refusal in outcome.refused}
        kept = [text.strip() for row, text in enumerate(texts, start=2) if row not in refused]
        assert sorted(referral.name for referral in Referral.objects.all()) == sorted(kept)
    assert outcome.new == len(kept) > 100


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "O'Brien; DROP TABLE x --", "{{ 7*7 }}", "%n%s", "\u202eevil", "Ṱ̺̺̕o͞ ̷i"]
)
def test_hard_cases_walk_through_the_pages(cast, text):
    client = cast.client("education_caseworker")
    response = post_new(client, cast.url(cast.education, "referral_new"), name=text)
    assert response.status_code == 302
    for url in (response.url, response.url + "edit/", response.url + "screen/"):
        page = client.get(url)
        assert page.status_code == 200
        assert "<script>alert" not in page.content.decode()
    assert shown(client, cast.url(cast.education, "referrals")) == [text]

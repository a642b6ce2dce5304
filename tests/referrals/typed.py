"""What a clerk types into the form of a referral, and how a test posts it."""

import re
from html import unescape

from django.test import Client

TYPED = {
    "name": "María-José O’Neil",
    "date_of_birth": "1990-02-28",
    "language": "es",
    "phone": "305 555 0101",
    "case_number": "F26-01234",
    "charge": "796.07-2f",
    "offense_on": "2026-03-01",
    "received_on": "2026-03-03",
    "source": "State Attorney",
    "operation": "",
    "operation_agency": "",
    "operation_name": "",
    "operation_on": "",
    "next_court_on": "2026-12-01",
    "must_appear": "yes",
    "counsel_name": "Ada Lawson",
    "counsel_contact": "305 555 0199",
    "gender": "",
    "race": "",
}


def form_key(client: Client, url: str) -> str:
    return re.search(r'name="form_key" value="([^"]+)"', client.get(url).content.decode())[1]


def post_new(client: Client, url: str, **over):
    """Open the form, type and send it."""
    return client.post(url, {**TYPED, "form_key": form_key(client, url), **over})


def text_of(response) -> str:
    """The words of a page, without its markup."""
    page = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(unescape(page).split())

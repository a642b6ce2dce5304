"""Every form with `method="post"` that a page shows: read as a browser reads it, and filled in as a person would."""

import copy
import datetime
import re
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone

from participants.models import Lockout
from participants.staff.lockout import account_of
from participants.staff.second_factor import belonging_to
from tests import builders, papers, sending
from tests.access.again import give_app
from tests.cast import PASSWORD
from tests.world import OWN, oversight_patterns, program_patterns, track_patterns

# Controls that hold what somebody types.
TYPED = {"text", "search", "tel", "email", "password", "url", "textarea"}
BUTTONS = {"submit", "button", "image", "reset"}
# Tick boxes of which one is needed, and days that fit the cases of the world whatever today is.
TICKED = {"people", "reason_codes", "checked"}
INSTEAD = {
    "decided_at": "2026-03-09T12:00",
    "counsel_on": "2026-03-08",
    "signed_at": "2026-03-10T12:00",
    "placed_on": "2026-03-12",
}
BOUNDARY = "between-the-parts"


@dataclass
class Field:
    """One control, or all radio buttons and tick boxes of one name. `kind` is the control's type in HTML."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    required: bool = False
    many: bool = False
    bounds: tuple[str, str] = ("", "")
    accept: str = ""


@dataclass
class PageForm:
    """A form of one page, sent by one of its buttons (name and value, or None)."""

    page: str
    action: str
    fields: dict[str, Field]
    button: tuple[str, str] | None = None
    multipart: bool = False
    visitor: str = ""
    place: str = ""

    def __str__(self):
        return f"{self.place} {resolve(self.action).url_name} {self.button[0] if self.button else ''} as {self.visitor}"

    @property
    def files(self) -> list[str]:
        return [name for name, one in self.fields.items() if one.kind == "file"]

    @property
    def typed(self) -> list[str]:
        return [name for name, one in self.fields.items() if one.kind in TYPED]

    def sent(self, given: dict) -> dict[str, list[str | bytes]]:
        """What a browser sends when a person fills in what is empty: by name from `given`, or by the control's type."""
        found = {
            name: [INSTEAD[name]] if name in INSTEAD else one.values or filled(one, given)
            for name, one in self.fields.items()
        }
        if self.button:
            found[self.button[0]] = [self.button[1]]
        return {name: values for name, values in found.items() if values}


def filled(one: Field, given: dict) -> list:
    if one.name in given:
        return [given[one.name]] if given[one.name] else []
    if one.kind in ("select", "radio") or one.name in TICKED or (one.kind == "checkbox" and one.required):
        return [value for value in one.options if value][:1]
    if one.kind == "number":
        return [one.bounds[0] or one.bounds[1] or "1"]
    if one.kind == "file":
        return [given["paper" if ".pdf" in one.accept else "sheet"]]
    return [given[one.kind]] if one.kind in given else []


def part(name: str, value: str | bytes, file_name: str = "cases.csv") -> bytes:
    """A part of a multipart body; bytes are a file. What UTF-8 cannot say is sent as it is."""
    place = f'form-data; name="{name}"' + (f'; filename="{file_name}"' if isinstance(value, bytes) else "")
    content = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    head = f"--{BOUNDARY}\r\nContent-Disposition: {place}\r\n\r\n".encode("utf-8", "surrogatepass")
    return head + content + b"\r\n"


def multipart(data: dict[str, list], file_name: str = "cases.csv") -> bytes:
    parts = [part(name, value, file_name) for name, values in data.items() for value in values]
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])


def send(client: Client, form: PageForm, data: dict[str, list], **headers):
    """Post as a browser does, and what no browser sends: lone surrogates."""
    if form.multipart:
        body, kind = multipart(data), f"multipart/form-data; boundary={BOUNDARY}"
    else:
        body, kind = urlencode(data, doseq=True, errors="surrogatepass").encode(), "application/x-www-form-urlencoded"
    return client.generic("POST", form.action, body, kind, headers=headers or None)


class _Reader(HTMLParser):
    def __init__(self, page: str):
        super().__init__()
        self.page, self.forms, self.named, self.buttons = page, [], {}, {}
        self.open = self.select = self.text = None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.open = PageForm(self.page, given.get("action") or self.page, {})
            self.open.multipart = given.get("enctype") == "multipart/form-data"
            if given.get("method", "get").lower() == "post":
                self.forms.append(self.open)
            if "id" in given:
                self.named[given["id"]] = self.open
        elif tag == "option" and self.select:
            value = given.get("value", "")
            self.select.options.append(value)
            if "selected" in given:
                self.select.values.append(value)
        elif tag in ("input", "select", "textarea", "button"):
            self._control(tag, given)

    def _control(self, tag, given):
        form = self.named.get(given["form"]) if "form" in given else self.open
        kind = {"input": given.get("type", "text"), "button": given.get("type", "submit")}.get(tag, tag).lower()
        if form is None or not given.get("name") or "disabled" in given:
            return
        if kind in BUTTONS:
            if kind == "submit":
                self.buttons.setdefault(id(form), {}).setdefault(given["name"], given.get("value", ""))
            return
        one = form.fields.setdefault(given["name"], Field(given["name"], kind))
        one.required |= "required" in given
        one.many |= "multiple" in given
        one.accept = given.get("accept", "")
        one.bounds = (given.get("min") or "", given.get("max") or "")
        if tag == "select":
            self.select = one
        elif tag == "textarea":
            self.text = one
            one.values.append("")
        elif kind in ("radio", "checkbox"):
            one.options.append(given.get("value", "on"))
            one.values += [given.get("value", "on")] if "checked" in given else []
        elif given.get("value"):
            one.values.append(given["value"])

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = None
        elif tag == "select" and self.select:
            one, self.select = self.select, None
            one.values = [value for value in one.values if value]
        elif tag == "textarea" and self.text:
            one, self.text = self.text, None
            one.values = [value for value in [one.values[-1].removeprefix("\n")] if value]

    def handle_data(self, text):
        if self.text:
            self.text.values[-1] += text


def forms_of(page: str, html: str) -> list[PageForm]:
    """The forms of a page, each once for every button of another name."""
    reader = _Reader(page)
    reader.feed(html)
    found = []
    for form in reader.forms:
        form.fields.pop("csrfmiddlewaretoken", None)
        form.action = urlsplit(form.action).path
        buttons = list(reader.buttons.get(id(form), {}).items()) or [None]
        found += [replace(form, button=button) for button in buttons]
    return found


# What a person types where a page leaves a field empty, by the name of the field or the kind of its control.
PLAIN = {
    "text": "Plain words",
    "textarea": "Plain words of a person.",
    "search": "Plain",
    "email": "ann.plain@example.org",
    "password": PASSWORD,
    "oldpassword": PASSWORD,
    "password1": "another-long-password-9",
    "password2": "another-long-password-9",
    "login": "services_facilitator@example.org",
    "code": "000000",
    "case_number": "F26-777001",
    "offense_on": "2026-03-01",
    "name": "Ann Plainfield",
    "phone": "305-555-0123",
    "date_of_birth": "1990-05-17",
    "ends": "12:00",
    # What only goes with another answer.
    **dict.fromkeys(("other_language", "interpreter", "operation", "operation_agency", "operation_name"), ""),
    **dict.fromkeys(("operation_on", "next_court_on"), ""),
}


def typed_by(land, kind: str) -> dict:
    """What is typed into the forms of a track today."""
    today = timezone.now().astimezone(land.cast.harbor.zone).date()
    later = (today + datetime.timedelta(days=14)).isoformat()
    people = {"reference": land.worlds[kind].references[0]}
    return {
        **PLAIN,
        **people,
        "asked_for": people["reference"],
        "date": today.isoformat(),
        **dict.fromkeys(("decide_by", "term_ends_on", "monitoring_ends_on", "contest_by"), later),
        "waived_until": (today + datetime.timedelta(days=800)).isoformat(),
        "datetime-local": f"{today}T00:01",
        "time": "10:00",
        "charge": builders.CHARGES[kind],
        "sheet": sending.rows_of(land.cast.tracks[kind], "Ann Plainfield"),
        "paper": papers.pdf(),
    }


# Pages of one's own account, and those of the second factor of an account that has an app.
ACCOUNT = ("account_reauthenticate", "account_change_password", "account_logout", "mfa_index", "mfa_activate_totp")
SECOND = ("mfa_reauthenticate", "mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_view_recovery_codes")
PASSKEYS = ("mfa_list_webauthn", "mfa_add_webauthn", "mfa_reauthenticate_webauthn")


def visitors(land) -> dict[str, Client]:
    """Browsers of those who may open every page between them; an answer of 500 is an answer."""
    with_app, with_passkey = land.cast.people["education_second_caseworker"], land.cast.people["outsider"]
    give_app(with_app)
    with belonging_to(with_passkey):
        Authenticator.objects.create(
            user=with_passkey, type=Authenticator.Type.WEBAUTHN, data={"name": "Blue key", "credential": {}}
        )
    for kind in ("education", "services"):  # whose account an administrator may open again
        user = land.cast.people[f"{kind}_caseworker"]
        give_app(user)
        Lockout.objects.create(account=account_of(user.email), at=timezone.now())
    names = ("both", "education_manager", "services_manager", "harbor_sender", "harbor_overseer")
    found = {name: land.cast.client(name) for name in (*names, "education_second_caseworker", "outsider")}
    found["nobody"] = Client()
    found["half"] = Client()
    found["half"].post(reverse("account_login"), {"login": with_app.email, "password": PASSWORD})
    for client in found.values():
        client.raise_request_exception = False
    return found


def pages(land) -> list[tuple[str, str, str]]:
    """Who opens which page of the project: visitor, place (a track, or what lies outside), address."""
    found = []
    for pattern in track_patterns():
        for kind in ("education", "services"):
            visitor = f"{kind}_manager" if pattern.name in OWN else "both"
            found.append((visitor, kind, land.url(kind, pattern.name)))
    found += [("harbor_sender", "drop", reverse(one.name, kwargs={"program": "harbor"})) for one in program_patterns()]
    found += [("harbor_overseer", "oversight", reverse(one.name)) for one in oversight_patterns()]
    for visitor, names in (
        ("both", ACCOUNT),
        ("education_second_caseworker", SECOND),
        ("outsider", PASSKEYS),
        ("nobody", ("account_login",)),
        ("half", ("mfa_authenticate",)),
    ):
        found += [(visitor, "account", reverse(name)) for name in names]
    passkey = Authenticator.objects.get(type=Authenticator.Type.WEBAUTHN).pk
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        found.append(("outsider", "account", reverse(name, kwargs={"pk": passkey})))
    return found


def all_forms(land, browsers: dict[str, Client]) -> list[PageForm]:
    """Each form of the project once for each place: where it goes, its button, and its fields make it what it is.

    Those of the tracks are looked up once in a process: the world is put back as it was, with the same keys.
    """
    today, asked = timezone.now().date(), pages(land)
    if today not in _of_tracks:
        _of_tracks[today] = collected([page for page in asked if page[1] != "account"], browsers)
    return [*_of_tracks[today], *collected([page for page in asked if page[1] == "account"], browsers)]


_of_tracks: dict[datetime.date, list[PageForm]] = {}


def collected(asked: list[tuple[str, str, str]], browsers: dict[str, Client]) -> list[PageForm]:
    found: dict[tuple, PageForm] = {}
    for visitor, place, url in asked:
        response = browsers[visitor].get(url)
        if not response["Content-Type"].startswith("text/html"):
            continue
        for form in forms_of(url, response.text):
            where = "account" if form.action.startswith("/account/") else place
            name = resolve(form.action).url_name
            key = (where, name, form.button and form.button[0], tuple(form.fields))
            found.setdefault(key, replace(form, visitor=visitor, place=where))
    return list(found.values())


@contextmanager
def undone(client: Client):
    """What is done inside leaves nothing: no row, no cookie, no count of tries."""
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    client.cookies = cookies
    cache.clear()


class Written:
    """The tables that statements write to, by their names."""

    def __init__(self):
        self.tables = set()

    def __call__(self, execute, sql, params, many, context):
        if found := re.match(r'(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"', sql):
            self.tables.add(found[1])
        return execute(sql, params, many, context)

"""Every form of the project, filled in as its page shows it: strings that break programs, and fields that it does not
have."""

import random
from collections import Counter

import pytest
from django.db import connection
from django.urls import resolve

from participants.access.kept import DISCARD
from participants.access.lock import STAMPS
from participants.models import Participant, Referral
from participants.tracks.models import TrackRecord
from participants.tracks.scope import in_track
from tests.access.page_forms import PageForm, Written, all_forms, send, typed_by, undone, visitors
from tests.shared_data import shared_data
from tests.standing import in_order, is_scoped, scope_of
from tests.world import track_patterns

FILES = ("payloads/csv-injection.txt", "payloads/sqli-auth-bypass.txt", "payloads/sqli-generic-sqli.txt")
# What is never part of a page unless it was let through, and what a template that takes text for code makes of it.
MARK = "<script>qz7(1)</script><qz7 x=\"qz7'>"
SHOWN = (b"<script>qz7", b"<qz7", b"qz7'>", b"14384", b"51724863")
SPECIAL = (
    f"a\0b{MARK}",
    f"\ud83d{MARK}\udc00",
    "x" * 1024 * 1024,
    f"a\r\nSet-Cookie: qz7=1\r\nLocation: //evil.example\r\n\r\n{MARK}",
    f"{MARK}\u202e\u2028\ufeff\U0010ffff",
    "{{ 7*7 }}{{ 7191|add:7193 }}{% debug %}{{ 7191*7193 }}${7191*7193}%(x)s{0.__class__}" + MARK,
)
# Pages whose form stands there in a state only that this world does not hold; test_payloads.py posts to them.
FORMLESS = {"break_glass_end", "court_told", "operation_work", "note_keepers", "completion_propose"}


def texts() -> list[str]:
    lines = [
        line
        for name in (*FILES, "naughty-strings.txt")
        for line in shared_data(name).read_text(encoding="utf-8").split("\n")
        if line.strip() and not line.startswith("# ")
    ]
    assert len(lines) > 700
    return lines


def one_of_each(forms: list[PageForm]) -> list[PageForm]:
    """Each form once, now in the one track, now in the other."""
    found: dict[tuple, list[PageForm]] = {}
    for form in forms:
        key = (
            resolve(form.action).url_name,
            form.button and form.button[0],
            form.place not in ("education", "services"),
        )
        found.setdefault(key, []).append(form)
    return [same[number % len(same)] for number, same in enumerate(found.values())]


def filled_in(land, form: PageForm) -> dict[str, list]:
    return form.sent(typed_by(land, form.place if form.place in land.worlds else "education"))


def faults(client, response) -> list:
    """What is wrong with an answer, and with the page to which it leads."""
    found, seen = [], [response]
    if response.status_code == 302 and response.url.startswith("/"):
        seen.append(client.get(response.url))
    for answer in seen:
        if answer.status_code >= 500:
            found.append(answer.status_code)
        found += [word for word in SHOWN if word in answer.content]
        found += [name for name, value in answer.items() if "<" in value and name != "Content-Security-Policy"]
        found += [name for name in ("qz7", "x") if name in answer.cookies]
    return found


def payloads_for(form: PageForm, data: dict, number: int, draw: random.Random, lines: list[str]):
    """The data with one payload in one field at a time, and once in all of them."""
    where = form.typed or [name for name in form.fields if name not in form.files] or ["q"]
    chosen = [*(SPECIAL[(number + turn) % len(SPECIAL)] for turn in (0, 1, 3)), draw.choice(lines) + MARK]
    for turn, text in enumerate(chosen):
        yield {**data, where[(number + turn) % len(where)]: [text]}
    text = draw.choice((*SPECIAL[:2], *SPECIAL[3:], draw.choice(lines) + MARK))
    yield {name: values if name in form.files else [text] for name, values in data.items()}


def test_every_address_that_takes_a_post_shows_its_form(land):
    """So that the tests below drive them all; and no page says that it gives back what nobody has typed."""
    browsers = visitors(land)
    forms = all_forms(land, browsers)
    shown, formless = {resolve(form.action).url_name for form in forms}, set()
    for pattern in track_patterns():
        if pattern.name not in shown:
            with undone(browsers["both"]):
                response = browsers["both"].post(land.url("education", pattern.name))
            formless |= {pattern.name} if response.status_code != 405 else set()
    assert formless == FORMLESS
    assert [str(form) for form in forms if form.button and form.button[0] == DISCARD] == []
    assert shown >= {"drop", "oversight_review", "account_login", "mfa_authenticate", "mfa_activate_totp"}


@pytest.mark.shared_data
def test_payloads_in_every_form(land):
    draw, lines, browsers, wrong, taken = random.Random(4), texts(), visitors(land), [], 0
    forms = all_forms(land, browsers)
    for number, form in enumerate(one_of_each(forms)):
        client = browsers[form.visitor]
        for data in payloads_for(form, filled_in(land, form), number, draw, lines):
            with undone(client):
                response = send(client, form, data)
                taken += response.status_code == 302
                if found := faults(client, response):
                    plain = filled_in(land, form)
                    odd = {name: values[0][:30] for name, values in data.items() if values != plain.get(name)}
                    wrong.append((str(form), found, odd))
    assert wrong == []
    assert taken > 100


# --- fields that a form does not have ------------------------------------------------------------------------------


def forged_fields(land, form: PageForm) -> dict[str, list[str]]:
    """Names of columns, each with a value that the column could take: another track, another person, another right."""
    kind = "services" if form.place == "education" else "education"
    other, people = land.cast.tracks[kind], land.cast.people
    stranger = str(people["elsewhere_manager"].pk)
    with in_track(land.cast.tracks["education"]):
        case, stay = Referral.objects.latest("id").pk, Participant.objects.latest("id").pk
    forged = {
        **dict.fromkeys(("track", "track_id"), str(other.pk)),
        **dict.fromkeys(("program", "program_id"), str(land.cast.river.pk)),
        **dict.fromkeys(("id", "pk", "referral", "referral_id"), str(case)),
        **dict.fromkeys(("participant", "participant_id"), str(stay)),
        **dict.fromkeys(("by", "by_id", "user", "user_id", "author", "author_id", "keeper", "keeper_id"), stranger),
        **dict.fromkeys(("actor", "actor_id", "decided_by", "decided_by_id", "caseworker_id"), stranger),
        **dict.fromkeys(("status", "state"), "completed"),
        **dict.fromkeys(("role", "roles", "permissions", "groups"), "administrator"),
        **dict.fromkeys(("is_active", "is_superuser", "is_staff", "must_change_password"), ""),
        **dict.fromkeys(("created_at", "at", "now", "today", "written_at"), "1999-12-31"),
        **dict.fromkeys(("password", "new_password"), "forged-password-1"),
        **dict.fromkeys(("agency", "sender", "kind", "reference"), "forged"),
        "version": "77777",
        "visibility": "privileged",
        "_method": "DELETE",
    }
    return {name: [value] for name, value in forged.items() if name not in form.fields}


def scopes(land) -> list:
    return [None, *land.cast.tracks.values()]


def rows_of(land, models) -> dict[tuple, dict]:
    """What is kept, opened where it is sealed: by table, track and key, in order of the keys."""
    found = {}
    for model in models:
        for track in scopes(land) if is_scoped(model) else [None]:
            with scope_of(track):
                for row in read(model, track):
                    key = (model.__name__, track and track.kind, str(row.pk))
                    found[key] = {field.attname: value_of(row, field) for field in model._meta.concrete_fields}
    return found


def read(model, track):
    if track is None and issubclass(model, TrackRecord):
        return []
    return list(model._default_manager.order_by("pk"))


def value_of(row, field):
    """A value, opened where it is sealed; of a session what it holds, without the instants."""
    if field.attname == "session_data":
        return {name: value for name, value in row.get_decoded().items() if name != STAMPS}
    value = getattr(row, field.attname)
    return bytes(value) if isinstance(value, memoryview) else value


class Changes:
    """What a post changes, against the rows as they are before any."""

    def __init__(self, land):
        self.land = land
        self.models = {model._meta.db_table: model for model in in_order()}
        self.before = rows_of(land, self.models.values())

    def of(self, client, form: PageForm, data: dict) -> tuple[int, dict]:
        """The status, and each cell that is another one now: by table, track, whose row (the key of one that was there,
        the number of a new one) and column."""
        written = Written()
        with undone(client):
            with connection.execute_wrapper(written):
                status = send(client, form, data).status_code
            after = rows_of(self.land, [self.models[table] for table in written.tables])
        names = {self.models[table].__name__ for table in written.tables}
        cells, new = {}, Counter()
        for key, row in after.items():
            if key not in self.before:
                new[key[:2]] += 1
                cells |= {(*key[:2], new[key[:2]], column): value for column, value in row.items()}
            elif row != (old := self.before[key]):
                cells |= {(*key, column): value for column, value in row.items() if value != old[column]}
        gone = [key for key in self.before if key[0] in names and key not in after]
        return status, cells | dict.fromkeys(gone, "gone")


def test_no_form_takes_a_field_that_it_does_not_have(land):
    """The same post with and without fields named like columns changes the same cells to the same values; what differs
    between two posts that are alike (new keys, instants) is compared with the forged values only."""
    browsers, wrong, changed = visitors(land), [], 0
    forms, changes = all_forms(land, browsers), Changes(land)
    for form in one_of_each(forms):
        client, data, forged = browsers[form.visitor], filled_in(land, form), forged_fields(land, form)
        status, control = changes.of(client, form, data)
        _, again = changes.of(client, form, data)
        forged_status, found = changes.of(client, form, {**data, **forged})
        steady = {cell for cell, value in control.items() if cell in again and again[cell] == value}
        changed += any(cell[0] != "Event" for cell in steady)
        if forged_status != status or found.keys() != control.keys():
            wrong.append((str(form), status, forged_status, sorted(map(str, found.keys() ^ control.keys()))[:5]))
        values = {value for (value,) in forged.values() if value}
        wrong += [
            (str(form), cell, control.get(cell), value)
            for cell, value in found.items()
            if (cell in steady and value != control[cell])
            or (cell not in steady and control.get(cell) != value and values & set(str(value).split()))
        ]
    assert wrong == []
    assert changed > 50

"""Requests that no browser of ours sends: broken multipart, other kinds of content, names of files, addresses to go on
to, hosts, and methods in disguise."""

import io
import re
from collections import Counter
from urllib.parse import parse_qsl, quote, urlsplit

from django.contrib.sessions.models import Session
from django.db import connection
from django.test import RequestFactory
from django.urls import resolve, reverse

from diversion.wsgi import application
from participants.audit.models import Event, EventSubject
from participants.documents.models import Document
from participants.files.models import WaitingFile
from participants.tracks.scope import in_track
from tests.access.again import code, give_code, give_password, lock
from tests.access.page_forms import BOUNDARY, Written, all_forms, multipart, typed_by, undone, visitors
from tests.access.test_payloads import client_of, rows
from tests.cast import PASSWORD
from tests.world import DOWNLOADS

MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
URLENCODED = "application/x-www-form-urlencoded"
END = f"--{BOUNDARY}--\r\n".encode()
# What says only that a page was asked for.
ON_RECORD = {model._meta.db_table for model in (Event, EventSubject, Session)}
REFUSED = {302, 400, 403, 413, 422}
# The forms that take a file, and two that do not.
DRIVEN = {"referral_import", "document_new", "drop", "referral_new", "note_new"}
NESTED = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"\r\n'
    "Content-Type: multipart/mixed; boundary=inner\r\n\r\n--inner\r\n"
    'Content-Disposition: file; filename="a.csv"\r\n\r\n<qz7>\r\n--inner--\r\n'
).encode()
FILE_NAMES = (
    "../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "a\0b.csv",
    "a%0d%0aSet-Cookie: qz7=1.csv",
    "a\rSet-Cookie: qz7=1.csv",
    "<script>qz7(1)</script>.csv",
    "<qz7 x='qz7>.csv",
    '\\"; filename=\\"<qz7>.csv',
    "n" * 300 + ".csv",
    "fdp\u202evsc.exe",
    "\ud800.csv",
    ".",
    "",
)
# What Python knows by these names replaces what it cannot read; that of the others fails, or is no charset at all.
REPLACING = ("utf-7", "utf-16", "unicode_escape", "raw_unicode_escape")
CHARSETS = (*REPLACING, "idna", "punycode", "zlib", "hex", "undefined")


def broken(data: dict) -> dict[str, tuple[bytes, str, dict]]:
    """Body, content type and further headers by what is wrong with them."""
    whole = multipart({**data, **{name: ["<qz7>"] for name in data.keys() & {"name", "text", "title"}}})
    many = {f"field{number}": ["x"] for number in range(10_000)}
    return {
        "no boundary": (whole, "multipart/form-data", {}),
        "empty boundary": (whole, "multipart/form-data; boundary=", {}),
        "boundary of 300": (whole, f"multipart/form-data; boundary={'b' * 300}", {}),
        "odd boundary": (whole, 'multipart/form-data; boundary="\xe9\0"', {}),
        "another boundary": (whole, "multipart/form-data; boundary=other", {}),
        "truncated": (whole[: len(whole) // 2], MULTIPART, {}),
        "ends in a head": (whole[: whole.rindex(b"name=")], MULTIPART, {}),
        "shorter than told": (whole, MULTIPART, {"CONTENT_LENGTH": str(len(whole) * 3)}),
        "longer than told": (whole, MULTIPART, {"CONTENT_LENGTH": "20"}),
        "negative length": (whole, MULTIPART, {"CONTENT_LENGTH": "-1"}),
        "length no number": (whole, MULTIPART, {"CONTENT_LENGTH": "many"}),
        "nested": (NESTED + END, MULTIPART, {}),
        "no names": (f"--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\n<qz7>\r\n".encode() + END, MULTIPART, {}),
        "bad base64": (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="name"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
            "=qz7=\r\n".encode()
            + END,
            MULTIPART,
            {},
        ),
        "10,000 fields": (multipart(many), MULTIPART, {}),
        "10,000 fields in a line": ("&".join(f"{name}=x" for name in many).encode(), URLENCODED, {}),
        "20 files": (multipart({**data, "file": [b"qz7"] * 20}), MULTIPART, {}),
        "one huge field": (multipart({**data, "name": ["x" * (3 << 20)]}), MULTIPART, {}),
        "one huge line": (b"name=" + b"x" * (3 << 20), URLENCODED, {}),
        "file over 10 MB": (multipart({**data, "file": [b"x" * ((10 << 20) + 1)]}), MULTIPART, {}),
        "JSON": (b'{"name": "<qz7>"}', "application/json", {}),
        "XML": (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "application/xml", {}),
        "no kind": (whole, "", {}),
        "odd kind": (whole, ";;=\xff,\0", {}),
    }


def driven(land, browsers) -> list:
    """The forms meant above, each once, with what they send."""
    found = {}
    for form in all_forms(land, browsers):
        name = resolve(form.action).url_name
        if name in DRIVEN and form.place in ("education", "drop"):
            found.setdefault(name, (form, form.sent(typed_by(land, "education"))))
    assert set(found) == DRIVEN
    return list(found.values())


def posted_raw(client, url: str, body: bytes, kind: str, more: dict):
    """A server reads as far as the line goes, whatever length was told."""
    return client.generic("POST", url, body, kind, **{"wsgi.input": io.BytesIO(body), **more})


def test_broken_bodies_are_refused_and_change_nothing(land):
    browsers, wrong, answered = visitors(land), [], Counter()
    for form, data in driven(land, browsers):
        client = browsers[form.visitor]
        for what, (body, kind, more) in broken(data).items():
            written = Written()
            with undone(client), connection.execute_wrapper(written):
                response = posted_raw(client, form.action, body, kind, more)
            status = response.status_code
            answered[status] += 1
            # What is whole in spite of the fault is taken.
            if status not in REFUSED and (form.place, status) != ("drop", 200):
                wrong.append((str(form), what, status))
            if status not in (200, 302) and not written.tables <= ON_RECORD:
                wrong.append((str(form), what, written.tables))
            if b"<qz7>" in response.content:
                wrong.append((str(form), what, "shown"))
    assert wrong == []
    assert answered[400] > 20 and answered[413] > 4 and answered[200] + answered[302] < 12


def test_other_charsets_are_refused(land):
    """Text in them may hold what the database does not take, or be decoded by what is no charset at all."""
    browsers, found, odd = visitors(land), {}, "+2AA-\\ud800"
    for form, data in driven(land, browsers):
        texts = {name: [odd] if name in form.typed else values for name, values in data.items()}
        for charset in CHARSETS:
            for kind in (MULTIPART, URLENCODED):
                with undone(browsers[form.visitor]):
                    response = posted_raw(
                        browsers[form.visitor], form.action, multipart(texts), f"{kind}; charset={charset}", {}
                    )
                found[str(form), kind, charset] = response.status_code
    for url in (land.url("education", "participants"), land.url("education", "audit"), reverse("account_login")):
        for charset in REPLACING:
            query = {"q": odd, "next": odd, "page": odd}
            response = browsers["both"].get(url, query, CONTENT_TYPE=f"text/plain; charset={charset}")
            found[url, charset] = response.status_code
    assert {key: status for key, status in found.items() if status != 400} == {}
    for charset in ("UTF-8", "utf8", '"utf-8"'):
        assert browsers["both"].get(url, CONTENT_TYPE=f"{URLENCODED}; charset={charset}").status_code == 302


def test_addresses_that_cannot_be_read_are_refused_before_there_is_a_request(db):
    """Beside a character set they are read at once, where no fault would become a page."""
    for charset, query in (("utf-8", "&" * 3000), *((charset, "q=%ff%fe%2B2AA-") for charset in CHARSETS)):
        answers = []
        more = {"CONTENT_TYPE": f"text/plain; charset={charset}", "QUERY_STRING": query, "PATH_INFO": "/health/"}
        environ = RequestFactory()._base_environ(**more)
        list(application(environ, lambda status, headers, answers=answers: answers.append(status)))
        assert answers == ["400 Bad Request"], charset


# --- names of files ------------------------------------------------------------------------------------------------


def test_names_of_files_are_plain_wherever_they_come_to(land):
    """Stored, shown on the page that follows, and in the headers of every download."""
    browsers, track, kept = visitors(land), land.cast.education, set()
    for form, data in driven(land, browsers):
        client = browsers[form.visitor]
        for name in FILE_NAMES if form.files else ():
            with undone(client):
                response = posted_raw(client, form.action, multipart(data, name), MULTIPART, {})
                assert response.status_code in REFUSED | {200}
                seen = [response, *([client.get(response.url)] if response.status_code == 302 else [])]
                with in_track(track):
                    kept |= {row.file_name for row in WaitingFile.objects.order_by("id")}
                headers = [pair for url in downloads(land) for pair in browsers["both"].get(url).items()]
            for answer in seen:
                assert answer.status_code < 500
                assert not re.search(rb"<script>qz7|<qz7|/passwd|\.\./etc", answer.content)
            assert not [pair for pair in headers if set("\r\n\0") & set(pair[1]) or "qz7" in pair[1]]
    assert len(kept) > 6
    assert [name for name in kept if len(name) > 255 or re.search(r"[\0\r\n/\\\u202e\ud800-\udfff]", name)] == []


def downloads(land) -> list[str]:
    with in_track(land.cast.education):
        paper = Document.objects.latest("id").pk
    others = [land.url("education", one) for one in sorted(DOWNLOADS - {"document", "oversight_export"})]
    return [land.url("education", "document", pk=paper), *others]


# --- where one is led ----------------------------------------------------------------------------------------------

AWAY = (
    "//evil.example",
    "///evil.example",
    "////evil.example/x",
    "https://evil.example/",
    "http:evil.example",
    "https:/evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "\t//evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "data:text/html,qz7",
    "%0d%0aLocation:%20//evil.example",
    "/\r\nLocation: //evil.example",
    "//testserver@evil.example",
    "https://testserver.evil.example/",
    "//evil.example\\@testserver",
    "%2f%2fevil.example",
    "/%09/evil.example",
)


NEW = "another-long-password-9"


def leads_off(response) -> bool:
    """Whether a browser that follows would leave the host: it drops tabs and line ends, and takes \\ for /."""
    if response.status_code not in (301, 302, 303, 307, 308) and "HX-Redirect" not in response:
        return response.status_code >= 500
    target = re.sub(r"[\t\r\n]", "", response.get("HX-Redirect") or response["Location"]).strip().replace("\\", "/")
    parts = urlsplit(target)
    return target.startswith("//") or bool(parts.netloc) or bool(parts.scheme)


def signing_in(land) -> tuple[dict, dict]:
    """Posts that go on to `next` when they succeed, by what they do; and the browsers that send them."""
    browsers = visitors(land)
    login = {"login": "services_facilitator@example.org", "password": PASSWORD}
    return {
        "login": lambda go: browsers["nobody"].post(f"/account/login/?next={quote(go)}", {**login, "next": go}),
        "password": lambda go: give_password(browsers["both"], go),
        "code": lambda go: give_code(browsers["education_second_caseworker"], go),
        "half": lambda go: give_half(browsers["half"], go),
        "logout": lambda go: browsers["both"].post(f"/account/logout/?next={quote(go)}", {"next": go}),
        "change": lambda go: browsers["both"].post(
            f"/account/password/change/?next={quote(go)}",
            {
                "oldpassword": PASSWORD,
                "password1": "x" * 8 + "long-one-9",
                "password2": "x" * 8 + "long-one-9",
                "next": go,
            },
        ),
    }, browsers


def give_half(client, go: str):
    """The code at sign-in, after a page that was asked for with `next`."""
    return client.post(f"/account/second/code/?next={quote(go)}", {"code": code(), "next": go})


def test_next_never_leads_off_the_host(land):
    sends, browsers = signing_in(land)
    wrong, went = [], set()
    for what, sent in sends.items():
        for go in (*AWAY, "/account/second/"):
            kept = {name: client.cookies.copy() for name, client in browsers.items()}
            with undone(browsers["both"]):
                response = sent(go)
            for name, client in browsers.items():
                client.cookies = kept[name]
            if leads_off(response):
                wrong.append((what, go, response.status_code, response.get("Location")))
            if response.status_code == 302:
                went.add((what, response.url == "/account/second/"))
    assert wrong == []
    assert {what for what, there in went if there} == {"login", "password", "code", "half", "logout", "change"}


def test_locked_session_leads_back_within_the_host(land):
    """By its own address, by the page that htmx says it is on, and by the page that asks."""
    client = client_of(land)
    lock(client)
    wrong = []
    for go in AWAY:
        page = land.url("education", "participants")
        answers = [
            client.get(page, {"next": go}),
            client.get(f"/{go.lstrip('/')}") if "\n" not in go else client.get(page),
            client.get(
                page, headers={"HX-Request": "true", "HX-Current-URL": quote(f"http://testserver/{go}", ":/\\")}
            ),
            client.get(page, headers={"HX-Request": "true", "HX-Current-URL": quote(go, ":/\\")}),
        ]
        for response in answers:
            if response.status_code == 404:
                continue
            back = urlsplit(response.get("HX-Redirect") or response["Location"])
            assert back.path.startswith("/account/")
            with undone(client):
                again = client.post(back.path, {"password": PASSWORD, **dict(parse_qsl(back.query))})
            assert again.status_code == 302
            if leads_off(response) or leads_off(again):
                wrong.append((go, response.get("Location"), again.url))
    assert wrong == []


# --- hosts and methods ---------------------------------------------------------------------------------------------


HOSTS = ("evil.example", "testserver.evil.example", "testserver:80@evil.example", "evil.example:80", "a b", "", "[::2]")


def test_wrong_host_is_refused(land):
    client = client_of(land)
    for host in HOSTS:
        for url in (
            "/",
            "/account/login/",
            land.url("education", "participants"),
            land.url("services", "referral_new"),
        ):
            for method in (client.get, client.post):
                response = method(url, HTTP_HOST=host)
                assert (response.status_code, response.get("Location")) == (400, None), (url, host)
                assert b"evil" not in response.content


def test_forwarded_host_is_not_listened_to(land):
    client = client_of(land)
    lock(client)
    told = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Host": "evil.example"}
    told |= {"X-Original-URL": "/health/", "X-Rewrite-URL": "/health/", "X-Forwarded-Prefix": "//evil.example"}
    response = client.get(land.url("education", "participants"), headers=told)
    assert response.status_code == 302
    assert "evil" not in response.url


def test_methods_in_disguise_stay_what_they_are(land):
    client, before = client_of(land), rows(land)
    names = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
    reading, writing = land.url("education", "participants"), land.url("education", "batch_undo")
    for method in ("DELETE", "PUT", "POST", "PATCH"):
        headers = dict.fromkeys(names, method)
        query = {"_method": method, "_HttpMethod": method}
        assert client.get(writing, query, headers=headers).status_code == 200
    for method in ("GET", "HEAD", "OPTIONS"):
        headers = dict.fromkeys(names, method)
        assert client.post(reading, {"_method": method}, headers=headers).status_code == 405
    assert rows(land) == before
    with undone(client):
        assert client.post(writing, {"_method": "GET"}, headers=dict.fromkeys(names, "GET")).status_code == 302
        assert rows(land) != before

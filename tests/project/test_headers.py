"""Every answer of every address carries the headers, with the settings that production has."""

import os
import runpy
from collections import Counter

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory

import diversion.settings
from tests import builders
from tests.cast import PASSWORD
from tests.world import build_world, patterns, program_patterns, track_patterns, unknown

TRANSPORT = ("SECURE_", "SESSION_COOKIE_", "CSRF_COOKIE_", "CONTENT_SECURITY_POLICY", "X_FRAME_OPTIONS", "FRESH_")
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "upgrade-insecure-requests",
}
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@pytest.fixture(scope="session")
def production(tmp_path_factory) -> dict:
    """The settings file as production reads it."""
    kept = dict(os.environ)
    folder, keys = tmp_path_factory.mktemp("production"), tmp_path_factory.mktemp("keys")
    os.environ |= {"DEMO": "0", "DIVERSION_VAR": str(folder), "ALLOWED_HOSTS": "testserver", "SECRET_KEY": "k" * 50}
    os.environ["DIVERSION_KEYS"] = str(keys)
    try:
        return runpy.run_path(diversion.settings.__file__)
    finally:
        os.environ.clear()
        os.environ.update(kept)


@pytest.fixture(autouse=True)
def as_production(settings, production):
    for name, value in production.items():
        if name.startswith(TRANSPORT):
            setattr(settings, name, value)


def client_of(cast, name: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(cast.people[name])
    return client


def faults(response) -> list[str]:
    """What an answer lacks."""
    found = [f"{name}: {response.get(name)}" for name, value in HEADERS.items() if response.get(name) != value]
    if "no-store" not in response.get("Cache-Control", ""):
        found.append("Cache-Control")
    policy = {part.strip() for part in response.get("Content-Security-Policy", "").split(";")}
    if policy not in (POLICY, {"sandbox", "default-src 'none'"}):  # the second is that of a paper
        found.append(f"Content-Security-Policy: {policy ^ POLICY}")
    if (response.get("Permissions-Policy") or "").count("=()") < 20:
        found.append("Permissions-Policy")
    found += [name for name in ("Server", "X-Powered-By") if name in response]
    return found


def test_every_answer_of_every_address(cast):
    world = build_world(cast, cast.education, "Edgar Buyerson")
    inside = {pattern.name for pattern in track_patterns()} | {pattern.name for pattern in program_patterns()}
    manager, sender, nobody = client_of(cast, "education_manager"), client_of(cast, "harbor_sender"), Client()
    seen, lacking = Counter(), {}
    asked = []
    for pattern in track_patterns():
        kwargs = world.kwargs.get(pattern.name, {})
        url, other = (cast.url(track, pattern.name, **kwargs) for track in (cast.education, cast.services))
        asked += [
            (manager.get, url),
            (manager.post, url),
            (manager.delete, url),
            (nobody.get, url),
            (manager.get, other),
        ]
        if kwargs:
            asked.append((manager.get, cast.url(cast.education, pattern.name, **unknown(kwargs))))
    for route, pattern in patterns():
        if pattern.name not in inside and pattern.name != "account_logout":
            url = "/" + route.replace("<int:pk>", "1")
            asked += [(one.get, url) for one in (manager, nobody)] + [(manager.delete, url)]
    asked += [(sender.get, "/harbor/drop/"), (sender.post, "/harbor/drop/"), (nobody.get, "/nowhere/")]
    for method, url in asked:
        response = method(url, secure=True)
        seen[response.status_code] += 1
        if found := faults(response):
            lacking[method.__name__, url, response.status_code] = found
    assert lacking == {}
    assert {200, 302, 403, 404, 405, 422} <= set(seen)
    assert len(seen) < 9, seen
    assert 500 not in seen


def test_answers_to_what_is_broken(cast, settings):
    settings.ROOT_URLCONF = "tests.project.broken_urls"
    builders.make_enrollment(cast, cast.education, name="Ada Quillfeather")
    client, url = client_of(cast, "education_manager"), cast.url(cast.education, "referral_new")
    answers = {
        500: client.get("/harbor/education/broken/value/", secure=True),
        403: client.get("/harbor/education/broken/denied/", secure=True),
        301: client.get("/", secure=False),
        400: client.post(url, b"--x\r\nno headers", content_type="multipart/form-data; boundary=\xff", secure=True),
        413: client.post(url, {"name": "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)}, secure=True),
    }
    assert {number: answer.status_code for number, answer in answers.items()} == {number: number for number in answers}
    plain = answers.pop(301)  # sent over the open wire, where a browser ignores the one header
    assert faults(plain) == ["Strict-Transport-Security: None"]
    assert {number: faults(answer) for number, answer in answers.items()} == {number: [] for number in answers}
    wrong_host = Client(raise_request_exception=False).get("/", headers={"Host": "elsewhere.example"}, secure=True)
    assert (wrong_host.status_code, faults(wrong_host)) == (400, [])


def test_cookies_belong_to_this_host_over_tls(cast):
    client = Client()
    client.post("/account/login/", {"login": "education_caseworker@example.org", "password": PASSWORD}, secure=True)
    assert set(client.cookies) == {"__Host-session", "__Host-csrf"}
    for cookie in client.cookies.values():
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
        assert (cookie["path"], cookie["domain"]) == ("/", "")
    assert client.cookies["__Host-session"]["max-age"] == ""  # gone with the browser


def test_sign_out_empties_the_browser(cast):
    client = client_of(cast, "education_caseworker")
    assert "Clear-Site-Data" not in client.get("/account/logout/", secure=True)
    response = client.post("/account/logout/", secure=True)
    assert (response.status_code, response["Clear-Site-Data"]) == (302, '"cache", "storage"')


def test_production_is_strict(production):
    assert production["DEBUG"] is False
    assert production["FRESH_SIGN_IN_REQUIRED"] is True
    assert production["SESSION_COOKIE_SECURE"] is production["CSRF_COOKIE_SECURE"] is True
    assert production["SECURE_SSL_REDIRECT"] is True


# --- uploads -----------------------------------------------------------------------------------------------------


@pytest.fixture
def upload(cast):
    client, url = client_of(cast, "education_manager"), cast.url(cast.education, "referral_import")

    def send(**fields):
        return client.post(url, fields, secure=True)

    return send


def test_upload_over_the_limit_is_refused_next_to_its_field(upload, settings):
    settings.UPLOAD_LIMIT = 1000
    response = upload(sender="Harbor Police", file=SimpleUploadedFile("a.csv", b"x" * 1001))
    assert response.status_code == 422
    assert 'value="Harbor Police"' in response.text


def test_many_files_are_bounded_together(settings):
    settings.UPLOAD_LIMIT = 1000
    files = {f"file{number}": SimpleUploadedFile("a.csv", b"x" * 400) for number in range(4)}
    kept = RequestFactory().post("/", files).FILES
    assert [len(kept[name].read()) for name in sorted(files)] == [400, 400, 0, 0]


def test_request_that_is_much_too_large_is_not_read(upload, settings):
    settings.UPLOAD_LIMIT = 1000
    response = upload(file=SimpleUploadedFile("a.csv", b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 2001)))
    assert response.status_code == 413
    assert "This is too large to send" in response.text
    assert "1000\xa0bytes" in response.text


@pytest.mark.parametrize("number", [6, 40])
def test_too_many_files_or_fields(upload, cast, settings, number):
    files = {f"file{one}": SimpleUploadedFile("a.csv", b"x") for one in range(number)}
    response = upload(**files)
    assert response.status_code == 400
    assert "did not arrive whole" in response.text
    fields = {f"field{one}": "x" for one in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    assert upload(**fields).status_code == 400


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data; boundary=" + "b" * 300, b"x"),
        ("multipart/form-data; boundary=bb", b'--bb\r\nContent-Disposition: form-data; name="a'),
        ("multipart/form-data; boundary=bb", b"--bb\r\nContent-Disposition: form-data\r\n\r\n" + b"\xff" * 500),
        (
            "multipart/form-data; boundary=bb",
            b"--bb\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: "
            b'form-data; name="a"; filename="b"\r\n\r\n!!!\r\n--bb--',
        ),
        ("application/x-www-form-urlencoded; charset=nonsense", b"a=1"),
        ("application/x-www-form-urlencoded", b"%ff%00=" + b"\x00" * 50),
        ("multipart/form-data; boundary=bb", b""),
    ],
)
def test_malformed_request_is_answered_with_a_page(cast, content_type, body):
    client, url = client_of(cast, "education_manager"), cast.url(cast.education, "referral_import")
    response = client.generic("POST", url, body, content_type, secure=True)
    assert response.status_code in {400, 422}
    assert "<h1>" in response.text
    assert faults(response) == []

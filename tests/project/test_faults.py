"""What a fault says: neither its page, with debug pages forced on too, nor a log line shows what a record holds."""

import io
import logging
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.views.debug import ExceptionReporter, get_exception_reporter_class, get_exception_reporter_filter

from diversion.apps import DiversionConfig
from diversion.faults import PlainReporter, ShowsNothing
from diversion.logging import PlainFormatter
from tests import builders

NAME, TYPED = "Quillfeather", "Tabberly"


@pytest.fixture
def broken(cast, settings):
    """Pages of the education track that fail with a person's name in hand."""
    settings.ROOT_URLCONF = "tests.project.broken_urls"
    stay = builders.make_enrollment(cast, cast.education, name=f"Ada {NAME}")
    builders.make_enrollment(cast, cast.services, name="Selma Other")
    return stay.participant


def client_of(cast, member: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(cast.people[member])
    return client


@pytest.fixture
def log():
    """Every line of every logger, as production writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(PlainFormatter())
    names = ("", "django", "django.request", "django.security", "django.server")
    before = {name: (logging.getLogger(name).level, logging.getLogger(name).disabled) for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.INFO)
        logging.getLogger(name).disabled = False
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)
    for name, (level, disabled) in before.items():
        logging.getLogger(name).setLevel(level)
        logging.getLogger(name).disabled = disabled


@pytest.mark.parametrize("debug", [False, True])
def test_fault_page_shows_neither_variables_nor_what_was_typed(cast, broken, settings, debug):
    settings.DEBUG = debug
    for member, status in (("education_manager", 500), ("services_manager", 404), ("education_administrator", 403)):
        client = client_of(cast, member)
        for accept in ("text/html", "application/json"):
            response = client.post(
                f"/harbor/education/broken/value/?who={TYPED}", {"typed": TYPED}, headers={"Accept": accept}
            )
            assert response.status_code == status
            # Django's debug page of a wrong address repeats the address to whoever typed it.
            typed = [] if status == 404 else [TYPED]
            for secret in (NAME, broken.reference, "SECRET_KEY", settings.SECRET_KEY, *typed):
                assert secret.encode() not in response.content, (member, accept, secret)
    denied = client_of(cast, "education_manager").get("/harbor/education/broken/denied/")
    assert denied.status_code == 403
    assert NAME.encode() not in denied.content


def test_debug_page_of_a_wrong_address_shows_nothing_of_the_other_track(cast, broken, settings):
    settings.DEBUG = True
    client = client_of(cast, "services_manager")
    theirs = cast.url(cast.education, "participant", reference=broken.reference)
    here = cast.url(cast.services, "participant", reference=broken.reference)
    for url in (theirs, here, "/nowhere/"):
        response = client.get(url)
        assert response.status_code == 404
        assert NAME.encode() not in response.content


def test_debug_page_says_what_kind_of_fault_and_where(cast, broken, settings):
    settings.DEBUG = True
    page = client_of(cast, "education_manager").get("/harbor/education/broken/value/").text
    assert "ValueError" in page
    assert "tests/project/broken_urls.py:" in page


def test_reports_go_through_ours(settings):
    assert get_exception_reporter_class(None) is PlainReporter
    assert isinstance(get_exception_reporter_filter(None), ShowsNothing)


def test_the_filter_alone_hides_variables_and_settings(rf, settings):
    """Should somebody take Django's own reporter again, the filter still shows no value."""
    request = rf.post("/?who=Tabberly", {"typed": TYPED})
    try:
        name = f"Ada {NAME}"
        raise ValueError(len(name))
    except ValueError:
        reporter = ExceptionReporter(request, *sys.exc_info())
        page = reporter.get_traceback_html() + reporter.get_traceback_text()
    data = reporter.get_traceback_data()
    assert f"Ada {NAME}" not in page
    assert settings.SECRET_KEY not in page
    assert (data["settings"], data["request_meta"], data["filtered_POST_items"]) == ({}, {}, [])
    assert all(frame["vars"] == [] for frame in data["frames"])


def test_debug_never_starts_outside_a_demonstration(settings):
    import diversion

    config = DiversionConfig("diversion", diversion)
    settings.DEBUG, settings.DEMO = True, False
    with pytest.raises(ImproperlyConfigured, match="DEBUG"):
        config.ready()
    settings.DEBUG = False
    config.ready()


def test_log_lines_hold_no_query_and_nothing_typed(cast, broken, log):
    manager, stranger = client_of(cast, "education_manager"), client_of(cast, "services_manager")
    strict = Client(enforce_csrf_checks=True)
    for client in (manager, stranger, strict, Client()):
        client.post(f"/harbor/education/broken/value/?who={TYPED}", {"typed": TYPED})
        client.get(f"/harbor/education/broken/denied/?who={TYPED}")
        client.get(f"/harbor/education/participants/{TYPED}/?who={TYPED}")
        client.get(f"/{TYPED}/{TYPED}/?who={TYPED}")
        client.delete(f"/harbor/education/referrals/?who={TYPED}")
        client.post(f"/harbor/education/referrals/new/?who={TYPED}", {"name": TYPED * 400_000})
        client.post(f"/account/login/?next=/{TYPED}", {"login": f"{TYPED}@example.org", "password": TYPED})
        client.get("/", headers={"Host": f"{TYPED}.example"})
        client.get("/account/login/", headers={"Referer": f"http://testserver/{TYPED}"})
    lines = log.getvalue()
    assert "ValueError at" in lines
    assert "Not Found: /<slug:program>/<slug:track>/participants/<str:reference>/" in lines
    assert "Method Not Allowed" in lines
    for secret in (NAME, TYPED, TYPED.lower(), broken.reference, "who="):
        assert secret not in lines, [line for line in lines.splitlines() if secret in line][:3]

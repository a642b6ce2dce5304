"""Pages of papers: who may, what a download is, and where papers show."""

import datetime
import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from participants.audit.models import Event
from participants.documents.actions import add_document
from participants.documents.models import Document
from participants.models import Restriction
from participants.tracks.scope import in_track
from tests import builders
from tests.papers import pdf, picture, taken_at_home

NOW = builders.at(datetime.date(2026, 4, 1))


@pytest.fixture
def case(cast):
    return builders.make_referral(cast, cast.education, name="Alex Rivera")


def add(cast, case, track=None, **over):
    track = track or cast.education
    by = builders.staff(cast, track, "intake_clerk")
    values = {"row_id": uuid.uuid4(), "kind": "order", "title": "Zanzibar", "file": pdf(), "now": NOW}
    with in_track(track, by=by, write=True):
        return add_document(referral=case, **{**values, **over}, by=by)


def send(client, cast, case, content: bytes, *, name="scan.pdf", content_type="application/pdf", **over):
    url = cast.url(cast.education, "document_new", pk=case.pk)
    key = re.search(r'name="form_key" value="([^"]+)"', client.get(url).text)[1]
    data = {"kind": "agreement", "title": "", "form_key": key, **over}
    if content is not None:
        data["file"] = SimpleUploadedFile(name, content, content_type)
    return client.post(url, data)


def test_paper_is_added_from_the_referral(cast, case):
    client = cast.client("education_intake_clerk")
    page = client.get(cast.url(cast.education, "referral", pk=case.pk)).text
    assert cast.url(cast.education, "document_new", pk=case.pk) in page
    answer = send(client, cast, case, pdf(), name="Alex Rivera agreement.pdf", title="Signed in court")
    assert (answer.status_code, answer.url) == (302, cast.url(cast.education, "referral", pk=case.pk))
    page = client.get(answer.url).text
    assert "Signed agreement" in page
    assert "Signed in court" in page
    assert "agreement.pdf" not in page


def test_after_placement_papers_stand_on_the_file(cast):
    stay = builders.make_enrollment(cast, cast.education)
    client = cast.client("education_caseworker")
    answer = send(client, cast, stay.referral, picture("PNG"), kind="proof", title="Food bank")
    reference = stay.participant.reference
    assert answer.url == cast.url(cast.education, "participant", reference=reference)
    assert "Food bank" in client.get(answer.url).text
    counsellor = cast.client("education_counsellor").get(answer.url)
    assert counsellor.status_code == 200
    assert "Food bank" not in counsellor.text
    assert "Papers" not in counsellor.text


def test_papers_of_earlier_stays_stay_on_the_file(cast):
    stay = builders.make_enrollment(cast, cast.education)
    builders.make_ended(cast, cast.education, enrollment=stay)
    add(cast, stay.referral, title="Old order")
    page = cast.client("education_caseworker").get(
        cast.url(cast.education, "participant", reference=stay.participant.reference)
    )
    assert "Old order" in page.text


def test_a_clerk_learns_nothing_of_a_stay_from_papers(cast):
    stay = builders.make_enrollment(cast, cast.education)
    case, worker, clerk = stay.referral, cast.education_caseworker, cast.education_intake_clerk
    papers = {}
    for title, by, on in (
        ("Before placement", worker, builders.SIGNED),
        ("Hours since", worker, builders.PLACED + datetime.timedelta(days=1)),
        ("Scanned late", clerk, builders.PLACED + datetime.timedelta(days=2)),
    ):
        with in_track(cast.education, by=by, write=True):
            papers[title] = add_document(
                row_id=uuid.uuid4(), referral=case, kind="proof", title=title, file=pdf(), now=builders.at(on), by=by
            )
    expected = {"Before placement": 200, "Hours since": 404, "Scanned late": 200}
    client = cast.client("education_intake_clerk")
    page = client.get(cast.url(cast.education, "referral", pk=case.pk)).text
    assert [title for title in papers if title in page] == ["Before placement", "Scanned late"]
    for name in ("document", "document_remove"):
        answers = {
            title: client.get(cast.url(cast.education, name, pk=row.pk)).status_code for title, row in papers.items()
        }
        assert answers == expected
    page = cast.client("education_caseworker").get(
        cast.url(cast.education, "participant", reference=stay.participant.reference)
    )
    assert [title for title in papers if title in page.text] == list(papers)


@pytest.mark.parametrize(
    ("content", "name", "content_type", "words"),
    [
        (b"<html><script>alert(1)</script>", "photo.png", "image/png", "neither a PDF nor a photo"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "photo.jpg", "image/jpeg", "neither a PDF nor a photo"),
        (b"", "scan.pdf", "application/pdf", "The file is empty"),
        (pdf(b"<< /S /JavaScript >>"), "scan.pdf", "application/pdf", "holds more than pages"),
        (None, "", "", "Choose a file"),
    ],
)
def test_bad_file_shows_the_form_again(cast, case, content, name, content_type, words):
    client = cast.client("education_intake_clerk")
    answer = send(client, cast, case, content, name=name, content_type=content_type, title="Typed before")
    assert answer.status_code == 422
    assert words in answer.text
    assert "Typed before" in answer.text
    with in_track(cast.education):
        assert not Document.objects.exists()


def test_name_and_claimed_type_do_not_count(cast, case):
    """A PDF that comes as a web page is a PDF."""
    client = cast.client("education_intake_clerk")
    answer = send(client, cast, case, pdf(), name="evil.html", content_type="text/html")
    assert answer.status_code == 302
    with in_track(cast.education):
        assert Document.objects.get().content_type == "application/pdf"


def test_too_large_a_file_is_refused(cast, case, settings):
    settings.UPLOAD_LIMIT = 1000
    answer = send(cast.client("education_intake_clerk"), cast, case, pdf() + b" " * 1000)
    assert answer.status_code == 422
    assert "larger than 10 MB" in answer.text


def test_sent_twice_leads_to_the_same_paper(cast, case):
    client = cast.client("education_intake_clerk")
    url = cast.url(cast.education, "document_new", pk=case.pk)
    key = re.search(r'name="form_key" value="([^"]+)"', client.get(url).text)[1]
    for _ in range(2):
        data = {"kind": "order", "title": "", "form_key": key, "file": SimpleUploadedFile("a.pdf", pdf())}
        assert client.post(url, data).status_code == 302
    with in_track(cast.education):
        assert Document.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "kind", "ending"),
    [(pdf(), "application/pdf", "pdf"), (picture("PNG"), "image/png", "png"), (picture("JPEG"), "image/jpeg", "jpg")],
)
def test_download_is_never_a_page(cast, case, content, kind, ending):
    paper = add(cast, case, file=content)
    answer = cast.client("education_caseworker").get(cast.url(cast.education, "document", pk=paper.pk))
    assert answer.status_code == 200
    assert answer.content == paper.content if kind == "application/pdf" else answer.content.startswith(content[:3])
    headers = {name: answer.headers[name] for name in ("Content-Type", "X-Content-Type-Options", "Cache-Control")}
    assert headers == {"Content-Type": kind, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert re.fullmatch(rf'attachment; filename="paper-[0-9a-f]{{8}}\.{ending}"', answer.headers["Content-Disposition"])
    with in_track(cast.education):
        assert [event.actor_id for event in Event.objects.filter(action="document.downloaded")] == [
            cast.education_caseworker.pk
        ]
        assert Event.objects.filter(action="page.viewed", detail__page="document").count() == 1


def test_download_of_a_photo_says_no_place(cast, case):
    paper = add(cast, case, file=picture("JPEG", exif=taken_at_home()))
    content = cast.client("education_caseworker").get(cast.url(cast.education, "document", pk=paper.pk)).content
    assert b"Exif" not in content
    assert b"Telephone" not in content


def test_removing_asks_once_and_is_on_record(cast, case):
    paper = add(cast, case)
    client = cast.client("education_intake_clerk")
    url = cast.url(cast.education, "document_remove", pk=paper.pk)
    page = client.get(url)
    assert "Remove this paper?" in page.text
    answer = client.post(url)
    assert (answer.status_code, answer.url) == (302, cast.url(cast.education, "referral", pk=case.pk))
    assert client.post(url).status_code == 404
    assert client.get(cast.url(cast.education, "document", pk=paper.pk)).status_code == 404
    with in_track(cast.education):
        assert not Document.objects.exists()
        assert Event.objects.filter(action="document.removed").count() == 1


@pytest.mark.parametrize("role", ["counsellor", "clinical_supervisor", "facilitator", "liaison", "administrator"])
def test_who_does_not_work_on_the_case_gets_no_paper(cast, case, role):
    paper = add(cast, case)
    client = cast.client(f"education_{role}")
    for name, pk in (("document", paper.pk), ("document_remove", paper.pk), ("document_new", case.pk)):
        url = cast.url(cast.education, name, pk=pk)
        assert (client.get(url).status_code, client.post(url).status_code) == (403, 403 if name != "document" else 405)


def test_papers_of_the_other_track_do_not_exist(cast, case):
    paper = add(cast, case)
    client = cast.client("services_manager")
    unknown = uuid.uuid4()
    for name in ("document", "document_remove"):
        theirs, none = (client.get(cast.url(cast.services, name, pk=pk)) for pk in (paper.pk, unknown))
        assert (theirs.status_code, none.status_code) == (404, 404)
    assert client.get(cast.url(cast.education, "document", pk=paper.pk)).status_code == 404
    assert client.post(cast.url(cast.services, "document_remove", pk=paper.pk)).status_code == 404
    assert client.get(cast.url(cast.services, "document_new", pk=case.pk)).status_code == 404
    with in_track(cast.education):
        assert Document.objects.count() == 1


@pytest.mark.parametrize("where", ["referral", "participant"])
def test_papers_of_a_restricted_file_do_not_exist_for_who_is_named(cast, where):
    stay = builders.make_enrollment(cast, cast.education)
    paper = add(cast, stay.referral)
    target = {"referral": stay.referral} if where == "referral" else {"participant": stay.participant}
    with in_track(cast.education, write=True):
        Restriction.objects.create(
            **target, staff=cast.education_caseworker, recorded_on=NOW.date(), recorded_by=cast.education_manager
        )
    client = cast.client("education_caseworker")
    for name, pk in (("document", paper.pk), ("document_remove", paper.pk), ("document_new", stay.referral_id)):
        assert client.get(cast.url(cast.education, name, pk=pk)).status_code == 404
    assert client.post(cast.url(cast.education, "document_remove", pk=paper.pk)).status_code == 404
    assert cast.client("education_manager").get(cast.url(cast.education, "document", pk=paper.pk)).status_code == 200
    with in_track(cast.education):
        assert [event.actor_id for event in Event.objects.filter(action="document.downloaded")] == [
            cast.education_manager.pk
        ]


def test_papers_show_on_no_list_and_no_timeline(cast, case):
    add(cast, case)
    client = cast.client("education_manager")
    for name in ("referrals", "my_day", "court_dates", "participants"):
        assert "Zanzibar" not in client.get(cast.url(cast.education, name)).text
    page = client.get(cast.url(cast.education, "referral", pk=case.pk)).text
    assert page.count("Zanzibar") == 1
    assert "Zanzibar" not in cast.client("education_privacy_officer").get(cast.url(cast.education, "audit")).text
    assert "Zanzibar" not in cast.client("education_liaison").get(cast.url(cast.education, "cases")).text

"""Papers are added once, bounded, sealed, handed out on record, and removed on record."""

import datetime
import uuid

import pytest
from django.db import connection

from participants.audit.models import Event, EventSubject
from participants.documents import rules
from participants.documents.actions import add_document, hand_out, remove_document
from participants.documents.models import Document
from participants.documents.queries import documents_of, held_by
from participants.errors import ProgramError
from participants.models import Referral, Restriction
from participants.tracks.scope import RestrictedRecord, in_track
from tests import builders
from tests.papers import pdf, picture
from tests.statements import exactly

NOW = builders.at(datetime.date(2026, 4, 1))


@pytest.fixture
def clerk(cast):
    return cast.education_intake_clerk


@pytest.fixture
def case(cast):
    return builders.make_referral(cast, cast.education)


def add(case, by, **over):
    values = {"row_id": uuid.uuid4(), "kind": "order", "title": "Order of March", "file": pdf(), "now": NOW}
    return add_document(referral=case, **{**values, **over}, by=by)


def events():
    return [
        (event.action, event.detail)
        for event in Event.objects.filter(action__startswith="document.").order_by("at", "id")
    ]


def test_paper_is_kept_and_on_record(cast, clerk, case):
    with in_track(cast.education, by=clerk, write=True):
        paper = add(case, clerk, title="  Order of March ")
        row = Document.objects.get()
        assert (row.pk, row.referral_id, row.kind, row.title, row.content) == (
            paper.pk,
            case.pk,
            "order",
            "Order of March",
            pdf(),
        )
        assert (row.content_type, row.size, row.added_at, row.added_by) == (
            "application/pdf",
            len(pdf()),
            NOW,
            clerk,
        )
        assert events() == [("document.added", {"document": str(paper.pk), "kind": "order"})]
        event = Event.objects.get(action="document.added")
        subjects = EventSubject.objects.filter(event_id=event.pk).values_list("kind", "subject_id")
        assert list(subjects) == [("referral", case.pk)]


def test_sealed_in_the_table(cast, clerk, case):
    with in_track(cast.education, by=clerk, write=True):
        add(case, clerk, title="Zanzibar", file=pdf(b"(Zanzibar)"))
        with connection.cursor() as cursor:
            cursor.execute("SELECT content, title FROM participants_document")
            raw = b"".join(bytes(value) for value in cursor.fetchone())
    assert b"Zanzibar" not in raw
    assert b"%PDF" not in raw


def test_sent_twice_is_kept_once(cast, clerk, case):
    with in_track(cast.education, by=clerk, write=True):
        row_id, photo = uuid.uuid4(), picture("JPEG")
        assert add(case, clerk, row_id=row_id, file=photo) == add(case, clerk, row_id=row_id, file=photo)
        assert (Document.objects.count(), len(events())) == (1, 1)
        for other in ({"file": pdf()}, {"file": photo, "kind": "proof"}, {"file": photo, "title": "Other"}):
            with pytest.raises(ProgramError, match="saved before") as refusal:
                add(case, clerk, **{"row_id": row_id, **other})
            assert refusal.value.field == "form_key"
        assert Document.objects.get().kind == "order"


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"file": b"<html>"}, "file"),
        ({"file": b""}, "file"),
        ({"kind": "diary"}, "kind"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\x00b"}, "title"),
    ],
)
def test_refused_by_rule_keeps_nothing(cast, clerk, case, over, field):
    with in_track(cast.education, by=clerk, write=True):
        with pytest.raises(ProgramError) as refusal:
            add(case, clerk, **over)
        assert refusal.value.field == field
        assert not Document.objects.exists()
        assert events() == []


@pytest.mark.parametrize("status", ["stopped", "handed_off", "merged"])
def test_cases_that_are_shut_take_no_paper(cast, clerk, case, status):
    with in_track(cast.education, by=clerk, write=True):
        keeper = builders.make_referral(cast, cast.education, name="Other Person")
        merged = {"merged_into": keeper} if status == "merged" else {}
        Referral.objects.filter(pk=case.pk).update(status=status, **merged)
        with pytest.raises(ProgramError, match="no papers are added"):
            add(case, clerk)
        assert not Document.objects.exists()


def test_a_case_holds_so_many_papers(cast, clerk, case, monkeypatch):
    monkeypatch.setattr(rules, "MOST_PAPERS", 2)
    with in_track(cast.education, by=clerk, write=True):
        add(case, clerk)
        add(case, clerk)
        with pytest.raises(ProgramError, match="holds 2 papers, which is the most"):
            add(case, clerk)
        add(builders.make_referral(cast, cast.education, name="Other Person"), clerk)


def test_a_case_holds_so_many_bytes(cast, clerk, case, monkeypatch):
    monkeypatch.setattr(rules, "MOST_BYTES", 3 * len(pdf()) - 1)
    with in_track(cast.education, by=clerk, write=True):
        add(case, clerk)
        add(case, clerk)
        with pytest.raises(ProgramError, match="are left") as refusal:
            add(case, clerk)
        assert refusal.value.field == "file"
        assert held_by(case.pk).papers == 2


def test_downloads_are_on_record(cast, clerk, case):
    with in_track(cast.education, by=clerk, write=True):
        paper = add(case, clerk)
    worker = cast.education_caseworker
    with in_track(cast.education, by=worker):
        assert hand_out(document=Document.objects.get(), by=worker) == pdf()
        event = Event.objects.get(action="document.downloaded")
        assert (event.actor_id, event.detail) == (worker.pk, {"document": str(paper.pk), "kind": "order"})


def test_removed_paper_is_gone_and_that_it_was_there_is_on_record(cast, clerk, case):
    with in_track(cast.education, by=clerk, write=True):
        paper = add(case, clerk)
        remove_document(document=paper, by=clerk)
        remove_document(document=paper, by=clerk)
        assert not Document.objects.exists()
        assert [action for action, _ in events()] == ["document.added", "document.removed"]


@pytest.mark.parametrize("number", [1, 3])
def test_list_reads_no_content_in_one_statement(cast, clerk, case, number):
    with in_track(cast.education, by=clerk, write=True):
        for _ in range(number):
            add(case, clerk, file=picture("PNG"))
    with in_track(cast.education, by=clerk) as scope:
        len(scope.hidden)
        with exactly(1):
            papers = documents_of([case.pk])
            assert [(paper.title, paper.added_by.name) for paper in papers] == [("Order of March", clerk.name)] * number
        assert all("content" in paper.get_deferred_fields() for paper in papers)


def test_papers_of_a_merged_case_are_listed_with_the_kept_one(cast, clerk, case):
    with in_track(cast.education, by=clerk, write=True):
        paper = add(case, clerk)
        keeper = builders.make_referral(cast, cast.education, name="Other Person")
        Referral.objects.filter(pk=case.pk).update(status="merged", merged_into=keeper)
        assert documents_of([keeper.pk]) == [paper]
        Restriction.objects.create(
            referral=keeper, staff=cast.education_caseworker, recorded_on=NOW.date(), recorded_by=clerk
        )
    with in_track(cast.education, by=cast.education_caseworker):
        assert documents_of([keeper.pk]) == []


def test_content_of_a_restricted_file_never_opens(cast, clerk, case):
    """Also where a page forgot to leave it out."""
    with in_track(cast.education, by=clerk, write=True):
        add(case, clerk)
        Restriction.objects.create(
            referral=case, staff=cast.education_caseworker, recorded_on=NOW.date(), recorded_by=clerk
        )
    with in_track(cast.education, by=cast.education_caseworker):
        paper = Document.objects.get()
        with pytest.raises(RestrictedRecord):
            hand_out(document=paper, by=cast.education_caseworker)
        assert not Event.objects.filter(action="document.downloaded").exists()

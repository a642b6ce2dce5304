"""What stands beside the chain: records named for no event of the trail, and signed reviews."""

import datetime
import uuid

import pytest

from participants.audit.actions import record
from participants.audit.models import AuditReview, EventSubject
from participants.audit.reviews import sign_review
from participants.seals.chains import Chain
from participants.seals.sealing import seal_chain
from participants.staff.models import User
from participants.tracks.models import Track, new_id
from participants.web import clock
from tests.seals.tampering import (
    HOUR,
    alter,
    checked,
    events_of,
    kinds,
    make_track,
    make_trail,
    other,
    put,
    remove,
    subjects_of,
)


@pytest.fixture(params=["track", "outside"])
def chain(live_db, settings, tmp_path, request):
    settings.AUDIT_HEADS = tmp_path / "heads"
    track = make_track()
    return make_trail(track if request.param == "track" else None)


@pytest.fixture
def review(chain):
    """A review that is signed and sealed."""
    reviewer = User.objects.create(email="olga@office.example", name="Olga Watch")
    now = clock.now()
    with chain.opened(write=True):
        made = sign_review(row_id=new_id(), until=now - HOUR, remark="Asked Ben.", now=now, by=reviewer)
    seal_chain(chain, now=clock.now())
    assert kinds(checked(chain)) == []
    return made


def subject(chain, event_id) -> EventSubject:
    return EventSubject(track_id=chain.id, event_id=event_id, kind="participant", subject_id=uuid.uuid4())


def test_record_named_for_an_event_that_is_none_is_told(chain):
    made_up = uuid.uuid4()
    put(subject(chain, made_up))
    put(subject(chain, made_up))
    [finding] = checked(chain).findings
    assert (finding.kind, finding.event) == ("subjects_without_event", made_up)
    assert finding.words.startswith(f"2 records said to belong to the event {made_up}, which this trail does not hold")


def test_record_named_in_another_trail_is_told_there(chain):
    """The own trail cannot see it; the one that it was put into tells."""
    track = Track.objects.select_related("program").get(kind="services")
    beside = Chain(None) if chain.track else Chain(track)
    for one in (chain, beside):
        seal_chain(one, now=clock.now())
    event = events_of(chain, action="test.1_0")[0]
    put(subject(beside, event.pk))
    assert kinds(checked(chain)) == []
    [finding] = checked(beside).findings
    assert (finding.kind, finding.event) == ("subjects_without_event", event.pk)


def test_records_of_a_removed_event_are_told_with_it(chain):
    event = events_of(chain, action="test.1_0")[0]
    assert len(subjects_of(chain, event)) == 2
    remove(event)
    assert kinds(checked(chain)) == ["event_removed"]


@pytest.mark.parametrize(
    "field",
    [field for field in AuditReview._meta.local_concrete_fields if field.name not in ("id", "track_id")],
    ids=lambda field: field.name,
)
def test_altered_review_is_told(review, chain, field):
    value = review.until + HOUR if field.name == "until" else other(getattr(review, field.attname), field)
    alter(review, **{field.column: value})
    [finding] = checked(chain).findings
    assert (finding.kind, finding.action) == ("review_altered", "audit.reviewed")
    assert str(review.pk) in finding.words


def test_removed_review_is_told(review, chain):
    remove(review)
    [finding] = checked(chain).findings
    assert (finding.kind, finding.action) == ("review_removed", "audit.reviewed")


def test_review_with_another_id_is_removed_and_put_there(review, chain):
    alter(review, id=uuid.uuid4())
    assert kinds(checked(chain)) == ["review_inserted", "review_removed"]


def test_review_that_nobody_signed_is_told(review, chain):
    now = clock.now()
    day = datetime.timedelta(days=1)
    about = {"at": now, "since": now - 9 * day, "until": now - 8 * day, "events": 3, "remark": ""}
    forged = AuditReview(track_id=chain.id, reviewer_id=review.reviewer_id, **about)
    put(forged)
    [finding] = checked(chain).findings
    assert (finding.kind, str(forged.pk) in finding.words) == ("review_inserted", True)


def test_second_event_that_says_something_else_of_a_review_is_told(review, chain):
    with chain.opened(write=True):
        record("audit.reviewed", detail={**review.told, "events": 0})
        record("audit.reviewed", detail={"events": 0})
    seal_chain(chain, now=clock.now())
    assert kinds(checked(chain)) == ["review_altered", "review_removed"]

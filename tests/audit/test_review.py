"""The weekly review: what happened since the last one, signed once, overdue after seven days."""

import datetime

import pytest
import time_machine
from django.db import transaction

from participants.audit.actions import record
from participants.audit.models import AuditReview, Event
from participants.audit.reviews import sign_review
from participants.errors import ProgramError
from participants.tracks.models import new_id
from participants.tracks.scope import in_track
from tests.sessions.arrange import fields_of
from tests.statements import exactly

NOW = datetime.datetime(2026, 11, 20, 15, tzinfo=datetime.UTC)
HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)


def place(cast, track="education") -> tuple:
    if track == "outside":
        return cast.client("harbor_overseer"), "/oversight/review/"
    return cast.client(f"{track}_privacy_officer"), cast.url(cast.tracks[track], "audit_review")


def reviews(cast, track="education") -> list[AuditReview]:
    if track == "outside":
        return list(AuditReview.objects.all())
    with in_track(cast.tracks[track]):
        return list(AuditReview.objects.all())


@pytest.fixture
def earlier(cast):
    """Three events, four days before; the making of the cast itself is later than that by the real clock."""
    with time_machine.travel(NOW - 4 * DAY, tick=False):
        for track in (cast.education, None):
            for _ in range(3):
                if track:
                    with in_track(track):
                        record("thing.happened", by=cast.education_manager)
                else:
                    record("thing.happened")
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.parametrize("where", ["education", "outside"])
def test_signed_off_with_what_was_shown(cast, earlier, where):
    client, url = place(cast, where)
    page = client.get(url)
    assert page.status_code == 200
    assert ("Changed a record", 3, 0) in page.context["counts"]
    fields = fields_of(page.text) | {"remark": "Asked Ben  about Tuesday."}
    with time_machine.travel(NOW + HOUR, tick=False):
        response = client.post(url, fields)
        assert response.status_code == 302, response.context["form"].errors
    [review] = reviews(cast, where)
    reviewer = cast.harbor_overseer if where == "outside" else cast.education_privacy_officer
    assert (review.reviewer_id, review.remark, review.until, review.at, review.since) == (
        reviewer.pk, "Asked Ben about Tuesday.", NOW, NOW + HOUR, NOW - 4 * DAY,
    )  # fmt: skip
    assert review.events >= 3
    with in_track(cast.education) if where == "education" else transaction.atomic():
        event = Event.objects.get(action="audit.reviewed")
    assert (event.actor_id, event.detail) == (reviewer.pk, review.told)
    assert event.detail["review"] == str(review.pk)
    assert (event.detail["since"], event.detail["until"]) == (review.since.isoformat(), review.until.isoformat())


@pytest.mark.parametrize("where", ["education", "outside"])
def test_posted_twice_writes_once(cast, earlier, where):
    client, url = place(cast, where)
    fields = fields_of(client.get(url).text)
    with time_machine.travel(NOW + HOUR, tick=False):
        assert [client.post(url, fields).status_code for _ in range(2)] == [302, 302]
    assert len(reviews(cast, where)) == 1


def test_the_next_begins_where_the_last_ended(cast, earlier):
    for number in range(2):
        with time_machine.travel(NOW + number * DAY, tick=False):
            client, url = place(cast)
            assert client.post(url, fields_of(client.get(url).text)).status_code == 302
            page = client.get(url)
    second, first = reviews(cast)
    assert (second.since, second.until) == (first.until, NOW + DAY)
    assert [row.pk for row, _, _ in page.context["reviews"]] == [second.pk, first.pk]
    assert "Education Privacy Officer" in page.text


def test_of_two_who_sign_the_same_page_one_is_told(cast, earlier):
    client, url = place(cast)
    first, second = (fields_of(client.get(url).text) for _ in range(2))
    assert client.post(url, first).status_code == 302
    answer = client.post(url, second)
    assert answer.status_code == 422
    assert "Somebody has signed off a review" in answer.text
    assert len(reviews(cast)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"until": "2026-11-20T15:00:00+00:00"},
        {"until": "2036-11-20T15:00:00+00:00:forged"},
        {"until": ""},
        {"form_key": "x"},
        {"remark": "x" * 501},
    ],
)
def test_form_that_was_tampered_with_signs_nothing(cast, earlier, change):
    client, url = place(cast)
    answer = client.post(url, fields_of(client.get(url).text) | change)
    assert answer.status_code == 422
    assert reviews(cast) == []
    fixed = fields_of(answer.text) | {"remark": "short"}
    assert client.post(url, fixed).status_code == 302


def test_form_of_one_track_signs_nothing_in_another_and_nobody_elses(cast, earlier):
    fields = fields_of(place(cast)[0].get(place(cast)[1]).text)
    client, url = place(cast, "services")
    assert client.post(url, fields).status_code == 422
    client, url = place(cast, "outside")
    assert client.post(url, fields).status_code == 422
    assert (reviews(cast), reviews(cast, "services"), reviews(cast, "outside")) == ([], [], [])


def test_until_is_never_after_now(cast):
    with in_track(cast.education), pytest.raises(ProgramError):
        sign_review(row_id=new_id(), until=NOW + HOUR, remark="", now=NOW, by=cast.education_privacy_officer)


def test_overdue_after_seven_days_on_the_page_and_on_my_day(cast, earlier):
    my_day = cast.url(cast.education, "my_day")
    sentence = "review of the audit trail is overdue"
    with time_machine.travel(NOW + 3 * DAY, tick=False):
        client, url = place(cast)
        # the first event is seven days old
        assert ("overdue" in client.get(url).text, sentence in client.get(my_day).text) == (False, False)
    with time_machine.travel(NOW + 3 * DAY + HOUR, tick=False):
        client, url = place(cast)
        assert ("overdue" in client.get(url).text, sentence in client.get(my_day).text) == (True, True)
        assert sentence not in cast.client("education_manager").get(my_day).text
        client.post(url, fields_of(client.get(url).text))
        assert ("overdue" in client.get(url).text, sentence in client.get(my_day).text) == (False, False)


@pytest.mark.parametrize("rows", [1, 3])
def test_page_has_a_fixed_number_of_statements(cast, earlier, rows):
    for number in range(rows):
        with time_machine.travel(NOW + number * DAY, tick=False):
            client, url = place(cast)
            client.post(url, fields_of(client.get(url).text))
    with time_machine.travel(NOW + 5 * DAY, tick=False):
        client, url = place(cast)
        client.get(url)
        with exactly(14):
            assert len(client.get(url).context["reviews"]) == rows


def test_other_track_sees_no_review(cast, earlier):
    client, url = place(cast)
    client.post(url, fields_of(client.get(url).text) | {"remark": "Only for us."})
    for where in ("services", "outside"):
        other, address = place(cast, where)
        assert "Only for us." not in other.get(address).text

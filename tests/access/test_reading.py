"""A page is on record with everything that was opened for it, or there is no page."""

from django.db import DatabaseError, connection
from django.test import Client

from participants.audit.models import Event, EventSubject
from participants.sessions.actions import write_note
from participants.tracks.scope import in_track
from participants.web import clock
from tests import builders


def views_of(track):
    with in_track(track):
        events = list(Event.objects.filter(action="page.viewed").order_by("id"))
        return [
            (
                event.detail["page"],
                set(EventSubject.objects.filter(event_id=event.pk).values_list("kind", "subject_id")),
            )
            for event in events
        ]


def test_list_is_one_event_with_the_rows_it_showed(cast):
    shown = [builders.make_referral(cast, cast.education, name=f"Person {n}") for n in ("One", "Two", "Three")]
    builders.make_referral(cast, cast.services, name="Not Here")
    response = cast.client("education_intake_clerk").get(cast.url(cast.education, "referrals"))
    assert "Person Two" in response.text
    assert views_of(cast.education) == [("referrals", {("referral", row.pk) for row in shown})]
    assert views_of(cast.services) == []


def test_file_is_on_record_under_its_participant(cast):
    enrollment = builders.make_enrollment(cast, cast.services)
    with in_track(cast.services):
        reference = enrollment.participant.reference
    cast.client("services_caseworker").get(cast.url(cast.services, "participant", reference=reference))
    ((page, subjects),) = views_of(cast.services)
    assert page == "participant"
    assert ("participant", enrollment.participant_id) in subjects


def test_search_is_on_record_without_its_words(cast):
    builders.make_enrollment(cast, cast.services, name="Rosalind Quimby")
    client = cast.client("services_caseworker")
    response = client.post(cast.url(cast.services, "search"), {"q": "Quimby"})
    assert "Rosalind Quimby" in response.text
    with in_track(cast.services):
        events = Event.objects.filter(actor_id=cast.services_caseworker.pk)
        written = " ".join(f"{event.action} {event.path} {event.detail}" for event in events)
    assert "uimby" not in written
    assert "search" in written


def full_disk(execute, sql, params, many, context):
    if sql.startswith('INSERT INTO "participants_event"'):
        raise DatabaseError("the disk is full")
    return execute(sql, params, many, context)


def test_no_event_no_page(cast):
    """Where the audit table cannot be written, the page with names is not shown."""
    builders.make_referral(cast, cast.education, name="Never Shown")
    client = Client(raise_request_exception=False)
    client.force_login(cast.education_intake_clerk)
    url = cast.url(cast.education, "referrals")
    assert "Never Shown" in client.get(url).text
    with connection.execute_wrapper(full_disk):
        response = client.get(url)
    assert response.status_code == 500
    assert "Never Shown" not in response.text


def test_post_that_is_shown_again_is_on_record(cast):
    """A refused form shows something too."""
    builders.make_referral(cast, cast.education)
    client = cast.client("education_intake_clerk")
    assert client.post(cast.url(cast.education, "referral_new"), {"name": "x"}).status_code == 422
    assert views_of(cast.education)[-1] == ("referral_new", set())


def test_privileged_note_is_a_reading_of_its_own(cast):
    stay = builders.make_enrollment(cast, cast.services)
    counsellor = cast.services_counsellor
    with in_track(cast.services, by=counsellor, write=True):
        note = write_note(
            participant=stay.participant, text="Between us.", visibility="privileged", now=clock.now(), by=counsellor
        )
        reference = stay.participant.reference
    url = cast.url(cast.services, "participant", reference=reference)
    assert "Between us." not in cast.client("services_caseworker").get(url).text
    assert ("note", note.pk) not in views_of(cast.services)[-1][1]
    assert "Between us." in cast.client("services_clinical_supervisor").get(url).text
    assert ("note", note.pk) in views_of(cast.services)[-1][1]


def test_messages_do_not_outlive_the_sign_out(cast):
    """Kept in the session: nothing of them is in a cookie, nothing is left for the next person."""
    client = cast.client("education_administrator")
    grant = cast.education_counsellor.grants.get()
    client.post(cast.url(cast.education, "staff_end", pk=grant.pk), {"go": "1"})
    assert "messages" not in client.cookies
    client.post("/account/logout/")
    client.force_login(cast.services_administrator)
    assert "Education Counsellor" not in client.get(cast.url(cast.services, "staff")).text

"""Somebody or something that both tracks have: nothing that one track is answered or asks depends on the other one."""

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from participants.consent.versions import write_text
from participants.models import ConsentText, Site
from participants.people import actions as people
from participants.screening.models import CriteriaVersion
from participants.sessions.actions import schedule_session
from participants.tracks.scope import in_track
from tests import builders, sending
from tests.access.twins import PERSON, assert_untold, person_in, shape, typed_case
from tests.screening.test_criteria_page import typed as typed_criteria
from tests.words import key_in

HERE, THERE = "services", "education"
DAY = datetime.date(2027, 1, 12)


def sent_new(land, client, **over):
    """A new referral typed in and sent."""
    url = land.url(HERE, "referral_new")
    return client.post(url, {**typed_case(HERE), "form_key": key_in(client.get(url)), **over})


def test_duplicate_warning_knows_its_own_track_only(land):
    client = land.cast.client("services_intake_clerk")
    known = land.worlds[HERE].kwargs["referral"]

    def act():
        first = sent_new(land, client)
        # The same person otherwise written, with another case; then the page of what was stored, with its panel.
        second = sent_new(land, client, name="Marlowquist Iphigenia", case_number="F26-424243")
        pages = [client.get(answer.url) for answer in (first, second) if answer.status_code == 302]
        return [first, second, *pages, client.get(land.url(HERE, "referral", **known))]

    assert_untold(act, lambda: person_in(land, THERE), lambda: person_in(land, HERE))


def test_search_counts_its_own_track_only(land):
    client, url = land.cast.client("services_caseworker"), land.url(HERE, "search")
    texts = [PERSON["name"], "Marlowquist", "Marlowkwist", PERSON["phone"], "0147", PERSON["case_number"]]

    def act():
        return [client.post(url, {"q": text}) for text in texts]

    assert_untold(act, lambda: person_in(land, THERE), lambda: person_in(land, HERE))


def file_of(kind: str) -> bytes:
    """A file with the person's case as one track would be sent it."""
    born = PERSON["date_of_birth"].isoformat()
    row = sending.row(1, builders.CHARGES[kind], name=PERSON["name"], born=born)
    row[2] = PERSON["case_number"]
    return sending.csv_of(row, sending.row(2, builders.CHARGES[kind], name="Ann Foxglen"))


def receive(land, kind: str) -> None:
    """The very same person received in a track, once typed and once by a file; the very same file waits there."""
    person_in(land, kind)
    sending.make_batch(land.cast, land.cast.tracks[kind], file_of(kind))
    sending.make_waiting(land.cast, land.cast.tracks[kind], file_of(HERE))


def test_import_preview_and_import_clash_with_their_own_track_only(land):
    client, url = land.cast.client("services_intake_clerk"), land.url(HERE, "referral_import")

    def act():
        data = {"file": SimpleUploadedFile("cases.csv", file_of(HERE)), "sender": "Harbor Police"}
        sent = client.post(url, data)
        shown = client.get(sent.url)
        received = client.post(sent.url, {"receive": "1"})
        return [sent, shown, received, client.get(received.url), client.get(land.url(HERE, "batches"))]

    assert_untold(act, lambda: receive(land, THERE), lambda: receive(land, HERE))


def test_drop_answers_alike_whoever_is_known(land):
    client = land.cast.client("harbor_sender")

    def act():
        return [client.post("/harbor/drop/", {"file": SimpleUploadedFile("a.csv", file_of(HERE))})]

    assert_untold(act, lambda: receive(land, THERE), None)


def test_reports_count_their_own_track_only(land):
    """One person who has finished there, whose exit would be the only one of its day."""
    clients = [land.cast.client(f"services_{role}") for role in ("caseworker", "manager")]
    names = ("reports", "equity", "voluntariness", "demand")
    period = {"from": "2026-01-01", "to": "2026-12-31"}

    def act():
        asked = [{**period, **more} for more in ({}, {"format": "csv"}, {"cohort": "placement"})]
        return [client.get(land.url(HERE, name), one) for client in clients for name in names for one in asked]

    def finish(kind):
        track = land.cast.tracks[kind]
        builders.make_ended(land.cast, track, enrollment=builders.make_enrollment(land.cast, track, **PERSON))

    assert_untold(act, lambda: finish(THERE), lambda: finish(HERE))


def session_in(land, kind: str, **over):
    """A session of a track at a site of a name that both may use, run by somebody who works in both."""
    track, both = land.cast.tracks[kind], land.cast.people["both"]
    with in_track(track, by=both, write=True):
        site, _ = Site.objects.get_or_create(name="Community room 4")
        values = {
            "kind": track.rules.session_kinds[0],
            "held_on": DAY,
            "starts": datetime.time(10),
            "ends": datetime.time(12),
            "site": site,
            "facilitator": both,
            "capacity": 20,
            "today": DAY,
        }
        return schedule_session(**{**values, **over}, by=both)


def test_site_names_and_hours_map_nothing_of_the_other_track(land):
    """Whoever tries hour after hour at the same place, with the same person to run it."""
    client = land.cast.client("both")
    with in_track(land.cast.services, write=True):
        ours = Site.objects.create(name="Community room 5")
    both, track = land.cast.people["both"], land.cast.services

    def act():
        pages = [client.get(land.url(HERE, "sites")), client.get(land.url(HERE, "session_new"))]
        url = land.url(HERE, "sites")
        pages.append(client.post(url, {"name": "Community room 4", "form_key": key_in(client.get(url))}))
        url = land.url(HERE, "session_new")
        for hour in (9, 10, 11, 12):
            typed = {
                "form_key": key_in(client.get(url)),
                "kind": track.rules.session_kinds[0],
                "held_on": DAY,
                "starts": f"{hour}:00",
                "ends": f"{hour + 1}:30",
                "site": ours.pk,
                "facilitator": both.pk,
                "language": "en",
                "capacity": 20,
            }
            pages.append(client.post(url, typed))
        return [*pages, client.get(land.url(HERE, "sessions")), client.get(land.url(HERE, "my_day"))]

    def theirs():
        session_in(land, THERE)
        with in_track(land.cast.education, write=True):
            Site.objects.create(name="Community room 5")

    assert_untold(act, theirs, lambda: session_in(land, HERE))


def test_new_versions_are_numbered_by_track(land):
    """Criteria and texts: the same number, kind and language in both tracks, sent by the page."""
    client = land.cast.client("services_manager")
    urls = {name: land.url(HERE, name) for name in ("criteria_new", "text_new")}

    def act():
        sent = typed_criteria(client, urls["criteria_new"], valid_from="2027-03-01")
        sent["rows-0-reason"] = "Only misdemeanors are taken."
        text = {
            "kind": "offer",
            "language": "fr",
            "body": "Une offre",
            "form_key": key_in(client.get(urls["text_new"])),
        }
        pages = [client.post(urls["criteria_new"], sent), client.post(urls["text_new"], text)]
        return [*pages, client.get(land.url(HERE, "criteria")), client.get(land.url(HERE, "texts"))]

    def write(kind):
        manager = land.cast.people[f"{kind}_manager"]
        with in_track(land.cast.tracks[kind], by=manager, write=True):
            write_text(kind=ConsentText.Kind.OFFER, language="fr", body="Une offre", by=manager)
            newest = CriteriaVersion.objects.order_by("number").last()
            newest.pk, newest.number, newest.valid_from = None, newest.number + 1, DAY
            newest._state.adding = True
            newest.pk = CriteriaVersion._meta.pk.get_default()
            newest.save(force_insert=True)

    assert_untold(act, lambda: write(THERE), lambda: write(HERE))


def test_trail_tells_nothing_of_what_is_done_in_the_other_track(land):
    """What the very same person does there stands on no page here: list, filters, patterns, review, export."""
    officer, client = land.cast.client("services_privacy_officer"), land.cast.client("both")
    who = land.cast.people["both"].pk
    reference = land.worlds[HERE].kwargs["participant_history"]

    def act():
        audit = land.url(HERE, "audit")
        pages = [officer.get(audit, asked) for asked in ({}, {"person": who}, {"outcome": "refused"})]
        pages += [officer.get(land.url(HERE, name)) for name in ("audit_patterns", "audit_review", "audit_export")]
        return [*pages, officer.get(land.url(HERE, "participant_history", **reference))]

    def look(kind):
        for name in ("participant", "referral", "participants", "session"):
            client.get(land.url(kind, name))
        client.post(land.url(kind, "search"), {"q": "Buyerson"})

    assert_untold(act, lambda: look(THERE), lambda: look(HERE))


@pytest.mark.parametrize("asked", ["2222-2222", "reference", "case_number"])
def test_break_glass_does_not_tell_whom_the_other_track_has(land, asked):
    """Asked for a reference or a case number of the other track, it answers as for one that nobody has."""
    client, url = land.cast.client("services_manager"), land.url(HERE, "break_glass")
    text = {"reference": land.worlds[THERE].references[0], "case_number": PERSON["case_number"]}.get(asked, asked)
    person_in(land, THERE)

    def answer(said):
        page = client.post(url, {"asked_for": said, "reason": "The court called about this person.", "minutes": "30"})
        return page.status_code, shape(page.text.replace(said, "?"))

    assert answer(text) == answer("9999-9999")
    assert answer(text)[0] == 422


def test_both_tracks_may_draw_the_same_reference(land, monkeypatch):
    """A reference that the other track has drawn is taken here at the first try."""
    theirs, drawn = land.worlds[THERE].references[0], []

    def draw():
        drawn.append(theirs)
        return theirs

    monkeypatch.setitem(people.create_participant.__wrapped__.__kwdefaults__, "draw", draw)
    stay = builders.make_enrollment(land.cast, land.cast.services, **PERSON)
    assert (stay.participant.reference, len(drawn)) == (theirs, 1)
    page = land.cast.client("services_caseworker").get(land.url(HERE, "participant", reference=theirs))
    assert PERSON["name"] in page.text
    assert land.worlds[THERE].person not in page.text

"""The page on which the people of an operation or a file are worked together."""

import datetime
import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from participants.audit.models import Event
from participants.files.intake import receive_file
from participants.models import Batch, CriteriaVersion, Offer, Referral, Screening
from participants.screening.queries import current_criteria
from participants.tracks.scope import in_track
from tests import builders
from tests.operations.grouped import TODAY, add, night, statuses, wanted
from tests.statements import exactly
from tests.words import main_of, text_of


@pytest.fixture(autouse=True)
def clock():
    """Noon in New York on the day after the night."""
    with time_machine.travel(builders.at(TODAY), tick=False) as traveller:
        yield traveller


def page_of(cast, source, role="intake_clerk", track=None):
    track = track or cast.education
    name = next(name for name, known in cast.tracks.items() if known == track)
    client = cast.client(f"{name}_{role}")
    url = cast.url(track, "operation_work", pk=source.pk)
    return client, url, client.get(url)


def left_as_it_is(page) -> dict:
    """What a browser would post without anybody touching the form."""
    form = page.context["form"]
    return {
        "criteria": form["criteria"].value(),
        "people": sorted(form.ticked()),
        "made_at": TODAY.isoformat() + "T12:00",
        "decide_by": form["decide_by"].value().isoformat(),
    }


def answered(track):
    return {f"answer_{key}": answer for key, answer in wanted(track).items()}


def offered(by, **over):
    return {"place": "office", "explained_by": str(by.pk), "present": "", **over}


def test_nothing_is_decided_beforehand(cast):
    source = night(cast, cast.education, 2)
    _, _, page = page_of(cast, source)
    main = main_of(page)
    assert "selected" not in main.replace('<option value="" selected>', "")
    assert re.findall(r'type="radio"[^>]*checked', main) == []
    assert len(re.findall(r'name="people"[^>]* checked', main)) == 2
    # Only the times are there: now, and a week to decide.
    assert f'value="{TODAY.isoformat()}T12:00"' in main
    assert f'value="{(TODAY + datetime.timedelta(days=7)).isoformat()}"' in main


@pytest.mark.parametrize("kind", ["education", "services"])
@pytest.mark.parametrize("role", ["intake_clerk", "caseworker", "manager"])
def test_all_steps_in_one_go(cast, kind, role):
    track = cast.tracks[kind]
    source = night(cast, track, 3)
    client, url, page = page_of(cast, source, role, track)
    by = cast.people[f"{kind}_{role}"]
    data = {**left_as_it_is(page), **answered(track), **offered(by), "assign_to": str(by.pk)}
    answer = client.post(url, data, follow=True)
    assert answer.redirect_chain == [(url, 302)]
    text = text_of(answer)
    assert "Done: 3 assigned, 3 screened (3 eligible, 0 not), 3 offered the program." in text
    assert "Nobody waits for a step" in text
    assert statuses(track) == ["offered"] * 3


def test_posted_twice(cast):
    source = night(cast, cast.education, 2)
    client, url, page = page_of(cast, source)
    by = cast.education_intake_clerk
    data = {**left_as_it_is(page), **answered(cast.education), **offered(by), "assign_to": str(by.pk)}
    client.post(url, data)
    text = text_of(client.post(url, data, follow=True))
    assert "Left: 2. Worked on already: it stands at “Offer made”." in text
    with in_track(cast.education):
        assert (Screening.objects.count(), Offer.objects.count()) == (2, 2)
        assert Event.objects.filter(action="referral.assigned").count() == 2


def test_messages_name_nobody(cast):
    source = night(cast, cast.education, 1)
    add(cast, cast.education, name="Paulo Souza", language="pt")
    client, url, page = page_of(cast, source)
    data = {**left_as_it_is(page), **answered(cast.education), **offered(cast.education_intake_clerk)}
    answer = client.post(url, data)
    kept = str(client.session.items()) + str(client.cookies)
    assert answer.status_code == 302
    assert "Souza" not in kept
    text = text_of(client.get(url))
    assert "Left: 1. No text in Portuguese" in text
    assert "1 singled out." in text
    assert cast.url(cast.education, "offer_new", pk=the_one(cast, "eligible")) in client.get(url).text


def the_one(cast, status):
    with in_track(cast.education):
        return Referral.objects.get(status=status).pk


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"place": "court"}, "Needed for the offers. To make none, leave the whole part empty."),
        ({"present": "Her sister"}, "Needed for the offers. To make none, leave the whole part empty."),
        ({"answer_misdemeanor": "yes"}, "Answer this one too, or leave all questions unanswered."),
        ({}, "Choose at least one step"),
        ({"assign_to": "me", "people": []}, "Tick at least one person."),
        ({"assign_to": "me", "people": ["not-an-id"]}, "not-an-id is not one of the available choices"),
        ({"assign_to": "outsider"}, "Select a valid choice"),
        ({"offer": True, "decide_by": "2026-03-03"}, "Give the person at least 24 hours to decide"),
        ({"offer": True, "made_at": "2026-03-03T12:01"}, "in the future"),
        ({"offer": True, "made_at": "x"}, "Enter a date and a time of day."),
        ({"offer": True, "place": "moon"}, "Select a valid choice"),
    ],
)
def test_half_filled_parts_are_told_next_to_the_field_and_nothing_is_done(cast, over, sentence):
    source = night(cast, cast.education, 1)
    client, url, page = page_of(cast, source)
    over = dict(over)
    by = cast.education_intake_clerk
    values = {**answered(cast.education), **offered(by)} if over.pop("offer", False) else {}
    if who := over.get("assign_to"):
        over["assign_to"] = str(cast.outsider.pk if who == "outsider" else by.pk)
    answer = client.post(url, {**left_as_it_is(page), **values, **over})
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert statuses(cast.education) == ["received"]
    if "present" in over:
        assert "Her sister" in main_of(answer)
    with in_track(cast.education):
        assert not Event.objects.filter(action__in=("referral.assigned", "referral.screened", "offer.made")).exists()


def test_a_refused_form_keeps_ticks_and_answers(cast):
    source = night(cast, cast.education, 2)
    client, url, page = page_of(cast, source)
    data = left_as_it_is(page)
    data["people"] = data["people"][:1]
    answer = client.post(url, {**data, **answered(cast.education), "answer_misdemeanor": ""})
    assert answer.status_code == 422
    main = main_of(answer)
    assert len(re.findall(r'name="people"[^>]* checked', main)) == 1
    assert len(re.findall(r'type="radio"[^>]*checked', main)) == len(wanted(cast.education)) - 1


def test_criteria_that_changed_meanwhile_are_asked_anew(cast):
    source = night(cast, cast.education, 1)
    client, url, page = page_of(cast, source)
    with in_track(cast.education, write=True):
        old = current_criteria(TODAY)
        new = [{**one, "question": one["question"] + " Really?"} for one in old.criteria]
        CriteriaVersion.objects.create(number=2, valid_from=TODAY, criteria=new)
    answer = client.post(url, {**left_as_it_is(page), **answered(cast.education)})
    assert answer.status_code == 422
    assert "Version 2 of the written criteria is in force now." in text_of(answer)
    assert re.findall(r'type="radio"[^>]*checked', main_of(answer)) == []
    assert statuses(cast.education) == ["received"]
    data = {**left_as_it_is(page), "criteria": answer.context["form"].data["criteria"]}
    assert client.post(url, {**data, **answered(cast.education)}).status_code == 302


def test_somebody_else_was_faster_with_some(cast):
    """Two people opened the page; each is told what was left to them, and nobody is decided on twice."""
    source = night(cast, cast.education, 2)
    client, url, page = page_of(cast, source)
    other, _, _ = page_of(cast, source, "caseworker")
    data = {**left_as_it_is(page), **answered(cast.education)}
    assert other.post(url, {**data, "people": data["people"][:1]}).status_code == 302
    text = text_of(client.post(url, {**data, **offered(cast.education_intake_clerk)}, follow=True))
    assert "Done: 1 screened (1 eligible, 0 not), 2 offered the program." in text
    with in_track(cast.education):
        assert Screening.objects.count() == 2


def test_a_file_is_worked_like_an_operation(cast):

    by = cast.education_intake_clerk
    content = (
        b"name,case number,charge,offense date,received on,source,dob\n"
        b"Fay File,C26-1,796.07(2)(f),2026-02-20,2026-03-02,County,1980-01-01\n"
        b"Fred File,C26-2,796.07(2)(f),2026-02-20,2026-03-02,County,\n"
    )
    with in_track(cast.education, by=by, write=True):
        receive_file(content, today=TODAY, commit=True, by=by)
        batch = Batch.objects.get()
    client = cast.client("education_intake_clerk")
    url = cast.url(cast.education, "batch_work", pk=batch.pk)
    page = client.get(url)
    assert "Fay File" in main_of(page)
    assert "1 singled out." in text_of(page)
    data = {**left_as_it_is(page), "assign_to": str(by.pk)}
    assert "Done: 1 assigned." in text_of(client.post(url, data, follow=True))
    theirs = cast.client("services_intake_clerk")
    assert theirs.get(cast.url(cast.services, "batch_work", pk=batch.pk)).status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_a_fixed_number_of_statements_for_the_page(cast, number):
    source = night(cast, cast.education, number)
    client, url, _ = page_of(cast, source)
    with exactly(17):
        client.get(url)


def test_sixty_people_in_one_go(cast):
    """Few statements for each person: the screening's own; assignments and offers are written together."""
    source = night(cast, cast.education, 60)
    client, url, page = page_of(cast, source)
    assert page.context["group"].singled_out == []
    by = cast.education_intake_clerk
    data = {**left_as_it_is(page), **answered(cast.education), **offered(by), "assign_to": str(by.pk)}
    with CaptureQueriesContext(connection) as asked:
        assert client.post(url, data).status_code == 302
    assert len(asked) < 60 * 8 + 70
    assert statuses(cast.education) == ["offered"] * 60
    with in_track(cast.education):
        for action in ("referral.assigned", "referral.screened", "offer.made"):
            assert Event.objects.filter(action=action).count() == 60

"""The pages of the criteria: read by everybody who screens, written by managers without a line of script."""

import re

import pytest

from participants.screening.models import CriteriaVersion
from participants.tracks.scope import in_track
from tests import builders
from tests.referrals.typed import text_of

FIELDS = ("question", "wanted", "reason", "reason_es", "reason_ht", "position")


@pytest.fixture
def manager(cast):
    return cast.client("education_manager")


@pytest.fixture
def url(cast):
    return cast.url(cast.education, "criteria_new")


def typed(client, url, **over) -> dict:
    """The form as it stands when it is opened, with `over` typed into it."""
    form = client.get(url).context["form"]
    data = {name: form[name].value() for name in ("form_key", "valid_from", "base", "seen")}
    data["form_key"] = re.search(r'name="form_key" value="([^"]+)"', client.get(url).text)[1]
    for row in form.rows:
        data |= {f"{row.prefix}-{name}": row[name].value() or "" for name in FIELDS}
    management = form.rows.management_form
    data |= {f"rows-{name}": management[name].value() for name in management.fields if management[name].value()}
    return {**data, **over}


def versions(cast, track=None) -> list[CriteriaVersion]:
    with in_track(track or cast.education):
        return list(CriteriaVersion.objects.order_by("number"))


def questions(version) -> list[str]:
    return [row["key"] for row in version.criteria]


@pytest.mark.parametrize("role", ["intake_clerk", "caseworker", "manager"])
def test_whoever_screens_reads_the_criteria(cast, role):
    response = cast.client(f"education_{role}").get(cast.url(cast.education, "criteria"))
    shown = text_of(response)
    for words in (
        "Who is under 18 on the offense date or today is not screened",
        "Is the charge a misdemeanor? Yes speaks for taking part.",
        "El programa acepta solamente delitos menores.",
        "Pwogram nan pran ti deli sèlman.",
    ):
        assert words in shown
    assert ("Write a new version" in shown) is (role == "manager")


def test_rules_of_the_program_are_named(cast):
    shown = text_of(cast.client("services_manager").get(cast.url(cast.services, "criteria")))
    assert shown.count("A rule of the program: no version drops it.") == 1


@pytest.mark.parametrize("role", ["facilitator", "counsellor", "liaison", "administrator", "privacy_officer"])
def test_other_roles_read_nothing(cast, role):
    for name in ("criteria", "criteria_new"):
        assert cast.client(f"education_{role}").get(cast.url(cast.education, name)).status_code == 403


@pytest.mark.parametrize("role", ["intake_clerk", "caseworker"])
def test_only_managers_write(cast, url, role):
    client = cast.client(f"education_{role}")
    assert [client.get(url).status_code, client.post(url, {}).status_code] == [403, 403]


def test_publishing_a_version(cast, manager, url):
    """One left out, two that change places, one new one in the middle."""
    data = typed(
        manager,
        url,
        **{
            "rows-2-remove": "on",
            "rows-0-position": "2",
            "rows-1-position": "1",
            "rows-0-reason": "Misdemeanors only.",
            "rows-5-question": "A new question?",
            "rows-5-wanted": "no",
            "rows-5-reason": "Why not <new>.",
            "rows-5-position": "2",
        },
    )
    response = manager.post(url, data)
    assert response.url == cast.url(cast.education, "criteria")
    first, second = versions(cast)
    new = second.criteria[2]["key"]
    assert questions(second) == ["non_violent", "misdemeanor", new, "prior_conviction", "fits_charge"]
    assert second.criteria[1]["reason"] == "Misdemeanors only."
    assert (second.criteria[2]["question"], second.criteria[2]["wanted"]) == ("A new question?", "no")
    assert questions(first)[0] == "misdemeanor"
    page = manager.get(response.url)
    assert "Version 2 is published." in text_of(page)
    assert "Why not &lt;new&gt;." in page.text
    assert "Not written in Haitian Creole" in text_of(page)
    assert manager.post(url, data).status_code == 302
    assert len(versions(cast)) == 2


def test_keys_are_never_taken_from_what_is_posted(cast, manager, url):
    manager.post(url, typed(manager, url, **{"rows-0-key": "fits_charge", "rows-4-key": "made_up"}))
    assert questions(versions(cast)[1]) == questions(versions(cast)[0])


def test_rule_of_the_program_cannot_be_edited_away(cast):
    client, url = cast.client("services_manager"), cast.url(cast.services, "criteria_new")
    number = [row.initial.get("key") for row in client.get(url).context["form"].rows].index("third_party")
    tried = {"remove": "on", "question": "Is it day?", "wanted": "yes", "reason": "Put better."}
    client.post(url, typed(client, url, **{f"rows-{number}-{name}": value for name, value in tried.items()}))
    before, after = (
        next(row for row in version.criteria if row["key"] == "third_party")
        for version in versions(cast, cast.services)
    )
    assert after == {**before, "reason": "Put better."}


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"rows-0-question": ""}, "This field is required."),
        ({"rows-0-reason": "x" * 301}, "at most 300 characters"),
        ({"rows-0-position": "x"}, "Enter a whole number."),
        ({"valid_from": "2020-01-01"}, "choose today or later"),
        ({"valid_from": ""}, "This field is required."),
        ({f"rows-{number}-remove": "on" for number in range(5)}, "At least one criterion is needed."),
        ({"rows-5-question": "Half a question?"}, "This field is required."),
        ({"rows-1-question": "Typed a\x07b"}, "control character"),
        ({"rows-TOTAL_FORMS": "x"}, "missing or has been tampered"),
    ],
)
def test_what_cannot_be_published_is_shown_again_with_what_was_typed(cast, manager, url, over, words):
    response = manager.post(url, typed(manager, url, **{"rows-3-reason": "Typed with care.", **over}))
    assert response.status_code == 422
    assert words in text_of(response)
    if "rows-TOTAL_FORMS" not in over:
        assert "Typed with care." in response.text
    assert len(versions(cast)) == 1


def test_version_published_meanwhile_is_shown_beside_what_was_typed(cast, manager, url):
    data = typed(manager, url, **{"rows-0-reason": "Mine."})
    second = cast.client("education_second_manager")
    second.post(url, typed(second, url, **{"rows-0-reason": "Theirs.", "rows-1-remove": "on"}))
    response = manager.post(url, data)
    assert response.status_code == 422
    shown = text_of(response)
    assert "Version 2 was published while you were writing." in shown
    assert "By Education Second Manager" in shown
    assert "Theirs." in shown
    form = response.context["form"]
    assert form.rows[0]["reason"].value() == "Mine."
    assert manager.post(url, {**data, "seen": form["seen"].value()}).status_code == 302
    mine = versions(cast)[2]
    assert (questions(mine), mine.criteria[0]["reason"]) == (questions(versions(cast)[0]), "Mine.")


def test_form_works_in_front_of_an_older_decision(cast, manager, url):
    referral = builders.make_ineligible(cast, cast.education)
    manager.post(
        url, typed(manager, url, **{"rows-0-question": "Put differently?", "rows-0-reason": "Put differently."})
    )
    shown = text_of(manager.get(cast.url(cast.education, "referral", pk=referral.pk)))
    assert "The program takes misdemeanor charges only." in shown
    assert "Put differently" not in shown

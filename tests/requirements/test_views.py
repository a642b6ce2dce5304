"""The pages of credits and adjustments."""

from decimal import Decimal
from html import unescape

import pytest

from participants.requirements.actions import adjust_requirement
from participants.requirements.models import Credit, Requirement
from participants.tracks.scope import in_track
from tests.builders import make_enrollment
from tests.requirements.test_actions import FEE, HOURS, NOW, SERVICE, TODAY, requirement_of
from tests.sessions.arrange import fields_of


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def stay(cast):
    return make_enrollment(cast, cast.education)


def opened(cast, member: str, name: str, requirement):
    client = cast.client(member)
    address = cast.url(cast.education, name, pk=requirement.pk)
    response = client.get(address)
    assert response.status_code == 200
    return client, address, response.content.decode()


def test_hours_are_recorded_once_however_often_the_form_is_sent(cast, stay):
    client, address, html = opened(cast, "education_caseworker", "credit_new", requirement_of(cast, stay, SERVICE))
    sent = fields_of(html)
    assert sent["earned_on"] == TODAY.isoformat()
    assert "20 hours are missing." in html
    sent |= {"quantity": "6.25", "note": "<i>Beach</i> clean-up"}
    home = cast.url(cast.education, "participant", reference=stay.participant.reference)
    assert [client.post(address, sent).url for _ in range(2)] == [home, home]
    with in_track(cast.education):
        [credit] = Credit.objects.all()
        assert (credit.quantity, credit.note) == (Decimal("6.25"), "<i>Beach</i> clean-up")
    _, _, html = opened(cast, "education_caseworker", "credit_new", requirement_of(cast, stay, SERVICE))
    assert "6.25 of 20 hours" in html
    assert "6.25 hours verified" in html


@pytest.mark.parametrize("over", [{"quantity": "7"}, {"earned_on": "2026-04-01"}, {"note": "Corrected."}])
def test_saved_credit_that_is_sent_again_with_other_content_is_a_second_one(cast, stay, over):
    client, address, html = opened(cast, "education_caseworker", "credit_new", requirement_of(cast, stay, SERVICE))
    sent = fields_of(html) | {"quantity": "6.25", "note": "Beach"}
    client.post(address, sent)
    again = client.post(address, sent | over)
    html = again.content.decode()
    assert again.status_code == 422
    assert "This form was saved before with other content." in html
    assert f"What was saved then, 6.25 hours, is on the file of {stay.participant.reference}." in html
    typed = fields_of(html)
    assert {name: typed[name] for name in over} == over
    with in_track(cast.education):
        assert Credit.objects.count() == 1
    assert client.post(address, typed).status_code == 302
    with in_track(cast.education):
        assert Credit.objects.count() == 2


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"quantity": "0"}, "greater than or equal to 0.01"),
        ({"quantity": "-3"}, "greater than or equal to 0.01"),
        ({"quantity": "1.005"}, "no more than 2 decimal places"),
        ({"quantity": "123456"}, "no more than 5 digits before the decimal point"),
        ({"quantity": "ten"}, "Enter a number."),
        ({"quantity": "NaN"}, "Enter a number."),
        ({"earned_on": "2026-04-12"}, "This day is still to come."),
        ({"earned_on": "2026-03-11"}, "This is before the person was placed"),
        ({"earned_on": "yesterday"}, "Enter a valid date."),
    ],
)
def test_credit_that_does_not_hold_comes_back_as_typed(cast, stay, over, sentence):
    client, address, html = opened(cast, "education_caseworker", "credit_new", requirement_of(cast, stay, FEE))
    sent = fields_of(html) | {"quantity": "25", "note": "Kept."} | over
    response = client.post(address, sent)
    assert response.status_code == 422
    assert sentence in unescape(response.content.decode())
    assert fields_of(response.content.decode())["note"] == "Kept."
    with in_track(cast.education):
        assert not Credit.objects.exists()


def test_class_hours_cannot_be_recorded_by_hand(cast, stay):
    client, address, html = opened(cast, "education_caseworker", "credit_new", requirement_of(cast, stay, HOURS))
    response = client.post(address, fields_of(html) | {"quantity": "8"})
    assert response.status_code == 422
    assert "This requirement counts sessions attended." in response.content.decode()


def test_manager_reduces_and_then_waives_the_fee(cast, stay):
    client, address, html = opened(cast, "education_manager", "requirement_adjust", requirement_of(cast, stay, FEE))
    sent = fields_of(html)
    assert "change" not in sent  # nothing is chosen beforehand
    assert client.post(address, sent | {"change": "reduce", "quantity": "50", "reason": "Low"}).status_code == 302
    _, _, html = opened(cast, "education_manager", "requirement_adjust", requirement_of(cast, stay, FEE))
    assert "Reduced from $200." in html
    assert client.post(address, fields_of(html) | {"change": "waive", "reason": "None"}).status_code == 302
    with in_track(cast.education):
        row = Requirement.objects.get(kind=FEE)
    assert (row.quantity, row.waived_on, row.version) == (Decimal(50), TODAY, 2)


def test_second_manager_is_told_of_the_first_and_can_then_save(cast, stay):
    fee = requirement_of(cast, stay, FEE)
    client, address, html = opened(cast, "education_manager", "requirement_adjust", fee)
    with in_track(cast.education, by=cast.education_second_manager, write=True):
        adjust_requirement(
            requirement=fee,
            version=0,
            quantity=Decimal(100),
            reason="Half",
            today=TODAY,
            by=cast.education_second_manager,
        )
    sent = fields_of(html) | {"change": "reduce", "quantity": "150", "reason": "Less"}
    response = client.post(address, sent)
    html = response.content.decode()
    assert response.status_code == 422
    assert "Someone else changed this requirement meanwhile." in html
    assert "$0 of $100" in html
    assert fields_of(html) == sent | {"version": "1"}
    assert client.post(address, fields_of(html) | {"quantity": "80"}).status_code == 302


@pytest.mark.parametrize("over", [{"reason": ""}, {"change": ""}, {"change": "double"}, {"quantity": "200"}])
def test_change_that_does_not_hold_comes_back_as_typed(cast, stay, over):
    client, address, html = opened(cast, "education_manager", "requirement_adjust", requirement_of(cast, stay, FEE))
    sent = fields_of(html) | {"change": "reduce", "quantity": "50", "reason": "Low"} | over
    response = client.post(address, sent)
    assert response.status_code == 422
    assert fields_of(response.content.decode())["quantity"] == sent["quantity"]
    assert requirement_of(cast, stay, FEE).version == 0


def test_caseworker_may_not_waive(cast, stay):
    address = cast.url(cast.education, "requirement_adjust", pk=requirement_of(cast, stay, FEE).pk)
    assert cast.client("education_caseworker").post(address, {"change": "waive", "reason": "x"}).status_code == 403
    assert requirement_of(cast, stay, FEE).waived_on is None


def test_requirement_of_another_track_is_not_found(cast, stay):
    fee = requirement_of(cast, stay, FEE)
    client = cast.client("services_manager")
    assert client.get(cast.url(cast.services, "requirement_adjust", pk=fee.pk)).status_code == 404
    assert client.get(cast.url(cast.services, "credit_new", pk=fee.pk)).status_code == 404

"""What the database refuses of offers, agreements and placements, whoever writes: the ORM, or plain SQL."""

import datetime

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from participants.models import Agreement, ConsentText, Enrollment, Offer, Participant
from participants.tracks.scope import in_track
from tests import builders
from tests.builders import at, make_accepted, make_agreement, make_declined, make_enrollment, make_lapsed, make_offer

DAY = datetime.timedelta(days=1)


def refused(write, *words):
    """The write ends in a refusal that says one of these words, and leaves nothing."""
    with pytest.raises((IntegrityError, DatabaseError)) as error, transaction.atomic():
        write()
    assert any(word in str(error.value) for word in words), error.value


def agreement_row(offer, **over) -> Agreement:
    values = {
        "referral_id": offer.referral_id,
        "offer": offer,
        "text": builders.text_of("agreement"),
        "language": "en",
        "signed_at": at(builders.SIGNED),
        "signed_on": builders.SIGNED,
        "speedy_trial_waived": True,
        "waived_until": builders.TERM_ENDS,
        "term_ends_on": builders.TERM_ENDS,
        "recorded_by": offer.explained_by,
    }
    return Agreement(**{**values, **over})


def stay_row(agreement, **over) -> Enrollment:
    values = {
        "participant": Participant.objects.create(name="Nobody Known"),
        "referral_id": agreement.referral_id,
        "agreement": agreement,
        "caseworker": agreement.recorded_by,
        "placed_on": builders.PLACED,
        "term_ends_on": builders.TERM_ENDS,
    }
    return Enrollment(**{**values, **over})


@pytest.mark.parametrize("make", [make_offer, make_declined, make_lapsed])
def test_no_agreement_without_an_accepted_offer(cast, make):
    offer = make(cast, cast.education)
    with in_track(cast.education, write=True):
        row = agreement_row(offer)
        for write in (row.save, lambda: Agreement.objects.bulk_create([row])):
            refused(write, "no accepted_offer")
        assert not Agreement.objects.exists()


def test_no_agreement_of_another_case(cast):
    accepted, other = make_accepted(cast, cast.education), make_offer(cast, cast.education)
    with in_track(cast.education, write=True):
        refused(agreement_row(accepted, referral_id=other.referral_id).save, "no accepted_offer")
        agreement_row(accepted).save()  # the same row with its own case is one


@pytest.mark.parametrize("column", ["offer", "referral"])
def test_agreement_is_not_moved_to_another_case(cast, column):
    agreement, other = make_agreement(cast, cast.education), make_accepted(cast, cast.education)
    values = {"offer": {"offer": other}, "referral": {"referral_id": other.referral_id}}[column]
    both = {"offer": other, "referral_id": other.referral_id}
    with in_track(cast.education, write=True):
        for over in (values, both):
            refused(
                lambda over=over: Agreement.objects.filter(pk=agreement.pk).update(**over), "never changes", "no acc"
            )


@pytest.mark.parametrize(
    "values",
    [
        {"term_ends_on": builders.TERM_ENDS + 30 * DAY, "waived_until": builders.TERM_ENDS + 30 * DAY},
        {"requirements": []},
        {"signed_at": at(builders.SIGNED, 13)},
        {"version": 2},
        {"monitoring_ends_on": builders.TERM_ENDS},
    ],
)
def test_what_was_signed_never_changes(cast, values):
    agreement = make_agreement(cast, cast.education)
    with in_track(cast.education, write=True):
        refused(lambda: Agreement.objects.filter(pk=agreement.pk).update(**values), "never changes")


def test_withdrawal_is_not_taken_back(cast):
    agreement = make_agreement(cast, cast.education)
    make_declined(cast, cast.education, offer=agreement.offer, decided_at=at(builders.PLACED))
    with in_track(cast.education, write=True):
        for value in (None, builders.PLACED + DAY):
            refused(
                lambda value=value: Agreement.objects.filter(pk=agreement.pk).update(withdrawn_on=value),
                "stays as it is",
            )


def test_offer_keeps_its_case_text_and_moment(cast):
    offer, other = make_offer(cast, cast.education), make_offer(cast, cast.education)
    with in_track(cast.education, write=True):
        spanish = builders.text_of("offer", "es")
        for values in (
            {"referral_id": other.referral_id},
            {"text": spanish},
            {"made_at": at(builders.OFFERED, 9)},
        ):
            refused(lambda values=values: Offer.objects.filter(pk=offer.pk).update(**values), "never changes", "UNIQUE")


def test_nobody_is_placed_without_an_agreement_that_stands(cast):
    """Also not by writing rows, in whatever order."""
    agreed, other = make_agreement(cast, cast.education), make_agreement(cast, cast.education)
    with in_track(cast.education, write=True):
        refused(stay_row(agreed, referral_id=other.referral_id).save, "no standing_agreement")
        Offer.objects.filter(pk=agreed.offer_id).update(decision="declined")
        refused(stay_row(agreed).save, "no standing_agreement")
        Offer.objects.filter(pk=agreed.offer_id).update(decision="accepted")
        Agreement.objects.filter(pk=agreed.pk).update(withdrawn_on=builders.SIGNED)
        refused(stay_row(agreed).save, "no standing_agreement")
        refused(lambda: Enrollment.objects.bulk_create([stay_row(agreed)]), "no standing_agreement")
        # Written as ended it is refused too, for it was withdrawn before the placement.
        ended = {"status": "withdrew", "exited_on": builders.PLACED}
        refused(stay_row(agreed, **ended).save, "no standing_agreement")
        stay_row(other).save()
        assert Enrollment.objects.count() == 1


def test_a_stay_is_not_moved_under_another_agreement(cast):
    stay, other = make_enrollment(cast, cast.education), make_agreement(cast, cast.education)
    with in_track(cast.education, write=True):
        rows = Enrollment.objects.filter(pk=stay.pk)
        refused(lambda: rows.update(agreement=other), "no standing_agreement")
        refused(lambda: rows.update(referral_id=other.referral_id), "never changes", "no standing")
        refused(lambda: rows.update(agreement=other, referral_id=other.referral_id), "never changes")


def test_an_ended_stay_is_not_opened_again_under_a_withdrawn_agreement(cast):
    stay = make_enrollment(cast, cast.education)
    with in_track(cast.education, write=True):
        rows = Enrollment.objects.filter(pk=stay.pk)
        rows.update(status="withdrew", exited_on=builders.PLACED + DAY)
        Agreement.objects.filter(pk=stay.agreement_id).update(withdrawn_on=builders.PLACED + DAY)
        refused(lambda: rows.update(status="active", exited_on=None), "no standing_agreement")


def test_an_older_version_places_nobody(cast):
    first = make_agreement(cast, cast.education)
    with in_track(cast.education, write=True):
        offer = Offer.objects.get(pk=first.offer_id)
        second = agreement_row(offer, version=2)
        second.save()
        refused(stay_row(first).save, "no standing_agreement")
        stay_row(second).save()


def test_plain_sql_does_not_pass_either(cast):
    agreement, other = make_agreement(cast, cast.education), make_accepted(cast, cast.education)
    key = (lambda value: value.hex) if connection.vendor == "sqlite" else str

    def move():
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE participants_agreement SET offer_id = %s, referral_id = %s WHERE id = %s",
                [key(other.pk), key(other.referral_id), key(agreement.pk)],
            )

    with in_track(cast.education, write=True):
        refused(move, "never changes", "no accepted_offer")


def test_a_text_that_was_read_stays_as_it_was(cast):
    with in_track(cast.education, write=True):
        text = builders.text_of("offer")
        rows = ConsentText.objects.filter(pk=text.pk)
        for values in ({"body": "Sign here."}, {"version": 9}, {"language": "fr"}, {"kind": "messages"}):
            refused(lambda values=values: rows.update(**values), "never changes", "UNIQUE", "consent_text_once")
        rows.update(certified_by="Ana Luz", certified_on=builders.RECEIVED)
        refused(lambda: rows.update(certified_by="Somebody Else"), "stays as it is")
        refused(lambda: rows.update(certified_on=None), "stays as it is")

"""Writers of consents to messages: apart from the agreement, one way at a time, taken back at any time."""

import datetime
from uuid import UUID

from django.db import transaction

from participants.audit.actions import record
from participants.consent.models import ConsentText, MessageConsent
from participants.consent.queries import current_texts, message_consents_of
from participants.errors import ProgramError, check_same
from participants.referrals.models import Referral
from participants.referrals.rules import Status
from participants.staff.models import User
from participants.tracks.models import new_id

CLOSED = (Status.STOPPED, Status.HANDED_OFF, Status.MERGED)


@transaction.atomic
def give_message_consent(
    *,
    referral: Referral,
    channel: str,
    text: ConsentText,
    language: str,
    given_on: datetime.date,
    today: datetime.date,
    by: User,
    row_id: UUID | None = None,
) -> MessageConsent:
    """Record that a person agrees to be written to or called in one way.

    Raises ProgramError where that way is open already, the day does not hold, or the text is another.
    """
    referral = Referral.objects.select_for_update().get(pk=referral.pk)
    if written := MessageConsent.objects.filter(pk=row_id).first():
        typed = {"channel": channel, "text": text, "given_on": given_on}
        check_same(written, typed, "The consent saved then stands on the referral's page.", again=False)
        return written
    if referral.status in CLOSED:
        raise ProgramError(f"This referral stands at “{referral.get_status_display()}”, so nobody is written to.")
    if text.kind != ConsentText.Kind.MESSAGES:
        raise ProgramError("Choose the text that was given to the person.", field="text")
    _check_language(text, language)
    if channel not in MessageConsent.Channel.values:
        raise ProgramError("Choose a way.", field="channel")
    if given_on > today:
        raise ProgramError("This day is still to come.", field="given_on")
    if given_on < referral.received_on:
        received = f"{referral.received_on:%B %-d, %Y}"
        raise ProgramError(f"The referral was received on {received}; a consent comes after that.", field="given_on")
    if any(row.channel == channel for row in message_consents_of(referral) if row.withdrawn_on is None):
        raise ProgramError("The person has agreed to this way already.", field="channel")
    consent = MessageConsent.objects.create(
        pk=row_id or new_id(), referral=referral, channel=channel, text=text, given_on=given_on, recorded_by=by
    )
    record("message_consent.given", by=by, subjects=[consent], detail={"channel": channel, "language": language})
    return consent


def _check_language(text: ConsentText, language: str) -> None:
    available = {known.language for known in current_texts(ConsentText.Kind.MESSAGES)}
    if language in available and text.language != language:
        raise ProgramError("There is a text in the person's language: use that one.", field="text")


@transaction.atomic
def withdraw_message_consent(*, consent: MessageConsent, today: datetime.date, by: User) -> MessageConsent:
    """Record that the person wants no more messages in this way. No reason is asked; safe to run twice."""
    if MessageConsent.objects.filter(pk=consent.pk, withdrawn_on__isnull=True).update(withdrawn_on=today):
        consent.withdrawn_on = today
        record("message_consent.withdrawn", by=by, subjects=[consent], detail={"channel": consent.channel})
    return consent

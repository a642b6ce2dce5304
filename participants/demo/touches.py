"""Results of court dates, a paper, consents to messages and certified texts, on a few invented cases, made by the
program's own actions, so that the pages that show them have something to show."""

import datetime
import io
import uuid

from django.db.models import Min
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from participants.consent.messages import give_message_consent, withdraw_message_consent
from participants.consent.models import ConsentText, MessageConsent, Offer
from participants.consent.queries import current_texts
from participants.consent.versions import certify_text
from participants.court.actions import record_court_result
from participants.court.rules import CourtOutcome
from participants.documents.actions import add_document
from participants.documents.models import Document
from participants.enrollment.models import Enrollment
from participants.referrals.models import Referral
from participants.staff.permissions import Permission
from participants.staff.queries import staff_with
from participants.tracks.scope import active_track

WORDS = b"BT /F1 16 Tf 72 700 Td (An invented paper of the demonstration.) Tj ET"
RESULTS = (
    (CourtOutcome.APPEARED, "Continued, to give the program time."),
    (CourtOutcome.MISSED, "Counsel has asked the court for a new date."),
    (CourtOutcome.EXCUSED, ""),
)


def add_touches(*, today: datetime.date, now: datetime.datetime) -> None:
    """In the active track, on the stays that began last: how an earlier court date went, and on the first a paper."""
    stays = Enrollment.objects.filter(status=Enrollment.Status.ACTIVE).order_by("-placed_on", "id")
    latest = stays.select_related("caseworker")[: len(RESULTS)]
    for stay, (outcome, note) in zip(latest, RESULTS, strict=False):
        case = Referral.objects.get(pk=stay.referral_id)
        record_court_result(
            referral=case,
            version=case.version,
            held_on=stay.placed_on - datetime.timedelta(days=1),
            outcome=outcome,
            note=note,
            next_court_on=case.next_court_on,
            must_appear=case.must_appear,
            today=today,
            by=stay.caseworker,
        )
        if outcome == CourtOutcome.APPEARED:
            add_document(
                row_id=uuid.uuid5(stay.pk, "paper"),
                referral=case,
                kind=Document.Kind.AGREEMENT,
                title="Scan of the signed pages",
                file=a_page(),
                now=now,
                by=stay.caseworker,
            )

    _agree_to_messages(list(latest), today=today)
    _certify_english(today=today)


def _agree_to_messages(stays: list[Enrollment], *, today: datetime.date) -> None:
    """The first of them agreed to text messages, the second to calls, which they took back."""
    for stay, channel in zip(stays, (MessageConsent.Channel.SMS, MessageConsent.Channel.VOICE), strict=False):
        case = Referral.objects.get(pk=stay.referral_id)
        texts = current_texts(ConsentText.Kind.MESSAGES)
        text = next((text for text in texts if text.language == case.language), texts[0])
        consent = give_message_consent(
            referral=case,
            channel=channel,
            text=text,
            language=case.language,
            given_on=stay.placed_on,
            today=today,
            by=stay.caseworker,
            row_id=uuid.uuid5(stay.pk, "messages"),
        )
        if channel == MessageConsent.Channel.VOICE:
            withdraw_message_consent(consent=consent, today=today, by=stay.caseworker)


def _certify_english(*, today: datetime.date) -> None:
    """The texts in English are certified since before the first offer; the translations wait for somebody."""
    manager = staff_with(Permission.MANAGE_TEXTS, track=active_track(), on=today).order_by("email").first()
    first = Offer.objects.aggregate(on=Min("made_on"))["on"] or today
    for text in ConsentText.objects.filter(language="en"):
        certify_text(text=text, certified_by="Iris Ledger (invented)", certified_on=first, today=today, by=manager)


def a_page() -> bytes:
    """A PDF that says what it is."""
    writer = PdfWriter()
    page = writer.add_blank_page(612, 792)
    words = DecodedStreamObject()
    words.set_data(WORDS)
    page[NameObject("/Contents")] = words
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    font = DictionaryObject({NameObject(key): NameObject(value) for key, value in font.items()})
    fonts = DictionaryObject({NameObject("/F1"): font})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()

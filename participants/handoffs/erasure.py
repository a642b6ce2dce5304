"""Erasure of a case: everything that says whose it was goes; what stays is a row that counts as received."""

import datetime
import secrets

from django.db.models import Q

from participants.access.models import KeptForm
from participants.audit.changes import forget_changes
from participants.completion.models import Disposition
from participants.consent.models import Agreement, MessageConsent, Offer
from participants.court.models import CourtResult
from participants.documents.models import Document
from participants.duplicates.models import Comparison
from participants.files.models import WaitingFile
from participants.people.models import BreakGlass, Restriction, SearchToken
from participants.referrals.models import MustAppear, Referral
from participants.screening.models import Review, Screening
from participants.tracks.scope import active_track

# What is written about a case, and the way from there to the case. A row stands before those that it points to.
PAPERS = (
    (MessageConsent, ("referral",)),
    (Agreement, ("referral",)),
    (Offer, ("referral",)),
    (Review, ("screening__referral",)),
    (Screening, ("referral",)),
    (Document, ("referral",)),
    (CourtResult, ("referral",)),
    (Comparison, ("referral", "other")),
    (Disposition, ("referral",)),
    (Restriction, ("referral",)),
    (BreakGlass, ("referral",)),
)
# Every key by which equal cases or persons are known; drawn anew, so that nobody can compute them from a name.
KEYS = ("fingerprint", "case_key")
EMPTIED = {
    "name": "",
    "date_of_birth": None,
    "phone": "",
    "case_number": "",
    "counsel_name": "",
    "counsel_contact": "",
    "operation": None,
    "batch": None,
    "next_court_on": None,
    "court_told_on": None,
    "must_appear": MustAppear.UNKNOWN,
    "language": "en",
    "gender": "",
    "race": "",
    "age_at_offense": None,
    "person_key": None,
}


def erase_case(referral: Referral) -> None:
    """Empty a referral and those that were merged into it, and delete what was written about them.

    To be called inside the transaction of the action that says on record why. What stays is the row itself with the
    day of receipt, who sent it, the charge and where it stands.
    """
    cases = list(Referral.objects.select_for_update().filter(Q(pk=referral.pk) | Q(merged_into=referral)))
    ids = [case.pk for case in cases]
    for model, ways in PAPERS:
        about = Q()
        for way in ways:
            about |= Q(**{f"{way}__in": ids})
        model.objects.filter(about).delete()
    SearchToken.objects.filter(subject_id__in=ids).delete()
    forget_changes(ids)
    # The same person may wait in somebody's file or locked form; whose they are cannot be asked of a sealed one.
    WaitingFile.objects.all().delete()
    KeptForm.objects.all().delete()
    for case in cases:
        case.save(update_fields=empty(case))


def empty(case: Referral) -> list[str]:
    """Take everything about the person out of a row, saved or not; returns the names of the fields."""
    values = {
        **EMPTIED,
        **{name: secrets.token_bytes(Referral._meta.get_field(name).max_length) for name in KEYS},
        # The day alone is in the figures; when exactly it came says which row of which file it was.
        "offense_on": case.received_on,
        "created_at": datetime.datetime.combine(case.received_on, datetime.time(), tzinfo=active_track().program.zone),
        "version": case.version + 1,
    }
    for name, value in values.items():
        setattr(case, name, value)
    return list(values)

"""Named reads of files: how a sender heads its columns, and the file that waits."""

from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import Http404

from participants.files.headings import plain_heading
from participants.files.models import Batch, ColumnMapping, WaitingFile
from participants.people.restrictions import readable
from participants.referrals.models import Referral
from participants.referrals.rules import OPEN, Status
from participants.staff.models import User
from participants.tracks.models import Program


def mapping_of(program: Program, sender: str) -> dict[str, str]:
    """How a sender heads its columns, as somebody has said before: plain heading to field."""
    mapping = ColumnMapping.objects.filter(program=program, sender=plain_heading(sender)[:150]).first()
    return mapping.columns if mapping else {}


def own_file_or_404(pk: UUID, owner: User) -> WaitingFile:
    """A waiting file of its uploader; nobody else has one of this id. Raises Http404."""
    try:
        return WaitingFile.objects.get(pk=pk, owner=owner)
    except WaitingFile.DoesNotExist as error:
        raise Http404 from error


def batch_list() -> QuerySet[Batch]:
    """The track's batches, newest first, with how many of their referrals wait for us."""
    waiting = Referral.objects.filter(batch=OuterRef("pk"), status__in=(*OPEN, Status.STOPPED)).order_by()
    number = Subquery(waiting.values("batch").annotate(number=Count(Value(1))).values("number"))
    return (
        Batch.objects.select_related("received_by")
        .annotate(waiting=Coalesce(number, 0))
        .order_by("-received_on", "-id")
    )


def senders() -> list[str]:
    """Who has sent files to this track, by name."""
    return list(Batch.objects.order_by("sender").values_list("sender", flat=True).distinct())


def last_sender(user: User) -> str:
    """Who sent the last file that somebody received, which is often who sends the next one."""
    rows = Batch.objects.filter(received_by=user).order_by("-received_on", "-id")
    return rows.values_list("sender", flat=True).first() or ""


def batch_or_404(pk: UUID) -> Batch:
    """The batch of the active track with this id. Raises Http404."""
    try:
        return Batch.objects.select_related("received_by", "closed_by").get(pk=pk)
    except Batch.DoesNotExist as error:
        raise Http404 from error


def referrals_of(batch: Batch, status: str | None = None) -> QuerySet[Referral]:
    """A batch's referrals in the order of the file, without those that the reader may not open."""
    found = readable(Referral.objects.filter(batch=batch), referral="pk").order_by("id")
    return found if status is None else found.filter(status=status)


def statuses_of(batch: Batch) -> dict[str, int]:
    """How many of a batch's referrals stand where, in the order of the way. Everybody counts."""
    found = dict(Referral.objects.filter(batch=batch).order_by().values_list("status").annotate(number=Count(Value(1))))
    return {status: found[status] for status in Status.values if status in found}

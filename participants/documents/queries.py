"""Named reads of papers. Their content is read by nobody but who downloads one."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.http import Http404

from participants.documents.models import Document
from participants.people.restrictions import readable
from participants.referrals.rules import Status
from participants.staff.permissions import Permission
from participants.tracks.scope import active_scope


def documents_of(referrals: Iterable[UUID]) -> list[Document]:
    """The papers of some cases and of those that were merged into them, latest first, without content."""
    ids = list(referrals)
    found = Document.objects.filter(Q(referral__in=ids) | Q(referral__merged_into__in=ids))
    return list(_allowed(found).defer("content").select_related("added_by").order_by("-added_at", "-id"))


def document_or_404(pk: UUID) -> Document:
    """One paper, if the actor may open its file. Its content is fetched when it is asked for. Raises Http404."""
    found = _allowed(Document.objects.filter(pk=pk)).defer("content").select_related("referral").first()
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True)
class Held:
    """How much a case holds."""

    papers: int
    size: int


def held_by(referral_id: UUID) -> Held:
    found = Document.objects.filter(referral=referral_id).order_by().aggregate(papers=Count("pk"), size=Sum("size"))
    return Held(found["papers"], found["size"] or 0)


def _allowed(found: QuerySet[Document]) -> QuerySet[Document]:
    """Without those of files that the actor may not open. Who does not read participants' files learns nothing of a
    stay from papers either: of a placed case they see what was added until the placement, and what is their own."""
    scope = active_scope()
    if scope.by is not None and Permission.VIEW_PARTICIPANTS not in scope.privileges:
        before = Q(added_at__date__lte=F("referral__enrollment__placed_on"))
        found = found.filter(~Q(referral__status=Status.PLACED) | before | Q(added_by=scope.by))
    found = readable(found, referral="referral_id", participant="referral__enrollment__participant_id")
    return readable(found, referral="referral__merged_into_id")

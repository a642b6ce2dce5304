"""Pages on which two files of one person become one, and are parted again."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from participants.access.gate import requires
from participants.audit.actions import shown
from participants.enrollment.models import Enrollment
from participants.enrollment.queries import stays_of
from participants.errors import ProgramError
from participants.people.joining import merge_files, undo_merge, what_moves, why_not_merged
from participants.people.models import FileMerge, Participant
from participants.people.queries import participant_or_404
from participants.staff.permissions import Permission
from participants.web.clock import today
from participants.web.forms import ProgramForm, page_status, posted
from participants.web.urls import track_url


class MergeForm(ProgramForm):
    """The other file, by its reference."""

    reference = forms.CharField(
        max_length=20,
        label="Reference of the other file",
        help_text="Such as 7K4Q-2MXD. The search finds it by name or case number.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args, kept: Participant, **kwargs):
        super().__init__(*args, **kwargs)
        self.kept, self.absorbed = kept, None

    def clean_reference(self) -> str:
        try:
            self.absorbed = participant_or_404(self.cleaned_data["reference"], merged=True)
        except Http404 as error:
            raise forms.ValidationError("No file of this track has this reference.") from error
        if sentence := why_not_merged(self.kept, self.absorbed):
            raise forms.ValidationError(sentence)
        return self.absorbed.reference


@require_http_methods(["GET", "POST"])
@requires(Permission.MERGE_FILES)
def participant_merge(request, reference: str):
    """Say which other file is the same person's; the page shows what goes over before it does."""
    kept = participant_or_404(reference)
    form = MergeForm(posted(request), user=request.user, track=request.track, kept=kept)
    absorbed = None
    if form.is_valid():
        absorbed = form.absorbed
        if "confirm" in request.POST:
            try:
                merge_files(kept=kept, absorbed=absorbed, today=today(), by=request.user)
            except ProgramError as error:
                form.apply_error(error)
            else:
                messages.success(request, f"The file {absorbed.reference} is part of this one now.")
                return redirect(track_url("participant", reference=kept.reference))
    shown(kept)
    context = {"form": form, "participant": kept, "absorbed": absorbed}
    if absorbed:
        context |= {"sides": _sides(kept, absorbed), "moves": what_moves(absorbed), "stays": stays_of(absorbed)}
    return render(request, "people/merge.html", context, status=page_status(form))


@require_http_methods(["GET", "POST"])
@requires(Permission.MERGE_FILES)
def merge_undo(request, pk: UUID):
    """Part two files again."""
    merge = FileMerge.objects.filter(pk=pk).select_related("kept", "absorbed", "merged_by").first()
    if merge is None:
        raise Http404
    kept = participant_or_404(merge.kept.reference, merged=True)
    absorbed = participant_or_404(merge.absorbed.reference, merged=True)
    form = ProgramForm(posted(request), user=request.user, track=request.track)
    if form.is_valid():
        try:
            undo_merge(merge=merge, today=today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, f"The file {absorbed.reference} stands on its own again.")
            return redirect(track_url("participant", reference=kept.reference))
    stays = Enrollment.objects.filter(pk__in=merge.moved["rows"].get("enrollment", ())).order_by("-placed_on", "-id")
    context = {"form": form, "merge": merge, "kept": kept, "absorbed": absorbed, "stays": stays}
    return render(request, "people/merge_undo.html", context, status=page_status(form))


def merged_file(request, participant: Participant):
    """The page of a file that is part of another one: where it went."""
    shown(participant)
    merge = FileMerge.objects.filter(absorbed=participant, undone_on__isnull=True).select_related("merged_by", "kept")
    context = {"participant": participant, "merge": merge.get()}
    return render(request, "people/merged.html", context)


def _sides(kept: Participant, absorbed: Participant) -> list[dict]:
    """What both files say of the person."""
    fields = ("name", "preferred_name", "date_of_birth", "phone", "language_name", "safe_contact")
    labels = {name: str(Participant._meta.get_field(name).verbose_name) for name in fields if name != "language_name"}
    return [
        {
            "label": labels.get(name, "language").capitalize(),
            "kept": getattr(kept, name),
            "absorbed": getattr(absorbed, name),
            "differs": getattr(kept, name) != getattr(absorbed, name),
        }
        for name in fields
    ]

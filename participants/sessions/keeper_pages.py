"""The clinical supervisor's page: who keeps privileged notes, and giving them to somebody else."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from participants.access.fresh import fresh
from participants.access.gate import requires
from participants.errors import ProgramError
from participants.sessions.keeping import Kept, give_notes, keepers
from participants.staff.models import User
from participants.staff.permissions import Permission
from participants.staff.queries import staff_with
from participants.web.clock import today
from participants.web.forms import ProgramForm, page_status, posted, two
from participants.web.urls import track_url


class KeeperForm(ProgramForm):
    """Whose notes, and who keeps them from now on."""

    keeper = forms.ModelChoiceField(
        User.objects.none(),
        label="Notes of",
        empty_label="Choose",
        error_messages={"required": "Choose somebody.", "invalid_choice": "Choose somebody who keeps notes."},
    )
    to = forms.ModelChoiceField(
        User.objects.none(),
        label="Kept from now on by",
        empty_label="Choose",
        error_messages={"required": "Choose somebody.", "invalid_choice": "Choose somebody of this track."},
    )

    def __init__(self, *args, kept: list[Kept], on, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["keeper"].queryset = User.objects.filter(pk__in=[row.keeper.pk for row in kept]).order_by("name")
        self.fields["to"].queryset = staff_with(Permission.KEEP_PRIVILEGED, track=self.track, on=on)
        self.helper.layout = two("keeper", "to")


@require_http_methods(["GET", "POST"])
@requires(Permission.REASSIGN_NOTES)
@fresh
def note_keepers(request):
    """How many privileged notes each keeps; no text, no person."""
    kept = keepers(today=today())
    form = KeeperForm(posted(request), user=request.user, track=request.track, kept=kept, on=today())
    if form.is_bound and form.is_valid():
        try:
            given, left = give_notes(**form.values(), today=today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, _told(given, left, form.cleaned_data["to"]))
            return redirect(track_url("note_keepers"))
    return render(request, "sessions/keepers.html", {"form": form, "keepers": kept}, status=page_status(form))


def _told(given: int, left: int, to: User) -> str:
    sentence = f"{to.name} keeps {given} {'note' if given == 1 else 'notes'} more."
    if left:
        stays = "1 stays" if left == 1 else f"{left} stay"
        sentence += f" {stays}: their people do not want {to.name} to open their file."
    return sentence

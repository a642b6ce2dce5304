"""Forms of sites, sessions, bookings, logs and notes."""

import datetime
import uuid

from crispy_forms.layout import Column, Layout, Row
from django import forms
from django.core.exceptions import ValidationError

from participants.enrollment.models import Enrollment
from participants.errors import ProgramError
from participants.people.languages import CHOICES as LANGUAGES
from participants.people.restrictions import readable
from participants.sessions.models import Note, Site
from participants.sessions.queries import open_sites
from participants.sessions.rules import LOGGED, LONGEST_MINUTES, MOST_SEATS, Kind, Visibility
from participants.staff.permissions import Permission
from participants.staff.queries import staff_with
from participants.web.forms import OnceMixin, ProgramForm

LONGEST_NOTE = Note._meta.get_field("text").max_length


def kind_choices(kinds) -> list[tuple[str, str]]:
    return [(kind, Kind(kind).label) for kind in kinds]


class SiteForm(OnceMixin, ProgramForm):
    name = forms.CharField(max_length=Site._meta.get_field("name").max_length)
    address = forms.CharField(max_length=Site._meta.get_field("address").max_length, required=False)


class SessionForm(OnceMixin, ProgramForm):
    kind = forms.ChoiceField()
    title = forms.CharField(
        max_length=150, required=False, help_text="What it is about. Never a participant's name: schedules are shared."
    )
    held_on = forms.DateField(label="Date")
    starts = forms.TimeField(label="From")
    ends = forms.TimeField(label="Until")
    site = forms.ModelChoiceField(queryset=None, required=False, empty_label="No site, or by phone")
    facilitator = forms.ModelChoiceField(queryset=None, label="Who runs it", empty_label="Choose…")
    language = forms.ChoiceField(choices=LANGUAGES, initial="en")
    capacity = forms.IntegerField(
        label="Seats", required=False, min_value=1, max_value=MOST_SEATS, help_text=f"Empty: up to {MOST_SEATS}."
    )

    def __init__(self, *args, today: datetime.date, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kind_choices(self.track.rules.session_kinds)
        self.fields["site"].queryset = open_sites()
        self.fields["facilitator"].queryset = staff_with(Permission.TAKE_ATTENDANCE, track=self.track, on=today)
        self.helper.layout = Layout(
            "form_key",
            Row(Column("kind"), Column("title")),
            Row(Column("held_on"), Column("starts"), Column("ends")),
            Row(Column("site"), Column("facilitator")),
            Row(Column("language"), Column("capacity")),
        )


class PeopleField(forms.MultipleChoiceField):
    """Stays by id. One that is no longer on the list is for the action to judge, which can say why."""

    widget = forms.CheckboxSelectMultiple

    def valid_value(self, value) -> bool:
        try:
            uuid.UUID(value)
        except ValueError:
            return False
        return True


class BookForm(ProgramForm):
    people = PeopleField(label="People", error_messages={"required": "Choose at least one person."})

    def __init__(self, *args, stays: list[Enrollment], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["people"].choices = [
            (str(stay.pk), f"{stay.participant.called} · {stay.participant.reference}") for stay in stays
        ]

    def clean_people(self) -> list[Enrollment]:
        return list(Enrollment.objects.filter(pk__in=self.cleaned_data["people"]))


class VisibilityMixin:
    """Those who keep privileged notes choose, starting from the track's default; other notes are the track's."""

    def set_visibility(self, *, keeps_privileged: bool) -> None:
        if keeps_privileged:
            self.fields["visibility"].initial = self.track.rules.note_visibility
        else:
            del self.fields["visibility"]

    def values(self) -> dict:
        values = super().values()
        values["visibility"] = values.get("visibility") or Visibility.CASE.value
        return values


def visibility_field() -> forms.ChoiceField:
    return forms.ChoiceField(label="Who may read the note", choices=Visibility.choices, widget=forms.RadioSelect)


class NoteForm(VisibilityMixin, OnceMixin, ProgramForm):
    text = forms.CharField(label="Note", max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 8}))
    visibility = visibility_field()

    def __init__(self, *args, keeps_privileged: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.set_visibility(keeps_privileged=keeps_privileged)


class LogForm(VisibilityMixin, OnceMixin, ProgramForm):
    """One session with one person, after it took place."""

    person = forms.UUIDField(widget=forms.Select, error_messages={"required": "Choose the person."})
    kind = forms.ChoiceField(initial=Kind.INDIVIDUAL)
    held_on = forms.DateField(label="Date")
    starts = forms.TimeField(label="From")
    minutes = forms.IntegerField(min_value=1, max_value=LONGEST_MINUTES)
    again = forms.BooleanField(label="This is another session", required=False, widget=forms.HiddenInput)
    note = forms.CharField(max_length=LONGEST_NOTE, required=False, widget=forms.Textarea(attrs={"rows": 6}))
    visibility = visibility_field()

    def __init__(self, *args, stays: list[Enrollment], today: datetime.date, keeps_privileged: bool, **kwargs):
        super().__init__(*args, **kwargs)
        person = self.fields["person"]
        people = [(str(stay.pk), f"{stay.participant.called} · {stay.participant.reference}") for stay in stays]
        if len(people) == 1:
            person.initial = people[0][0]
        person.widget.choices = people if len(people) == 1 else [("", "Choose…"), *people]
        self.fields["kind"].choices = kind_choices(kind for kind in self.track.rules.session_kinds if kind in LOGGED)
        self.fields["held_on"].initial = today
        self.set_visibility(keeps_privileged=keeps_privileged)
        if self.data.get("again"):
            self.ask_again()
        self.helper.layout = Layout(
            "form_key",
            Row(Column("person"), Column("kind")),
            Row(Column("held_on"), Column("starts"), Column("minutes")),
            "again",
            "note",
            *(("visibility",) if keeps_privileged else ()),
        )

    def ask_again(self) -> None:
        """Show the checkbox that says that a likely double is meant."""
        self.fields["again"].widget = forms.CheckboxInput()

    def clean_person(self) -> Enrollment:
        active = Enrollment.objects.filter(pk=self.cleaned_data["person"], status=Enrollment.Status.ACTIVE)
        stay = readable(active, participant="participant_id").select_related("participant")
        if not stay:
            raise ValidationError("Choose a person whose stay is active.")
        return stay[0]

    def apply_error(self, error: ProgramError) -> None:
        if error.field == "again":
            self.ask_again()
        if error.field == "text":
            error.field = "note"
        super().apply_error(error)

    def values(self) -> dict:
        values = super().values()
        values["enrollment"] = values.pop("person")
        return values

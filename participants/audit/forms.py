"""The filter of the trail, and the sign-off of a review."""

import datetime
from uuid import UUID

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils import timezone

from participants.audit.models import AuditReview, Event
from participants.audit.queries import SYSTEM, Filter
from participants.audit.rules import IN_A_TRACK, OUTSIDE, label_of
from participants.audit.trail import subjects_called
from participants.errors import ProgramError
from participants.tracks.scope import Subject
from participants.web.forms import DateInput, OnceMixin, ProgramForm

FIRST_YEAR, LAST_YEAR = 2000, 2100


class OversightFilterForm(ProgramForm):
    """What part of the trail is shown. Read from the address, so it takes nothing that names a participant.

    `people` are accounts as (id, name), by name.
    """

    person = forms.ChoiceField(label="Who", required=False)
    group = forms.ChoiceField(label="What", required=False)
    outcome = forms.ChoiceField(choices=[("", "Any"), *Event.Outcome.choices], required=False)

    groups = OUTSIDE

    def __init__(self, *args, people: list[tuple[UUID, str]], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = [
            ("", "Anybody"), *((str(pk), name) for pk, name in people), (SYSTEM, "Nobody signed in")
        ]  # fmt: skip
        self.fields["group"].choices = [("", "Anything"), *((group, label_of(group)) for group in self.groups)]
        # `from` is a word of the language and cannot be written as a class attribute.
        self.fields["from"] = forms.DateField(label="From", required=False, widget=DateInput())
        self.fields["to"] = forms.DateField(label="To", required=False, widget=DateInput())
        for field in self.fields.values():
            chosen = isinstance(field, forms.ChoiceField)
            field.widget.attrs["class"] = "form-select" if chosen else "form-control"
            if chosen:
                field.error_messages["invalid_choice"] = "Choose one of the list."

    def clean(self):
        cleaned = super().clean()
        for name in ("from", "to"):
            if (day := cleaned.get(name)) and not FIRST_YEAR <= day.year <= LAST_YEAR:
                self.add_error(name, "Check the year of the date.")
        if cleaned.get("from") and cleaned.get("to") and cleaned["from"] > cleaned["to"]:
            self.add_error("to", "The last day comes after the first.")
        return cleaned

    def asked(self) -> Filter:
        """The filter of a valid form, with days as instants where the program is."""
        values, zone = self.cleaned_data, timezone.get_current_timezone()
        person = values["person"]
        start, end = values["from"], values["to"]
        return Filter(
            person=UUID(person) if person and person != SYSTEM else person or None,
            subjects=frozenset(pk for _, pk in self.sought()) or None,
            group=values["group"],
            outcome=values["outcome"],
            start=datetime.datetime.combine(start, datetime.time.min, tzinfo=zone) if start else None,
            end=datetime.datetime.combine(end, datetime.time.max, tzinfo=zone) if end else None,
        )

    def sought(self) -> frozenset[Subject]:
        """The records that a valid form asks about."""
        return self.cleaned_data.get("record") or frozenset()

    def used(self) -> list[str]:
        """The names of the filters that are set."""
        return sorted(name for name in self.fields if self.cleaned_data.get(name))


class TrailFilterForm(OversightFilterForm):
    """The filter of a track's trail: also by a record, told by its reference."""

    record = forms.CharField(
        label="File or case", required=False, max_length=20, help_text="Its reference, never a name."
    )

    groups = IN_A_TRACK
    field_order = ("person", "record", "group", "outcome")

    def clean_record(self) -> frozenset[Subject] | None:
        text = self.cleaned_data["record"].strip()
        if not text:
            return None
        try:
            return subjects_called(text)
        except ProgramError as error:
            raise ValidationError(error.message) from error


class ReviewForm(OnceMixin, ProgramForm):
    """Signing off what the page showed: `until` is the instant up to which it did, signed, so that nobody signs for
    what they were not shown."""

    until = forms.CharField(widget=forms.HiddenInput, required=False)
    remark = forms.CharField(
        required=False,
        max_length=AuditReview._meta.get_field("remark").max_length,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What you looked into and what came of it. No name of a participant: write the reference.",
    )

    def __init__(self, *args, shown_until: datetime.datetime, **kwargs):
        super().__init__(*args, **kwargs)
        self._until = signing.Signer(salt=f"review:{self.track.pk if self.track else ''}:{self.user.pk}")
        self._shown_until = self._until.sign(shown_until.isoformat())
        self.fields["until"].initial = self._shown_until
        if self.track is None:  # where no reference is told, none is to be written
            self.fields["remark"].help_text = "What you looked into and what came of it. No name of a participant."

    def clean_until(self) -> datetime.datetime:
        try:
            return datetime.datetime.fromisoformat(self._until.unsign(self.cleaned_data["until"]))
        except (signing.BadSignature, ValueError) as error:
            self.data = self.data.copy()
            self.data[self.add_prefix("until")] = self._shown_until
            raise ValidationError("This page is out of date. Look at it once more, then sign.") from error

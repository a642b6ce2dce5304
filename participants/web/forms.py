"""Base of all forms: laid out by crispy-forms, refusals of the program shown next to their field."""

import datetime
import uuid

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div
from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from participants.access.kept import KeptFields, kept_fields
from participants.errors import ProgramError, ValuesRefused
from participants.tracks.models import new_id


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **kwargs):
        super().__init__(format="%Y-%m-%d", **kwargs)


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self, **kwargs):
        super().__init__(format="%H:%M", **kwargs)


class InstantInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self, **kwargs):
        super().__init__(format="%Y-%m-%dT%H:%M", **kwargs)


class InstantField(forms.DateTimeField):
    """A date and a time of day where the program is; the value is the instant, in UTC.

    Where clocks go back a time comes twice: the first is meant. Where they go forward an hour is left out: a time
    in it is refused.
    """

    widget = InstantInput
    default_error_messages = {
        "invalid": "Enter a date and a time of day.",
        "skipped": "The clocks go forward then and this time does not exist. Choose a time before or after it.",
        "year": "Check the year of the date.",
    }

    def to_python(self, value):
        if value in self.empty_values:
            return None
        try:
            typed = parse_datetime(str(value).strip())
        except ValueError:
            typed = None
        # A date alone would be midnight, which nobody has said.
        if typed is None or typed.tzinfo is not None or ":" not in str(value):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        zone = timezone.get_current_timezone()
        try:
            instant = typed.replace(tzinfo=zone, fold=0).astimezone(datetime.UTC)
            there_and_back = instant.astimezone(zone).replace(tzinfo=None)
        except OverflowError as error:
            raise ValidationError(self.error_messages["year"], code="year") from error
        if there_and_back != typed:
            raise ValidationError(self.error_messages["skipped"], code="skipped")
        return instant


class ProgramForm(forms.Form):
    """Takes `user` and `track` keyword-only; carries the crispy helper."""

    def __init__(self, *args, user, track, **kwargs):
        self.user = user
        self.track = track
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        for field in self.fields.values():
            if isinstance(field, forms.DateField) and not isinstance(field.widget, DateInput):
                field.widget = DateInput(attrs=field.widget.attrs)
            if isinstance(field, forms.TimeField) and not isinstance(field.widget, TimeInput):
                field.widget = TimeInput(attrs=field.widget.attrs)

    def full_clean(self) -> None:
        if isinstance(self.data, KeptFields):  # shown as it was typed, and judged when it is sent
            self._errors, self.cleaned_data = ErrorDict(renderer=self.renderer), {}
            return
        super().full_clean()

    def is_valid(self) -> bool:
        return not isinstance(self.data, KeptFields) and super().is_valid()

    def apply_error(self, error: ProgramError) -> None:
        """Show a refusal next to the field that it names, or above the form."""
        self.add_error(error.field if error.field in self.fields else None, error.message)

    def values(self) -> dict:
        """The cleaned values, as an action takes them."""
        return {name: value for name, value in self.cleaned_data.items() if name != "form_key"}


def two(*names: str) -> Div:
    """Fields side by side where there is room."""
    return Div(*(Div(name, css_class="col-md-6") for name in names), css_class="row")


class ValuesForm(ProgramForm):
    """Shows every value that the rules refuse next to its field."""

    def apply_error(self, error: ProgramError) -> None:
        if not isinstance(error, ValuesRefused):
            return super().apply_error(error)
        for problem in error.problems:
            self.add_error(problem.field if problem.field in self.fields else None, problem.text)
        return None


class VersionedMixin(forms.Form):
    """For a row that two people may edit: `version` is that of the row as the form was filled from it."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def renew(self, version: int) -> None:
        """Keep what was typed, on the version that the page now shows beside it."""
        self.data = self.data.copy()
        self.data[self.add_prefix("version")] = version


class OnceMixin(forms.Form):
    """A signed key in the form becomes the new row's id, so that a form posted twice writes once."""

    form_key = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        place = self.track.pk if self.track else "outside"
        self._signer = signing.Signer(salt=f"form-key:{place}:{self.user.pk}")
        self.fields["form_key"].initial = lambda: self._signer.sign(new_id().hex)

    def apply_error(self, error: ProgramError) -> None:
        super().apply_error(error)
        if error.field == "form_key":  # the form made another row before: the next save makes its own
            self._renew_key()

    def _renew_key(self) -> None:
        self.data = self.data.copy()
        self.data[self.add_prefix("form_key")] = self._signer.sign(new_id().hex)

    def clean_form_key(self) -> uuid.UUID:
        try:
            return uuid.UUID(self._signer.unsign(self.cleaned_data["form_key"]))
        except (signing.BadSignature, ValueError) as error:
            # A form without its key is answered as a new one; the page shows it filled in, with a fresh key.
            self._renew_key()
            raise ValidationError("This form is out of date. Check it and save again.") from error

    @property
    def row_id(self) -> uuid.UUID:
        return self.cleaned_data["form_key"]


def page_status(form) -> int:
    """422 for a form that is shown again because of its content, else 200."""
    return 422 if form.is_bound and not isinstance(form.data, KeptFields) and form.errors else 200


def posted(request) -> QueryDict | None:
    """What a form binds to: what was sent, an empty form too; on any other request what this person typed here
    before the session locked, or None. A form that shows kept typing is never valid, so it cannot be acted on."""
    if request.method == "POST":
        return request.POST
    return kept_fields(request)

"""Base of all forms: laid out by crispy-forms, refusals of the program shown next to their field."""

import uuid

from crispy_forms.helper import FormHelper
from django import forms
from django.core import signing
from django.core.exceptions import ValidationError

from participants.errors import ProgramError
from participants.tracks.models import new_id


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **kwargs):
        super().__init__(format="%Y-%m-%d", **kwargs)


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self, **kwargs):
        super().__init__(format="%H:%M", **kwargs)


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

    def apply_error(self, error: ProgramError) -> None:
        """Show a refusal next to the field that it names, or above the form."""
        self.add_error(error.field if error.field in self.fields else None, error.message)

    def values(self) -> dict:
        """The cleaned values, as an action takes them."""
        return {name: value for name, value in self.cleaned_data.items() if name != "form_key"}


class OnceMixin(forms.Form):
    """A signed key in the form becomes the new row's id, so that a form posted twice writes once."""

    form_key = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._signer = signing.Signer(salt=f"form-key:{self.track.pk}:{self.user.pk}")
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
    return 422 if form.is_bound and form.errors else 200

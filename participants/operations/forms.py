"""Forms of operations. The rules judge the values; the forms only turn text into them."""

from crispy_forms.layout import Field, Fieldset, Layout
from django import forms

from participants.operations.actions import FIELDS
from participants.operations.models import Operation
from participants.operations.rules import PlaceKind
from participants.web.forms import OnceMixin, ValuesForm, VersionedMixin, two


def count(name: str, help_text: str = "") -> forms.IntegerField:
    """A count that may stay empty: then it is not known, which is not the same as 0."""
    label = str(Operation._meta.get_field(name).verbose_name).capitalize()
    return forms.IntegerField(
        label=label,
        required=False,
        help_text=help_text,
        widget=forms.NumberInput(attrs={"min": "0", "inputmode": "numeric"}),
        error_messages={"invalid": "Write a whole number, or leave it empty."},
    )


class OperationFields(ValuesForm):
    agency = forms.CharField(max_length=150, label="Agency", widget=forms.TextInput(attrs={"list": "agencies"}))
    name = forms.CharField(max_length=150, label="Name of the operation")
    held_on = forms.DateField(label="Date")
    place_kind = forms.ChoiceField(
        label="Kind of place", choices=[("", "Not recorded"), *PlaceKind.choices], required=False
    )
    calls = count("calls")
    came = count("came", "Everybody who came to the place, whether they had called or not.")
    arrested = count("arrested", "At the operation.")
    referred = count("referred", "As the agency counts them.")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper.layout = Layout(
            Fieldset("Operation", two("agency", "name"), two("held_on", "place_kind")),
            Fieldset("Counts, left empty where not known", two("calls", "came"), two("arrested", "referred")),
            *(Field(name) for name in ("form_key", "version") if name in self.fields),
        )


class OperationForm(OnceMixin, OperationFields):
    """A new operation."""


class OperationEditForm(VersionedMixin, OperationFields):
    """An existing operation, on the version that the page was opened with."""

    def __init__(self, *args, operation: Operation, **kwargs):
        initial = {name: getattr(operation, name) for name in (*FIELDS, "version")}
        super().__init__(*args, initial=initial, **kwargs)

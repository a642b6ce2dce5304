"""The choice of a report."""

from django import forms

from participants.reports.queries import BREAKDOWNS
from participants.reports.rules import Cohort
from participants.web.forms import DateInput, ProgramForm


class PeriodForm(ProgramForm):
    """Read from the address, so its fields are named as the command names them."""

    cohort = forms.ChoiceField(choices=Cohort.choices)
    by = forms.ChoiceField(
        label="Broken down by",
        required=False,
        choices=[("", "Nothing"), *((name, name.capitalize()) for name in BREAKDOWNS)],
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # `from` is a word of the language and cannot be written as a class attribute.
        self.fields = {
            "from": forms.DateField(label="From", widget=DateInput()),
            "to": forms.DateField(label="To", widget=DateInput()),
            **self.fields,
        }

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("from") and cleaned.get("to") and cleaned["from"] > cleaned["to"]:
            self.add_error("to", "The last day comes after the first.")
        return cleaned


class DaysForm(PeriodForm):
    """A period alone."""

    cohort = None
    by = None

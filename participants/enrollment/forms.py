"""Forms of a stay: placing a person, changing the caseworker."""

import datetime

from django import forms

from participants.enrollment.queries import caseworkers
from participants.web.forms import OnceMixin, ProgramForm


class CaseworkerForm(ProgramForm):
    caseworker = forms.ModelChoiceField(queryset=None, empty_label="Choose")

    def __init__(self, *args, today: datetime.date, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["caseworker"].queryset = caseworkers(today)


class PlacementForm(OnceMixin, CaseworkerForm):
    placed_on = forms.DateField(label="Placed on")

    def __init__(self, *args, today: datetime.date, **kwargs):
        super().__init__(*args, today=today, **kwargs)
        self.fields["placed_on"].initial = today

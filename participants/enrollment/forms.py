"""Forms of a stay: placing a person, changing the caseworker."""

import datetime
from collections.abc import Sequence

from django import forms

from participants.enrollment.queries import caseworkers
from participants.enrollment.returning import Earlier
from participants.web.forms import OnceMixin, ProgramForm

NEW_FILE = "new"


class CaseworkerForm(ProgramForm):
    caseworker = forms.ModelChoiceField(queryset=None, empty_label="Choose")

    def __init__(self, *args, today: datetime.date, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["caseworker"].queryset = caseworkers(today)


class PlacementForm(OnceMixin, CaseworkerForm):
    """`earlier` are files that may be this person's; where there are any it is asked which, and nothing is chosen
    beforehand."""

    placed_on = forms.DateField(label="Placed on")

    def __init__(self, *args, today: datetime.date, earlier: Sequence[Earlier] = (), **kwargs):
        super().__init__(*args, today=today, **kwargs)
        self.fields["placed_on"].initial = today
        self.files = {str(row.participant.pk): row.participant for row in earlier if not row.active}
        if earlier:
            again = ((pk, f"Another stay in the file {row.reference}, {row.name}") for pk, row in self.files.items())
            self.fields["person"] = forms.ChoiceField(
                label="Whose stay is it?",
                choices=[*again, (NEW_FILE, "A new file: this person was not here before")],
                widget=forms.RadioSelect,
                error_messages={"required": "Say whether this person was here before."},
            )

    def values(self) -> dict:
        values = super().values()
        chosen = values.pop("person", NEW_FILE)
        return {**values, "participant": self.files.get(chosen)}

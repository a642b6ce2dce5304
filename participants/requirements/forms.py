"""Forms of credits and of what is reduced or waived."""

import datetime
from decimal import Decimal

from django import forms

from participants.errors import ProgramError
from participants.requirements.models import Credit, Requirement
from participants.requirements.rules import Kind
from participants.web.forms import OnceMixin, ProgramForm

REDUCE, WAIVE = "reduce", "waive"
SMALLEST = Decimal("0.01")


def quantity_field(label: str, **kwargs) -> forms.DecimalField:
    return forms.DecimalField(label=label, min_value=SMALLEST, max_digits=7, decimal_places=2, **kwargs)


def quantity_label(kind: str) -> str:
    return {Kind.FEE: "Amount in dollars", Kind.OWN_CHOICE_SESSIONS: "Sessions"}.get(kind, "Hours")


class CreditForm(OnceMixin, ProgramForm):
    quantity = quantity_field("")
    earned_on = forms.DateField(label="Date")
    note = forms.CharField(
        label="Proof or remark", max_length=Credit._meta.get_field("note").max_length, required=False
    )

    def __init__(self, *args, requirement: Requirement, today: datetime.date, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["quantity"].label = quantity_label(requirement.kind)
        self.fields["earned_on"].initial = today


class AdjustForm(ProgramForm):
    change = forms.ChoiceField(
        label="What changes",
        choices=[(REDUCE, "Less is asked"), (WAIVE, "Nothing more is asked: waive it")],
        widget=forms.RadioSelect,
    )
    quantity = quantity_field("Asked from now on", required=False)
    reason = forms.CharField(
        max_length=Requirement._meta.get_field("change_reason").max_length, widget=forms.Textarea(attrs={"rows": 3})
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, requirement: Requirement, **kwargs):
        super().__init__(*args, initial={"version": requirement.version}, **kwargs)
        self.requirement = requirement
        unit = quantity_label(requirement.kind).lower()
        self.fields["quantity"].help_text = f"In {unit.removeprefix('amount in ')}; only where less is asked."

    def values(self) -> dict:
        values = super().values()
        values["waive"] = values.pop("change") == WAIVE
        if values["waive"]:
            values["quantity"] = None
        return values

    def apply_error(self, error: ProgramError) -> None:
        super().apply_error(error)
        # Shown again beside what the requirement says now, so the next save is made in view of that.
        self.data = self.data.copy()
        self.data["version"] = self.requirement.version

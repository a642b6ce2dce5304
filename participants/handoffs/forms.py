"""Forms of the hand-off: the comparison with a document, and the record of the call."""

from django import forms

from participants.errors import ProgramError, ValuesRefused
from participants.handoffs.models import Handoff
from participants.referrals.models import Referral
from participants.sessions.rules import instant
from participants.web.forms import ProgramForm


class DatesConfirmedForm(ProgramForm):
    """Nothing is ticked beforehand; `version` is that of the dates that the page shows."""

    checked = forms.BooleanField(
        required=False,
        label="I have compared both dates with a document, such as an identity card or the charge: they are right",
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, referral: Referral, **kwargs):
        super().__init__(*args, initial={"version": referral.version}, **kwargs)


class HandoffForm(ProgramForm):
    """When, to whom and under which number a child was reported."""

    told_on = forms.DateField(label="Day of the call", required=False)
    told_time = forms.TimeField(label="Time of the call", required=False)
    told_to = forms.CharField(
        label="Who took the report",
        required=False,
        help_text="Name or number of the counselor at the hotline, or of the officer.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    report_number = forms.CharField(
        label="Number of the report", required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def clean(self):
        cleaned = super().clean()
        day, time = cleaned.get("told_on"), cleaned.get("told_time")
        if day and not time and "told_time" not in self.errors:
            self.add_error("told_time", "Enter the time of the call.")
        if time and not day and "told_on" not in self.errors:
            self.add_error("told_on", "Enter the day of the call.")
        if day and time:
            try:
                cleaned["told_at"] = instant(day, time, self.track.program.zone)
            except ProgramError as error:
                self.add_error("told_time", error.message)
        return cleaned

    def values(self) -> dict:
        values = super().values()
        del values["told_on"], values["told_time"]
        return {"report": Handoff.Report.REPORTED, "told_at": None, **values}

    def apply_error(self, error: ProgramError) -> None:
        if not isinstance(error, ValuesRefused):
            return super().apply_error(error)
        for problem in error.problems:
            self.add_error(problem.field if problem.field in self.fields else None, problem.text)
        return None


class AdultHandoffForm(HandoffForm):
    """The same for a person who is an adult by now: whether to report is a decision, and it is recorded."""

    report = forms.ChoiceField(
        label="Is it reported?",
        choices=Handoff.Report.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether it was reported."},
    )
    reason = forms.CharField(
        label="If not: why nothing is reported",
        required=False,
        help_text="Such as: the person asks for no report. No name, and nothing that says who it is.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("report", "told_on", "told_time", "told_to", "report_number", "reason")

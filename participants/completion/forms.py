"""Forms of the ways a stay ends."""

from django import forms

from participants.completion import rules
from participants.completion.models import ExitProposal
from participants.enrollment.rules import DETAILS, ExitDetail, Status
from participants.web.forms import OnceMixin, ProgramForm

LONGEST = ExitProposal._meta.get_field("reasons").max_length
NEUTRAL_CAUSES = [(detail.value, detail.label) for detail in ExitDetail if detail in DETAILS[Status.NEUTRAL]]


def words(*, label: str, help_text: str = "", required: bool = True, rows: int = 6) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class CompletionForm(OnceMixin, ProgramForm):
    """Nothing to fill in: the facts speak."""


class WithdrawForm(ProgramForm):
    """No field has to be filled. There is no field for a reason."""

    on = forms.DateField(
        label="Day the person left",
        required=False,
        help_text="Leave empty for today.",
    )
    lapsed = forms.BooleanField(
        label="The person has stopped coming and has not said that they leave",
        required=False,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.track.rules.lapsed_is_withdrawal:
            del self.fields["lapsed"]


class NeutralForm(OnceMixin, ProgramForm):
    detail = forms.ChoiceField(label="What happened", choices=NEUTRAL_CAUSES, widget=forms.RadioSelect)
    reasons = words(label="What is known about it", help_text="For the person who decides.", rows=4)


class TerminationForm(OnceMixin, ProgramForm):
    reason_codes = forms.MultipleChoiceField(
        label="What it rests on",
        choices=rules.Reason.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="An unpaid fee is never enough by itself.",
    )
    reasons = words(label="Reasons", help_text="As the person reads them in the notice.")
    notice_on = forms.DateField(label="Notice given on")
    contest_by = forms.DateField(
        label="The person may contest until",
        help_text=f"From {rules.MIN_DAYS_TO_CONTEST} to {rules.MAX_DAYS_TO_CONTEST} days after the notice.",
    )


class StatementForm(ProgramForm):
    statement = words(label="What the person says", help_text="In their own words, as far as possible.")


class DecisionForm(ProgramForm):
    decision = forms.ChoiceField(
        label="Your decision",
        choices=[("approve", "Approve"), ("return", "Return to the person who proposed it")],
        widget=forms.RadioSelect,
    )
    reason = words(label="Reasons", required=False, rows=4)

    def __init__(self, *args, proposal: ExitProposal, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = (
            "Required. The person receives them with the decision."
            if proposal.exit_type == Status.TERMINATED
            else "Required when you return it: what is missing?"
        )

    @property
    def approves(self) -> bool:
        return self.cleaned_data["decision"] == "approve"


class RecommendationForm(ProgramForm):
    recommended = forms.ChoiceField(label="Recommendation", widget=forms.RadioSelect)

    def __init__(self, *args, choices, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["recommended"].choices = [(choice.value, choice.label) for choice in choices]


class DispositionForm(ProgramForm):
    disposed = forms.ChoiceField(label="Decided", choices=rules.Disposed.choices, widget=forms.RadioSelect)
    decided_on = forms.DateField(label="Date of the decision")

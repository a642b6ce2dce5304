"""The screening form: one question for each written criterion."""

from django import forms

from participants.errors import ProgramError
from participants.referrals.rules import ValuesRefused
from participants.screening.models import CriteriaVersion
from participants.screening.rules import Answer
from participants.web.forms import ProgramForm

PREFIX = "answer_"


class ScreeningForm(ProgramForm):
    """Nothing is chosen beforehand: every answer is given by a person."""

    def __init__(self, *args, criteria: CriteriaVersion, **kwargs):
        super().__init__(*args, **kwargs)
        for criterion in criteria.criteria:
            self.fields[PREFIX + criterion["key"]] = forms.ChoiceField(
                label=criterion["question"],
                choices=Answer.choices,
                widget=forms.RadioSelect,
                error_messages={"required": "Choose an answer."},
            )
        self.fields["note"] = forms.CharField(
            label="Note", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
        )

    def answers(self) -> dict[str, str]:
        return {
            name.removeprefix(PREFIX): value for name, value in self.cleaned_data.items() if name.startswith(PREFIX)
        }

    def apply_error(self, error: ProgramError) -> None:
        if not isinstance(error, ValuesRefused):
            return super().apply_error(error)
        for problem in error.problems:
            field = PREFIX + problem.field
            self.add_error(field if field in self.fields else problem.field, problem.text)
        return None

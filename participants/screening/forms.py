"""The screening form (one question for each written criterion), and the forms of looking again."""

from django import forms

from participants.errors import ProgramError, ValuesRefused
from participants.screening.models import CriteriaVersion, Screening
from participants.screening.rules import NOTE_LONGEST, NOTE_OF, REASON_LONGEST, Answer
from participants.web.forms import OnceMixin, ProgramForm

PREFIX = "answer_"


class ProblemsForm(ProgramForm):
    """Shows every value that the rules refuse next to its field."""

    def apply_error(self, error: ProgramError) -> None:
        if not isinstance(error, ValuesRefused):
            return super().apply_error(error)
        for problem in error.problems:
            names = (PREFIX + problem.field, problem.field)
            self.add_error(next((name for name in names if name in self.fields), None), problem.text)
        return None


class ScreeningForm(ProblemsForm):
    """Nothing is chosen beforehand: every answer is given by a person.

    A screening that was begun goes on where it stands, except where a question was changed since: that one is asked
    again. `version` is the screening's and `criteria` the number of the version that the page showed.
    """

    version = forms.IntegerField(widget=forms.HiddenInput)
    criteria = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data=None, *, criteria: CriteriaVersion, begun: Screening | None, **kwargs):
        initial = {"version": begun.version if begun else 0, "criteria": criteria.number}
        if begun:
            initial |= _as_they_stand(begun, criteria)
        self.outdated = data is not None and data.get("criteria") != str(criteria.number)
        if self.outdated:
            data = _on_version(data, criteria)
        super().__init__(data, initial=initial, **kwargs)
        for criterion in criteria.criteria:
            self.fields[PREFIX + criterion["key"]] = forms.ChoiceField(
                label=criterion["question"],
                choices=Answer.choices,
                widget=forms.RadioSelect,
                error_messages={"required": "Choose an answer. “Not known yet” is one."},
            )
            self.fields[NOTE_OF + criterion["key"]] = forms.CharField(
                label="Remark",
                required=False,
                max_length=NOTE_LONGEST,
                widget=forms.TextInput(attrs={"aria-label": f"Remark: {criterion['question']}"}),
            )
        self.fields["note"] = forms.CharField(
            label="Note", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
        )

    def clean(self):
        if self.outdated:
            raise forms.ValidationError(
                "The written criteria have changed since you opened this page. Questions that were changed are empty "
                "again: answer them, then save."
            )
        return super().clean()

    def _of_each(self, prefix: str) -> dict[str, str]:
        return {name.removeprefix(prefix): v for name, v in self.cleaned_data.items() if name.startswith(prefix)}

    def values(self) -> dict:
        return {
            "answers": self._of_each(PREFIX),
            "notes": self._of_each(NOTE_OF),
            "note": self.cleaned_data["note"],
            "version": self.cleaned_data["version"],
        }

    def renew(self, version: int) -> None:
        """Keep what was typed, on the version that the page now shows beside it."""
        self.data = self.data.copy()
        self.data["version"] = version


def _as_they_stand(begun: Screening, criteria: CriteriaVersion) -> dict[str, str]:
    """What was answered so far, as initial values; without the questions that were changed since."""
    kept = criteria.keys_kept_from(begun.criteria_version)
    initial = {"note": begun.note}
    initial |= {PREFIX + key: answer for key, answer in begun.answers.items() if key in kept}
    return initial | {NOTE_OF + key: text for key, text in begun.notes.items() if key in kept}


def _on_version(data, criteria: CriteriaVersion):
    """What was typed to questions of an earlier version, as far as it answers those of this one."""
    number = data.get("criteria", "")
    asked = CriteriaVersion.objects.filter(number=number).first() if number.isdecimal() and len(number) < 7 else None
    kept = criteria.keys_kept_from(asked) if asked else set()
    data = data.copy()
    for name in [name for name in data if name.startswith((PREFIX, NOTE_OF))]:
        if name.removeprefix(PREFIX).removeprefix(NOTE_OF) not in kept:
            del data[name]
    data["criteria"] = criteria.number
    return data


def _against(version: CriteriaVersion) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label="Criteria that are not met",
        choices=[(row["key"], row["reason"]) for row in version.criteria],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="The person is told these in their own language, and nothing else.",
    )


def _reason() -> forms.CharField:
    return forms.CharField(
        label="Reason",
        max_length=REASON_LONGEST,
        help_text="For the record, in your own words. The letter to the person does not quote it.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class OverrideForm(OnceMixin, ProblemsForm):
    """A decision changed by a manager, into the opposite of what stands."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    # As the page showed it: after a first post the opposite of what stands is the other way round.
    to = forms.ChoiceField(choices=[("eligible", ""), ("ineligible", "")], widget=forms.HiddenInput)

    def __init__(self, data=None, *, screening: Screening, **kwargs):
        to = "ineligible" if screening.eligible else "eligible"
        super().__init__(data, initial={"version": screening.version, "to": to}, **kwargs)
        self.to = (to if data is None else data.get("to")) == "eligible"
        if not self.to:
            self.fields["against"] = _against(screening.criteria_version)
        self.fields["reason"] = _reason()

    def values(self) -> dict:
        return {"against": [], **super().values(), "to": self.to}


class SecondLookForm(OnceMixin, ProblemsForm):
    """What the person says. Nothing has to be said."""

    request = forms.CharField(
        label="What the person says",
        required=False,
        max_length=REASON_LONGEST,
        help_text="In their own words, as far as possible. They need not give a reason.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class ReviewForm(ProblemsForm):
    """The decision on a second look: nothing is chosen beforehand."""

    eligible = forms.ChoiceField(
        label="Your decision", choices=[("yes", "Eligible"), ("no", "Not eligible")], widget=forms.RadioSelect
    )

    def __init__(self, *args, screening: Screening, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["against"] = _against(screening.criteria_version)
        self.fields["against"].help_text = "If not eligible. " + self.fields["against"].help_text
        self.fields["reason"] = _reason()

    def values(self) -> dict:
        cleaned = self.cleaned_data
        return {
            "eligible": cleaned["eligible"] == "yes",
            "against": cleaned["against"] if cleaned["eligible"] == "no" else [],
            "reason": cleaned["reason"],
        }

"""The form of a new version of the criteria: its day, and one small form for each question."""

import datetime

from django import forms

from participants.errors import ProgramError, ValuesRefused
from participants.screening.models import CriteriaVersion
from participants.screening.rules import MOST_CRITERIA, QUESTION_LONGEST, Answer, Draft
from participants.web.forms import OnceMixin, ProgramForm

BLANK = 3  # questions that can be added in one go
TEXTS = {
    "question": "Question",
    "reason": "Reason in plain words, English",
    "reason_es": "The same in Spanish",
    "reason_ht": "The same in Haitian Creole",
}


class CriterionForm(ProgramForm):
    """One question. Its key is never taken from what is posted; a rule of the program keeps question and answer."""

    key = forms.CharField(required=False, disabled=True, widget=forms.HiddenInput)
    question = forms.CharField(max_length=QUESTION_LONGEST, label=TEXTS["question"])
    wanted = forms.ChoiceField(
        label="Speaks for taking part", choices=[(answer.value, answer.label) for answer in (Answer.YES, Answer.NO)]
    )
    reason = forms.CharField(max_length=QUESTION_LONGEST, label=TEXTS["reason"])
    reason_es = forms.CharField(max_length=QUESTION_LONGEST, required=False, label=TEXTS["reason_es"])
    reason_ht = forms.CharField(max_length=QUESTION_LONGEST, required=False, label=TEXTS["reason_ht"])
    position = forms.IntegerField(min_value=1, max_value=99, label="Place in the list")
    remove = forms.BooleanField(required=False, label="Leave this question out")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.is_fixed = self.initial.get("key") in self.track.rules.fixed_criteria
        if self.is_fixed:
            del self.fields["remove"]
            for name in ("question", "wanted"):
                self.fields[name].disabled = True

    def draft(self) -> Draft:
        cleaned = self.cleaned_data
        return Draft(cleaned["key"] or "", **{name: cleaned[name] for name in (*TEXTS, "wanted")})


class CriterionFormSet(forms.BaseFormSet):
    def add_fields(self, form, index):
        super().add_fields(form, index)
        form.fields["position"].initial = index + 1


Rows = forms.formset_factory(
    CriterionForm, formset=CriterionFormSet, extra=BLANK, max_num=MOST_CRITERIA + BLANK, absolute_max=60
)


class CriteriaForm(OnceMixin, ProgramForm):
    """A version written from another one (`base`, by number), with the questions in the order of their places.

    `seen` is the number of the latest version that the page has shown; `base` stays what it was, for the keys.
    """

    valid_from = forms.DateField(
        label="In force from", help_text="Today or later. Decisions made before this day stay as they are."
    )
    base = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data=None, *, versions: list[CriteriaVersion], today: datetime.date, **kwargs):
        number = versions[0].number if versions else 0
        initial = {"valid_from": today, "base": number, "seen": number}
        super().__init__(data, initial=initial, **kwargs)
        asked = str(data.get("base", "")) if data is not None else ""
        bases = [version for version in versions if str(version.number) == asked] or versions
        base = bases[0] if bases else None
        self.rows = Rows(
            data,
            prefix="rows",
            initial=self._rows_of(base),
            form_kwargs={"user": kwargs["user"], "track": kwargs["track"]},
        )

    def _rows_of(self, base: CriteriaVersion | None) -> list[dict]:
        """The questions of a version, and the rules of the program that it does not have."""
        rows = list(base.criteria) if base else []
        have = {row["key"] for row in rows}
        rules = self.track.rules
        return rows + [vars(row) for row in rules.criteria if row.key in rules.fixed_criteria and row.key not in have]

    def is_valid(self) -> bool:
        # Both are asked, so that everything that has to be put right is shown at once.
        return all([super().is_valid(), self.rows.is_valid()])

    @property
    def kept(self) -> list[CriterionForm]:
        """The forms of the questions that stay or are new, in their order."""
        kept = [row for row in self.rows if (row.initial or row.has_changed()) and not row.cleaned_data.get("remove")]
        return sorted(kept, key=lambda row: row.cleaned_data["position"])

    def values(self) -> dict:
        return {
            "criteria": [row.draft() for row in self.kept],
            "valid_from": self.cleaned_data["valid_from"],
            "seen": self.cleaned_data["seen"],
        }

    def apply_error(self, error: ProgramError) -> None:
        if not isinstance(error, ValuesRefused):
            return super().apply_error(error)
        kept = self.kept
        for problem in error.problems:
            position, _, name = problem.field.partition("-")
            if position.isdecimal():
                kept[int(position)].add_error(name, problem.text)
                self.add_error(None, f"Question {int(position) + 1}: {problem.text}")
            else:
                self.add_error(problem.field if problem.field in self.fields else None, problem.text)
        return None

    def renew(self, seen: int) -> None:
        """Keep what was typed; saved again, it replaces the version that the page now shows beside it."""
        self.data = self.data.copy()
        self.data["seen"] = seen

    @property
    def has_problems(self) -> bool:
        return self.is_bound and (bool(self.errors) or bool(self.rows.total_error_count()))

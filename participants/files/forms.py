"""Forms of a file of referrals: the upload, its columns, and the rows whose charge decides nothing."""

from collections.abc import Collection

from django import forms
from django.core.files.uploadedfile import UploadedFile

from participants.errors import ProgramError
from participants.files.headings import COLUMNS, FIELD_OF, plain_heading
from participants.files.sheet import Sheet
from participants.referrals.rules import text_problem
from participants.web.forms import ProgramForm
from participants.web.uploads import TooLarge

LEFT_ASIDE = "Leave this column aside"


class ReferralFileForm(ProgramForm):
    """A file of referrals and who sent it."""

    file = forms.FileField(
        label="CSV or Excel file",
        allow_empty_file=True,
        help_text="CSV or XLSX, up to 10 MB. Nothing is stored before you have seen what the file would bring.",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx,text/csv"}),
        error_messages={"required": "Choose a file first."},
    )
    sender = forms.CharField(
        max_length=150,
        label="Who sent it",
        help_text="The office or agency. Its columns are remembered for the next file.",
        widget=forms.TextInput(attrs={"list": "senders", "autocomplete": "off"}),
    )

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if isinstance(file, TooLarge):
            raise forms.ValidationError("The file is larger than 10 MB. Send it in parts.")
        return file

    def clean_sender(self) -> str:
        if sentence := text_problem(self.cleaned_data["sender"]):
            raise forms.ValidationError(sentence)
        return self.cleaned_data["sender"]


class ColumnsForm(ProgramForm):
    """What each column of a file holds. `sheet` says how its headings are understood now."""

    def __init__(self, *args, sheet: Sheet, **kwargs):
        self.headings = {plain: text for text in sheet.headings if (plain := plain_heading(text))}
        super().__init__(*args, **kwargs)
        fields = {text: name for name, text in sheet.columns.items()}
        choices = [("", LEFT_ASIDE), *((name, aliases[0].capitalize()) for name, aliases in COLUMNS.items())]
        for number, (plain, text) in enumerate(self.headings.items()):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                choices=choices,
                required=False,
                label=text[:100],
                initial=fields.get(text, "") if sheet.columns else FIELD_OF.get(plain, ""),
            )

    def clean(self):
        cleaned = super().clean()
        seen: dict[str, str] = {}
        for name, field in self.fields.items():
            value = cleaned.get(name)
            if value and value in seen:
                self.add_error(name, f"“{seen[value]}” is said to hold this already.")
            elif value:
                seen[value] = field.label
        return cleaned

    def columns(self) -> dict[str, str]:
        """Plain heading to field, "" for a column that is left aside."""
        return {plain: self.cleaned_data[f"column_{number}"] for number, plain in enumerate(self.headings)}

    def apply_error(self, error: ProgramError) -> None:
        self.add_error(None, error.message)


class UndecidedForm(ProgramForm):
    """Which of the listed rows belong to this track, where the charge decides nothing."""

    listed = forms.TypedMultipleChoiceField(coerce=int, required=False)
    taken = forms.TypedMultipleChoiceField(coerce=int, required=False)

    def __init__(self, *args, rows: Collection[int], **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.choices = [(number, number) for number in rows]

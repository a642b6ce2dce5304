"""Forms of referrals."""

import datetime

from crispy_forms.layout import Div, Field, Fieldset, Layout
from django import forms
from django.core.files.uploadedfile import UploadedFile

from participants.errors import ProgramError
from participants.people import languages
from participants.people.models import Gender, Race
from participants.referrals.case import NewOperation
from participants.referrals.models import MustAppear, Referral
from participants.referrals.queries import operations
from participants.referrals.rules import Status, ValuesRefused
from participants.web.forms import OnceMixin, ProgramForm
from participants.web.uploads import TooLarge

NOT_REPORTED = [("", "Not reported")]


def two(*names: str) -> Div:
    """Fields side by side where there is room."""
    return Div(*(Div(name, css_class="col-md-6") for name in names), css_class="row")


class ValuesForm(ProgramForm):
    """Shows every value that the rules refuse next to its field."""

    def apply_error(self, error: ProgramError) -> None:
        if not isinstance(error, ValuesRefused):
            return super().apply_error(error)
        for problem in error.problems:
            self.add_error(problem.field if problem.field in self.fields else None, problem.text)
        return None


class ReferralFields(ValuesForm):
    """What is known of a case. The rules judge the values; the form only turns text into them."""

    name = forms.CharField(max_length=200, label="Full name")
    date_of_birth = forms.DateField(
        required=False, label="Date of birth", help_text="Without it the person cannot be screened."
    )
    language = forms.ChoiceField(choices=languages.CHOICES, initial="en", label="Language the person prefers")
    phone = forms.CharField(max_length=50, required=False, label="Phone")
    case_number = forms.CharField(max_length=50, label="Court case number")
    charge = forms.CharField(
        max_length=60,
        label="Charge",
        help_text="Statute and letter as charged, such as 796.07(2)(…). Choose one or type it.",
        widget=forms.TextInput(attrs={"list": "charges", "autocomplete": "off"}),
    )
    offense_on = forms.DateField(label="Offense date")
    received_on = forms.DateField(label="Received on")
    source = forms.CharField(
        max_length=150,
        label="Source",
        help_text="Who sent the case.",
        widget=forms.TextInput(attrs={"list": "sources", "autocomplete": "off"}),
    )
    operation = forms.ModelChoiceField(None, required=False, label="Operation", empty_label="None, or a new one below")
    operation_agency = forms.CharField(max_length=150, required=False, label="New operation: agency")
    operation_name = forms.CharField(max_length=150, required=False, label="Its name")
    operation_on = forms.DateField(required=False, label="Its date")
    next_court_on = forms.DateField(required=False, label="Next court date")
    must_appear = forms.ChoiceField(
        choices=MustAppear.choices,
        initial=MustAppear.UNKNOWN,
        label="Must the person appear?",
        help_text="A missed court date is a warrant.",
    )
    counsel_name = forms.CharField(max_length=200, required=False, label="Defense counsel")
    counsel_contact = forms.CharField(max_length=200, required=False, label="Counsel's phone or e-mail")
    gender = forms.ChoiceField(choices=NOT_REPORTED + Gender.choices, required=False, label="Gender")
    race = forms.ChoiceField(choices=NOT_REPORTED + Race.choices, required=False, label="Race or ethnicity")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["operation"].queryset = operations()
        self.helper.layout = Layout(
            Fieldset("Person", two("name", "date_of_birth"), two("language", "phone")),
            Fieldset("Case", two("case_number", "charge"), two("offense_on", "received_on")),
            Fieldset("Where it comes from", two("source", "operation"),
                     two("operation_agency", "operation_name"), two("operation_on")),
            Fieldset("Court and defense", two("next_court_on", "must_appear"), two("counsel_name", "counsel_contact")),
            Fieldset("Self-reported, optional", two("gender", "race")),
            *(Field(name) for name in ("form_key", "version") if name in self.fields),
        )  # fmt: skip

    def clean(self):
        cleaned = super().clean()
        new = [cleaned.get(name) for name in ("operation_agency", "operation_name", "operation_on")]
        if any(new) and cleaned.get("operation"):
            self.add_error("operation", "Choose an operation or name a new one, not both.")
        elif any(new) and not all(new):
            self.add_error("operation_agency", "A new operation needs agency, name and date.")
        return cleaned

    def values(self) -> dict:
        values = super().values()
        agency, name, held_on = (values.pop(field) for field in ("operation_agency", "operation_name", "operation_on"))
        if agency:
            values["operation"] = NewOperation(agency, name, held_on)
        return values


class ReferralForm(OnceMixin, ReferralFields):
    """A new referral. `today` is offered as the day of receipt."""

    def __init__(self, *args, today: datetime.date, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["received_on"].initial = today


class ReferralEditForm(ReferralFields):
    """An existing referral, on the version that the page was opened with."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, referral: Referral, **kwargs):
        names = [name for name in ReferralFields.base_fields if not name.startswith("operation_")]
        initial = {name: getattr(referral, name) for name in [*names, "version"]}
        super().__init__(*args, initial=initial, **kwargs)
        if referral.language not in languages.LANGUAGES:
            self.fields["language"].choices = [*languages.CHOICES, (referral.language, referral.language)]

    def renew(self, version: int) -> None:
        """Keep what was typed, on the version that the page now shows beside it."""
        self.data = self.data.copy()
        self.data["version"] = version


class DatesForm(ValuesForm):
    """The dates of a stopped referral, against a document. Nothing is ticked beforehand."""

    date_of_birth = forms.DateField(label="Date of birth")
    offense_on = forms.DateField(label="Offense date")
    checked = forms.BooleanField(
        required=False, label="I have compared both dates with a document, such as an identity card or the charge"
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    renew = ReferralEditForm.renew

    def __init__(self, *args, referral: Referral, **kwargs):
        initial = {name: getattr(referral, name) for name in ("date_of_birth", "offense_on", "version")}
        super().__init__(*args, initial=initial, **kwargs)


class ReferralFileForm(ProgramForm):
    """A file of referrals, kept in memory only."""

    file = forms.FileField(
        label="CSV file",
        allow_empty_file=True,
        help_text="CSV in UTF-8, up to 10 MB. The file itself is not kept.",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={"required": "Choose a file first."},
    )

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if isinstance(file, TooLarge):
            raise forms.ValidationError("The file is larger than 10 MB. Send it in parts.")
        return file


class FilterForm(forms.Form):
    """What the list shows. A value that does not exist asks for everything."""

    status = forms.ChoiceField(choices=[("", "Any status"), *Status.choices], required=False)
    source = forms.ChoiceField(required=False)

    def __init__(self, *args, sources: list[str], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["source"].choices = [("", "Any source"), *((source, source) for source in sources)]
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select"

    def chosen(self) -> dict[str, str | None]:
        self.is_valid()
        return {name: self.cleaned_data.get(name) or None for name in self.fields}

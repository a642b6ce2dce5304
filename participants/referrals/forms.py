"""Forms of referrals."""

import datetime
from collections.abc import Iterable

from crispy_forms.layout import Field, Fieldset, Layout
from django import forms

from participants.duplicates.finding import Match
from participants.duplicates.rules import SameAs
from participants.operations.queries import operations
from participants.people import languages
from participants.people.models import Gender, Race
from participants.referrals.assignment import assignable_to
from participants.referrals.case import NewOperation
from participants.referrals.models import MustAppear, Referral
from participants.referrals.rules import Status
from participants.web.forms import OnceMixin, ProgramForm, ValuesForm, VersionedMixin, two

NOT_REPORTED = [("", "Not reported")]


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


class ReceivingForm(ReferralForm):
    """A new referral, with a question for each stored case that it looks like."""

    ANSWERS = ((SameAs.DIFFERENT, "Another person: receive it"),
               (SameAs.SAME_PERSON, "The same person, another case: receive it and link the two"))  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.matches: list[Match] = []

    def ask(self, matches: Iterable[Match]) -> None:
        """Ask what each of these is; what is answered already counts."""
        self.matches = list(matches)
        for match in self.matches:
            self.fields[self._name(match)] = forms.ChoiceField(
                label=f"What is case {match.referral.case_number}?",
                choices=self.ANSWERS,
                widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
                error_messages={"required": "Say what this one is, or open the case that is here."},
            )
        self.full_clean()

    def _name(self, match: Match) -> str:
        return f"match_{match.referral.pk.hex}"

    def questions(self) -> list[tuple[Match, forms.BoundField]]:
        return [(match, self[self._name(match)]) for match in self.matches]

    @property
    def decisions(self) -> dict:
        return {match.referral.pk: self.cleaned_data[self._name(match)] for match in self.matches}

    def values(self) -> dict:
        return {name: value for name, value in super().values().items() if not name.startswith("match_")}


class ReferralEditForm(VersionedMixin, ReferralFields):
    """An existing referral, on the version that the page was opened with."""

    def __init__(self, *args, referral: Referral, **kwargs):
        names = [name for name in ReferralFields.base_fields if not name.startswith("operation_")]
        initial = {name: getattr(referral, name) for name in [*names, "version"]}
        super().__init__(*args, initial=initial, **kwargs)
        if referral.language not in languages.LANGUAGES:
            self.fields["language"].choices = [*languages.CHOICES, (referral.language, referral.language)]


class DatesForm(VersionedMixin, ValuesForm):
    """The dates of a stopped referral, against a document. Nothing is ticked beforehand."""

    date_of_birth = forms.DateField(label="Date of birth")
    offense_on = forms.DateField(label="Offense date")
    checked = forms.BooleanField(
        required=False, label="I have compared both dates with a document, such as an identity card or the charge"
    )

    def __init__(self, *args, referral: Referral, **kwargs):
        initial = {name: getattr(referral, name) for name in ("date_of_birth", "offense_on", "version")}
        super().__init__(*args, initial=initial, **kwargs)


class AssignForm(ProgramForm):
    """`seen` is whom the page showed, so that nobody is overruled unawares."""

    to = forms.ModelChoiceField(queryset=None, label="Who works on it", required=False, empty_label="Nobody")
    seen = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, referral: Referral, today: datetime.date, **kwargs):
        initial = {"to": referral.assigned_to_id, "seen": referral.assigned_to_id}
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["to"].queryset = assignable_to(today=today)

    def renew(self, referral: Referral) -> None:
        """Keep what was chosen, beside what the page now shows."""
        self.data = self.data.copy()
        self.data["seen"] = str(referral.assigned_to_id or "")


class FilterForm(forms.Form):
    """What the list shows. A value that does not exist asks for everything."""

    # What is part of another case stands in no list.
    status = forms.ChoiceField(
        choices=[("", "Any status"), *(choice for choice in Status.choices if choice[0] != Status.MERGED)],
        required=False,
    )
    source = forms.ChoiceField(required=False)
    assigned = forms.ChoiceField(choices=[("", "Anybody"), ("me", "Me"), ("nobody", "Nobody yet")], required=False)

    def __init__(self, *args, sources: list[str], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["source"].choices = [("", "Any source"), *((source, source) for source in sources)]
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select"

    def chosen(self) -> dict[str, str | None]:
        self.is_valid()
        return {name: self.cleaned_data.get(name) or None for name in self.fields}

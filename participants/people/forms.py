"""Forms of people: what is known of a participant, and the case in court."""

from django import forms

from participants.people.languages import choices_with
from participants.people.models import Gender, Participant, Race
from participants.referrals.models import MustAppear, Referral
from participants.web.forms import ProgramForm, VersionedMixin

NOT_REPORTED = [("", "Not reported")]


class ParticipantForm(VersionedMixin, ProgramForm):
    name = Participant._meta.get_field("name").formfield()
    preferred_name = Participant._meta.get_field("preferred_name").formfield()
    phone = Participant._meta.get_field("phone").formfield(
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"})
    )
    safe_contact = Participant._meta.get_field("safe_contact").formfield()
    language = forms.ChoiceField()
    gender = forms.ChoiceField(
        choices=NOT_REPORTED + Gender.choices, required=False, help_text="As the person says; may stay open."
    )
    race = forms.ChoiceField(
        label="Race or ethnicity",
        choices=NOT_REPORTED + Race.choices,
        required=False,
        help_text="As the person says; may stay open.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = choices_with(self.initial["language"])


class CourtForm(VersionedMixin, ProgramForm):
    next_court_on = forms.DateField(label="Next court date", required=False)
    must_appear = forms.ChoiceField(label="Must the person appear?", choices=MustAppear.choices)
    counsel_name = Referral._meta.get_field("counsel_name").formfield()
    counsel_contact = Referral._meta.get_field("counsel_contact").formfield()

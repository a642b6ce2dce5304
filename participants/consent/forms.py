"""Forms of choosing: offer, decision, agreement. Nothing that the person decides is filled in beforehand."""

import datetime

from django import forms
from django.utils.formats import date_format

from participants.consent.models import Agreement, ConsentText, Offer
from participants.consent.queries import current_texts, text_label
from participants.consent.rules import DECISION_MOVES, Counsel, Decision, Place
from participants.people.languages import choices_with
from participants.staff.permissions import Permission
from participants.staff.queries import staff_with
from participants.web.forms import OnceMixin, ProgramForm


class TextFieldsMixin(forms.Form):
    """In which language, by which text, with which interpreter; `texts` are those that can be chosen."""

    kind: str
    language = forms.ChoiceField(label="Language of the person")
    text = forms.ChoiceField(label="Text used")
    interpreter = forms.CharField(
        label="Interpreter's name",
        max_length=200,
        required=False,
        help_text="Needed when there is no text in the person's language.",
    )

    def __init__(self, *args, language: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.texts = current_texts(self.kind)
        self.fields["language"].choices = choices_with(language)
        self.fields["language"].initial = language
        self.fields["text"].choices = [
            ("", "Choose"),
            *((str(text.pk), text_label(text)) for text in self.texts),
        ]
        own = next((text for text in self.texts if text.language == language), None)
        self.fields["text"].initial = str(own.pk) if own else ""

    def clean_text(self) -> ConsentText:
        return next(text for text in self.texts if str(text.pk) == self.cleaned_data["text"])


class OfferForm(TextFieldsMixin, OnceMixin, ProgramForm):
    kind = ConsentText.Kind.OFFER

    place = forms.ChoiceField(label="Where", choices=[("", "Choose"), *Place.choices])
    present = forms.CharField(
        label="Who else was present", max_length=500, required=False, help_text="Leave empty if nobody was."
    )
    explained_by = forms.ModelChoiceField(label="Who explained it", queryset=None, empty_label="Choose")
    made_on = forms.DateField(label="Offered on")
    decide_by = forms.DateField(
        label="Time to decide until", help_text="At least the day after the offer. More time is better."
    )

    def __init__(self, *args, today: datetime.date, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["explained_by"].queryset = staff_with(Permission.MAKE_OFFERS, track=self.track, on=today)
        self.fields["made_on"].initial = today


class DecisionForm(ProgramForm):
    decision = forms.ChoiceField(label="What the person decided", widget=forms.RadioSelect)
    decided_on = forms.DateField(label="Decided on")
    counsel = forms.ChoiceField(
        label="Defense counsel",
        widget=forms.RadioSelect,
        choices=Counsel.choices,
        required=False,
        help_text="Needed to accept. Not asked when the person declines.",
    )
    counsel_on = forms.DateField(
        label="Day of the consultation, or of the written refusal",
        required=False,
        help_text="On the day of the decision or before.",
    )

    def __init__(self, *args, offer: Offer, today: datetime.date, **kwargs):
        super().__init__(*args, **kwargs)
        moves = DECISION_MOVES[offer.decision]
        choices = [choice for choice in (Decision.ACCEPTED, Decision.DECLINED) if choice in moves]
        self.fields["decision"].choices = [(choice.value, choice.label) for choice in choices]
        if offer.decision != Decision.LAPSED:  # today would be too late
            self.fields["decided_on"].initial = today
        if Decision.ACCEPTED not in choices:
            del self.fields["counsel"], self.fields["counsel_on"]


class AgreementForm(TextFieldsMixin, OnceMixin, ProgramForm):
    kind = ConsentText.Kind.AGREEMENT

    signed_on = forms.DateField(label="Signed on")
    term_ends_on = forms.DateField(label="The program ends on")
    speedy_trial_waived = forms.BooleanField(
        label="The person waives speedy trial for the time of the program, knowing what that means",
        error_messages={"required": "Without the waiver the person cannot enter; they may still decline."},
    )
    waived_until = forms.DateField(label=Agreement._meta.get_field("waived_until").verbose_name.capitalize())

    def __init__(self, *args, today: datetime.date, **kwargs):
        super().__init__(*args, **kwargs)
        days = self.track.rules.term_days
        usual = date_format(today + datetime.timedelta(days=days), "F j, Y")
        self.fields["signed_on"].initial = today
        self.fields["term_ends_on"].help_text = f"Usually {days} days after signing: {usual}, if signed today."
        self.fields["waived_until"].help_text = "The day on which the program ends, or a later one that was agreed."

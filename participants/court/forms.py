"""Forms of court dates."""

import datetime

from crispy_forms.layout import Div, Field, Fieldset, Layout
from django import forms

from participants.court.models import CourtResult
from participants.court.rules import CourtOutcome
from participants.referrals.models import MustAppear, Referral
from participants.web.forms import ValuesForm, VersionedMixin


class ResultForm(VersionedMixin, ValuesForm):
    """How a court date went, and the next one."""

    held_on = forms.DateField(label="Court date")
    outcome = forms.ChoiceField(
        choices=CourtOutcome.choices,
        label="How did it go?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how it went."},
    )
    note = CourtResult._meta.get_field("note").formfield(
        help_text="What the court ordered, if anything. Nothing about what was said."
    )
    next_court_on = forms.DateField(
        required=False, label="Next court date", help_text="Leave it empty while it is not known."
    )
    must_appear = forms.ChoiceField(
        choices=MustAppear.choices, initial=MustAppear.UNKNOWN, label="Must the person appear then?"
    )

    def __init__(self, *args, referral: Referral, today: datetime.date, moved: bool = False, **kwargs):
        initial = {"version": referral.version}
        stands = referral.next_court_on
        if stands and (stands <= today or moved):
            initial["held_on"] = stands
            if moved:
                initial["outcome"] = CourtOutcome.RESET
        else:  # an earlier date that nobody had entered: the one that stands here must not be lost
            initial |= {"next_court_on": stands, "must_appear": referral.must_appear}
        super().__init__(*args, initial=initial, **kwargs)
        self.helper.layout = Layout(
            Fieldset("This date", Div(Div("held_on", css_class="col-md-6"), css_class="row"), "outcome", "note"),
            Fieldset(
                "The next date",
                Div(
                    Div("next_court_on", css_class="col-md-6"),
                    Div("must_appear", css_class="col-md-6"),
                    css_class="row",
                ),
            ),
            Field("version"),
        )


class CorrectResultForm(ValuesForm):
    """A result that was recorded wrongly."""

    outcome = forms.ChoiceField(choices=CourtOutcome.choices, label="How did it go?", widget=forms.RadioSelect)
    note = CourtResult._meta.get_field("note").formfield()


class ToldForm(ValuesForm):
    """The date that the person was told of, as the page showed it."""

    court_on = forms.DateField(widget=forms.HiddenInput)
    must_appear = forms.ChoiceField(choices=MustAppear.choices, widget=forms.HiddenInput)
    told = forms.TypedChoiceField(
        choices=[("yes", "yes"), ("no", "no")], coerce=lambda word: word == "yes", widget=forms.HiddenInput
    )

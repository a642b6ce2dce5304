"""Forms of accounts and grants."""

from django import forms

from participants.staff.roles import ROLE_CHOICES
from participants.staff.rules import CHECKS
from participants.web.forms import ProgramForm


class GrantForm(ProgramForm):
    """Who gets access; an account is made for an address that has none yet."""

    email = forms.EmailField(label="E-mail address", max_length=254)
    name = forms.CharField(label="Name", max_length=150, help_text="Used for a new account only.", required=False)
    role = forms.ChoiceField(choices=[("", "Choose a role"), *ROLE_CHOICES])
    valid_from = forms.DateField(label="First day")
    valid_until = forms.DateField(label="Last day", required=False, help_text="Leave empty for an open end.")


class EndGrantForm(ProgramForm):
    """Nothing to fill in: the button is the decision."""


class UnlockForm(ProgramForm):
    """Nothing to fill in: the button is the decision."""


class ResetFactorForm(ProgramForm):
    """How the administrator made sure of who has lost a device."""

    checked = forms.ChoiceField(
        label="How did you make sure who is asking?",
        choices=CHECKS,
        widget=forms.RadioSelect,
        help_text="An e-mail or a call that you did not start yourself is not enough.",
    )

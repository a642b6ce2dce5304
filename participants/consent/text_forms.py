"""Forms of texts and of the consent to messages."""

import datetime

from django import forms

from participants.consent.models import ConsentText, MessageConsent
from participants.consent.text_fields import LanguageFieldsMixin, TextFieldsMixin
from participants.consent.versions import LONGEST
from participants.people.languages import CHOICES
from participants.web.forms import OnceMixin, ProgramForm


class TextForm(LanguageFieldsMixin, OnceMixin, ProgramForm):
    """A new version of a text, from the newest one where there is one."""

    kind = forms.ChoiceField(label="What it is for", choices=[("", "Choose"), *ConsentText.Kind.choices])
    body = forms.CharField(
        label="Text",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 24}),
        help_text="Parts are set apart by an empty line; the first line of a part is its heading.",
    )

    def __init__(self, *args, before: ConsentText | None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["language"].label = "Language"
        self.fields["language"].choices = [("", "Choose"), *CHOICES]
        self.fields["language"].required = False
        if before is not None:
            self.fields["kind"].initial, self.fields["body"].initial = before.kind, before.body
            known = before.language in dict(CHOICES)
            self.fields["language" if known else "other_language"].initial = before.language
        self.order_fields(("kind", "language", "other_language", "body"))


class CertificationForm(ProgramForm):
    certified_by = forms.CharField(
        label="Certified by",
        max_length=150,
        help_text="The name of the person who answers for the translation, and what they are, if it matters.",
    )
    certified_on = forms.DateField(label="On")

    def __init__(self, *args, today: datetime.date, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["certified_on"].initial = today


class MessageConsentForm(TextFieldsMixin, OnceMixin, ProgramForm):
    """The ways that are open; none is chosen beforehand."""

    kind = ConsentText.Kind.MESSAGES

    channel = forms.ChoiceField(label="The person agrees to", widget=forms.RadioSelect)
    given_on = forms.DateField(label="Given on")

    def __init__(self, *args, today: datetime.date, open_ways: list[str], **kwargs):
        super().__init__(*args, **kwargs)
        del self.fields["interpreter"]  # what was read is kept; who helped to read it stands with the offer
        self.fields["channel"].choices = [choice for choice in MessageConsent.Channel.choices if choice[0] in open_ways]
        self.fields["given_on"].initial = today
        self.order_fields(("channel",))

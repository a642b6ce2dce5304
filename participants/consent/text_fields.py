"""Fields that the forms of consent share: a language, and the text that a person was given in it."""

from django import forms

from participants.consent.models import ConsentText
from participants.consent.queries import current_texts, text_label
from participants.people.languages import choices_with, language_code_of


class LanguageFieldsMixin(forms.Form):
    """A language from the list of common ones, or any other by its code."""

    language = forms.ChoiceField(label="Language of the person")
    other_language = forms.CharField(
        label="Another language, by its code",
        required=False,
        max_length=3,
        help_text="Two or three letters (ISO 639), such as kek for Kekchi. Leave empty for a language on the list.",
    )

    def clean_other_language(self) -> str:
        typed = self.cleaned_data["other_language"]
        code = language_code_of(typed) if typed.strip() else ""
        if code is None:
            raise forms.ValidationError(f"“{typed}” is no language code of ISO 639.")
        return code

    def values(self) -> dict:
        values = super().values()
        other = values.pop("other_language")
        return values | ({"language": other} if other else {})


class TextFieldsMixin(LanguageFieldsMixin):
    """In which language, by which text, with which interpreter; `texts` are those that can be chosen."""

    kind: str
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

"""The form of a paper."""

from django import forms
from django.core.files.uploadedfile import UploadedFile

from participants.documents.models import Document
from participants.web.forms import OnceMixin, ProgramForm
from participants.web.uploads import TooLarge


class DocumentForm(OnceMixin, ProgramForm):
    """A scan or photo. What it really is, is judged by its content when it is kept."""

    kind = forms.ChoiceField(choices=[("", "Choose one"), *Document.Kind.choices], label="What is it?")
    title = Document._meta.get_field("title").formfield(
        label="A word about it",
        help_text="Such as “hours at the food bank, March”. Everybody who may open the case reads it.",
    )
    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        help_text="PDF, JPEG or PNG, up to 10 MB.",
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"}),
        error_messages={"required": "Choose a file."},
    )

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if isinstance(file, TooLarge):
            raise forms.ValidationError("The file is larger than 10 MB. Scan it in gray or with fewer dots.")
        return file

    def values(self) -> dict:
        values = super().values()
        return {**values, "file": values["file"].read()}

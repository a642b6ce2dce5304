"""Forms of the drop: the file, and what each of its columns holds."""

import hashlib

from django import forms

from participants.files.forms import ColumnsForm, ReferralFileForm


class DropForm(ReferralFileForm):
    """A mixed file. Who sends it is known: the agency of the grant."""

    sender = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = "CSV or XLSX, up to 10 MB. The file itself is not kept."


class DropColumnsForm(ColumnsForm):
    """The columns of a file that has to be chosen once more; says which headings it was made for, so that another
    file is not read by the answers for this one."""

    made_for = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        headings = "\n".join(self.headings)
        self.fields["made_for"].initial = self.mark = hashlib.sha256(headings.encode()).hexdigest()

    @property
    def of_this_file(self) -> bool:
        """Whether the answers that were sent are for the headings of the file that was sent."""
        return self.is_bound and self.data.get("made_for") == self.mark

    def clean(self):
        made_for = self.fields.pop("made_for")  # holds no column
        cleaned = super().clean()
        self.fields["made_for"] = made_for
        return cleaned

"""The form of comparing two cases."""

from django import forms

from participants.duplicates.actions import takeable
from participants.duplicates.rules import SameAs
from participants.duplicates.sides import Side, sides
from participants.referrals.models import Referral
from participants.web.forms import ValuesForm

KEPT, ABSORBED = "kept", "absorbed"
RADIO = {"class": "form-check-input"}


class ComparisonForm(ValuesForm):
    """What two cases are, and for a merge which value is right where they differ. Nothing is decided beforehand; of
    the values those of the case that is kept are offered, and where it has none those of the other."""

    decision = forms.ChoiceField(
        label="What are these two?",
        widget=forms.RadioSelect(attrs=RADIO),
        choices=SameAs.choices,
        error_messages={"required": "Say what these two are."},
    )
    version_kept = forms.IntegerField(widget=forms.HiddenInput)
    version_absorbed = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, kept: Referral, absorbed: Referral, may_merge: bool, **kwargs):
        initial = {"version_kept": kept.version, "version_absorbed": absorbed.version}
        super().__init__(*args, initial=initial, **kwargs)
        self.kept, self.absorbed, self.rows = kept, absorbed, sides(kept, absorbed)
        if not may_merge:
            self.fields["decision"].choices = [choice for choice in SameAs.choices if choice[0] != SameAs.SAME_CASE]
        for row in self.rows:
            if may_merge and row.differs and row.field in takeable(kept):
                self.fields[f"take_{row.field}"] = forms.ChoiceField(
                    label=row.label,
                    required=False,
                    choices=[(KEPT, row.one or "nothing"), (ABSORBED, row.other or "nothing")],
                    initial=KEPT if row.one else ABSORBED,
                    widget=forms.RadioSelect(attrs=RADIO),
                )

    def table(self) -> list[tuple[Side, forms.BoundField | None]]:
        """Each field of the two cases, with the choice between its values where there is one."""
        return [(row, self[name] if (name := f"take_{row.field}") in self.fields else None) for row in self.rows]

    @property
    def take(self) -> list[str]:
        """The fields in which the other case is right."""
        return [row.field for row in self.rows if self.cleaned_data.get(f"take_{row.field}") == ABSORBED]

    @property
    def versions(self) -> tuple[int, int]:
        return self.cleaned_data["version_kept"], self.cleaned_data["version_absorbed"]

    @property
    def merges(self) -> bool:
        return self.cleaned_data.get("decision") == SameAs.SAME_CASE

    def preview(self) -> list[tuple[Side, str]]:
        """The case as it would be kept: each field with the value that it would have."""
        return [(row, row.other if row.field in self.take else row.one) for row in self.rows]

"""Forms of choosing: offer, decision, agreement. Nothing that the person decides is filled in beforehand."""

import datetime
from collections.abc import Sequence
from decimal import Decimal

from django import forms
from django.utils import timezone
from django.utils.formats import date_format

from participants.consent.models import Agreement, ConsentText, Offer
from participants.consent.rules import DECISION_MOVES, Counsel, Decision, Place
from participants.consent.text_fields import TextFieldsMixin
from participants.requirements.agreed import Agreed, field_of
from participants.requirements.rules import UNITS, amount, plain
from participants.staff.permissions import Permission
from participants.staff.queries import staff_with
from participants.web.forms import InstantField, OnceMixin, ProgramForm


class OfferForm(TextFieldsMixin, OnceMixin, ProgramForm):
    kind = ConsentText.Kind.OFFER

    place = forms.ChoiceField(label="Where", choices=[("", "Choose"), *Place.choices])
    present = forms.CharField(
        label="Who else was present", max_length=500, required=False, help_text="Leave empty if nobody was."
    )
    explained_by = forms.ModelChoiceField(label="Who explained it", queryset=None, empty_label="Choose")
    made_at = InstantField(label="Offered on, at")
    decide_by = forms.DateField(
        label="Time to decide until",
        help_text="At least 24 hours after the offer; the whole day counts. More time is better.",
    )

    def __init__(self, *args, now: datetime.datetime, **kwargs):
        super().__init__(*args, **kwargs)
        today = timezone.localdate(now)
        self.fields["explained_by"].queryset = staff_with(Permission.MAKE_OFFERS, track=self.track, on=today)
        self.fields["made_at"].initial = now


class DecisionForm(ProgramForm):
    decision = forms.ChoiceField(label="What the person decided", widget=forms.RadioSelect)
    decided_at = InstantField(label="Decided on, at")
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
    counsel_name = forms.CharField(
        label="Lawyer whom the person consulted", max_length=200, required=False, help_text="Empty when declined."
    )
    asked_to_sign_now = forms.BooleanField(
        label="The person asks, of their own wish, to sign now and not to wait for 24 hours",
        required=False,
        help_text="Only when the person says so themselves. Otherwise an offer is accepted after 24 hours or later.",
    )

    def __init__(self, *args, offer: Offer, now: datetime.datetime, **kwargs):
        super().__init__(*args, **kwargs)
        # An answer posted again is judged by the action, so a form that was sent is shown with all that was typed.
        moves = DECISION_MOVES[offer.decision] | {self.data.get("decision")}
        choices = [choice for choice in (Decision.ACCEPTED, Decision.DECLINED) if choice in moves]
        self.fields["decision"].choices = [(choice.value, choice.label) for choice in choices]
        if offer.decision != Decision.LAPSED:  # today would be too late
            self.fields["decided_at"].initial = now
        if Decision.ACCEPTED not in choices:
            for name in ("counsel", "counsel_on", "counsel_name", "asked_to_sign_now"):
                del self.fields[name]

    def values(self) -> dict:
        """Who declines is asked nothing else; what was ticked on the way there is left."""
        values = super().values()
        if values["decision"] == Decision.DECLINED:
            return {name: values[name] for name in ("decision", "decided_at")}
        return values


class AgreementForm(TextFieldsMixin, OnceMixin, ProgramForm):
    """`asked` is what can be agreed, filled in; each can be lowered or left out."""

    kind = ConsentText.Kind.AGREEMENT

    signed_at = InstantField(label="Signed on, at")
    term_ends_on = forms.DateField(label="The program ends on")
    monitoring_ends_on = forms.DateField(
        label="Monitoring ends on",
        required=False,
        help_text="Only where the agreement has a time of monitoring after the requirements. Otherwise leave it empty.",
    )
    speedy_trial_waived = forms.BooleanField(
        label="The person waives speedy trial for the time of the program, knowing what that means",
        error_messages={"required": "Without the waiver the person cannot enter; they may still decline."},
    )
    waived_until = forms.DateField(label=Agreement._meta.get_field("waived_until").verbose_name.capitalize())

    def __init__(self, *args, now: datetime.datetime, asked: Sequence[Agreed], **kwargs):
        super().__init__(*args, **kwargs)
        self.asked = list(asked)
        self.fields["signed_at"].initial = now
        for row in self.asked:
            self._add_requirement(row)
        days = self.track.rules.term_days
        today = timezone.localdate(now)
        usual = date_format(today + datetime.timedelta(days=days), "F j, Y")
        self.fields["term_ends_on"].help_text = f"Usually {days} days after signing: {usual}, if signed today."
        self.fields[
            "waived_until"
        ].help_text = "The day on which the program, and any monitoring, ends, or a later one that was agreed."
        ends = ("term_ends_on", "monitoring_ends_on", "waived_until", "speedy_trial_waived")
        self.order_fields([name for name in self.fields if name not in ends] + list(ends))

    def _add_requirement(self, row: Agreed) -> None:
        unit = "dollars" if row.may_be_waived else UNITS[row.kind]
        self.fields[field_of(row)] = forms.DecimalField(
            label=f"{row.title}, in {unit}",
            required=False,
            min_value=Decimal(0),
            max_digits=7,
            decimal_places=2,
            initial=plain(row.quantity),
            help_text=f"At most {amount(row.kind, row.quantity)}. Empty or 0 leaves it out.",
        )
        if row.may_be_waived:
            self.fields[f"waive_{field_of(row)}"] = forms.BooleanField(
                label=f"{row.title}: waived, because the person cannot pay", required=False, initial=row.waived
            )

    def values(self) -> dict:
        values = super().values()
        agreed = []
        for row in self.asked:
            quantity = values.pop(field_of(row))
            waived = values.pop(f"waive_{field_of(row)}", False)
            if quantity:
                agreed.append(Agreed(row.kind, quantity, row.service, waived))
        return values | {"requirements": agreed}


class AmendmentForm(AgreementForm):
    """A new version of an agreement that stands: what was agreed before is filled in, the signature is not."""

    def __init__(self, *args, agreement: Agreement, asked: Sequence[Agreed], agreed: Sequence[Agreed], **kwargs):
        super().__init__(*args, asked=asked, **kwargs)
        for name in ("term_ends_on", "monitoring_ends_on", "waived_until"):
            self.fields[name].initial = getattr(agreement, name)
        self.fields["term_ends_on"].help_text = f"So far {date_format(agreement.term_ends_on, 'F j, Y')}."
        before = {row.key: row for row in agreed}
        for row in self.asked:
            standing = before.get(row.key)
            if standing is None:
                self.fields[field_of(row)].initial = None
            elif row.may_be_waived:
                self.fields[f"waive_{field_of(row)}"].initial = standing.waived

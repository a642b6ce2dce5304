"""The form by which the people of an operation or a file are worked as a batch. What is empty is not done."""

import datetime
import uuid
from dataclasses import dataclass

from django import forms

from participants.consent.models import Offer
from participants.consent.rules import Place
from participants.operations.group import Group, Plan, Terms
from participants.referrals.assignment import assignable_to
from participants.screening.models import CriteriaVersion
from participants.screening.rules import Answer
from participants.staff.models import User
from participants.web.forms import InstantField, ProgramForm

PREFIX = "answer_"
TIME_TO_DECIDE = datetime.timedelta(days=7)
# The letter that chooses an answer while the questions have the focus.
KEYS = {Answer.YES: "y", Answer.NO: "n"}
OFFER = ("place", "explained_by", "present", "made_at", "decide_by")


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    key: str
    checked: bool


class PeopleField(forms.MultipleChoiceField):
    """Referrals by id. One that is no longer in the group is for the action to judge."""

    widget = forms.CheckboxSelectMultiple

    def valid_value(self, value) -> bool:
        try:
            uuid.UUID(value)
        except ValueError:
            return False
        return True

    def clean(self, value) -> list[uuid.UUID]:
        return [uuid.UUID(one) for one in super().clean(value)]


class StaffField(forms.ModelChoiceField):
    """One of the staff; whoever fills in the form stands first."""

    def __init__(self, **kwargs):
        super().__init__(queryset=None, **kwargs)

    def offer(self, staff, *, me: User) -> None:
        self.queryset = staff
        people = sorted(staff, key=lambda person: (person.pk != me.pk, person.name))
        self.choices = [("", self.empty_label), *((str(person.pk), person.name) for person in people)]


class GroupForm(ProgramForm):
    """Nothing is answered beforehand: every answer is given by a person, and holds for everybody who is ticked."""

    criteria = forms.CharField(widget=forms.HiddenInput, required=False)
    assign_to = StaffField(label="Assign to", required=False, empty_label="Leave as it is")
    place = forms.ChoiceField(label="Where", choices=[("", "No offer now"), *Place.choices], required=False)
    explained_by = StaffField(label="Who explained it", required=False, empty_label="Choose")
    present = forms.CharField(
        label="Who else was present",
        max_length=Offer._meta.get_field("present").max_length,
        required=False,
        help_text="Leave empty if nobody was.",
    )
    made_at = InstantField(label="Offered at", required=False)
    decide_by = forms.DateField(label="Time to decide until", required=False, help_text="The end of that day.")
    people = PeopleField(label="People", error_messages={"required": "Tick at least one person."})

    def __init__(
        self,
        *args,
        group: Group,
        criteria: CriteriaVersion | None,
        now: datetime.datetime,
        today: datetime.date,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.in_force = criteria
        staff = assignable_to(today=today)
        for name in ("assign_to", "explained_by"):
            self.fields[name].offer(staff, me=self.user)
        self.fields["made_at"].initial = now
        self.fields["decide_by"].initial = today + TIME_TO_DECIDE
        self.fields["people"].choices = [(str(case.referral.pk), "") for case in group.people]
        self.fields["people"].initial = [str(case.referral.pk) for case in group.people]
        self.asks = any(case.referral.status == "received" for case in group.people)
        if criteria is not None:
            self.fields["criteria"].initial = str(criteria.pk)
            for criterion in criteria.criteria:
                self.fields[PREFIX + criterion["key"]] = forms.ChoiceField(
                    label=criterion["question"],
                    choices=[(answer.value, answer.label) for answer in KEYS],
                    widget=forms.RadioSelect,
                    required=False,
                )
        self.order_fields(["criteria", "people", *self.answer_names])

    @property
    def answer_names(self) -> list[str]:
        return [name for name in self.fields if name.startswith(PREFIX)]

    def questions(self) -> list[dict]:
        """Each question as a row of the table that is answered by mouse or by letter."""
        rows = []
        for name in self.answer_names:
            field = self[name]
            choices = [
                Choice(answer.value, str(answer.label), key, field.value() == answer.value)
                for answer, key in KEYS.items()
            ]
            rows.append({"field": field, "choices": choices})
        return rows

    def ticked(self) -> set[str]:
        return set(self["people"].value() or ())

    def clean(self):
        cleaned = super().clean()
        answered = [name for name in self.answer_names if cleaned.get(name)]
        offers = any(cleaned.get(name) for name in ("place", "explained_by", "present"))
        if answered:
            for name in self.answer_names:
                if not cleaned.get(name):
                    self.add_error(name, "Answer this one too, or leave all questions unanswered.")
            if cleaned.get("criteria") != str(self.in_force.pk):
                self._ask_anew()
        if offers:
            for name in OFFER:
                if name != "present" and not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, "Needed for the offers. To make none, leave the whole part empty.")
        if not (answered or offers or cleaned.get("assign_to")) and not self.errors:
            self.add_error(None, "Choose at least one step: answer the questions, assign, or record the offers.")
        return cleaned

    def _ask_anew(self) -> None:
        """The answers were given to other questions: nothing of them is kept."""
        self.data = self.data.copy()
        self.data["criteria"] = str(self.in_force.pk)
        for name in self.answer_names:
            self.data.pop(name, None)
        self.add_error(
            None,
            f"Version {self.in_force.number} of the written criteria is in force now. Nothing is saved yet: "
            "answer its questions, then save.",
        )

    def plan(self) -> Plan:
        cleaned = self.cleaned_data
        answers = {name.removeprefix(PREFIX): cleaned[name] for name in self.answer_names if cleaned[name]}
        return Plan(
            assign_to=cleaned["assign_to"],
            criteria=self.in_force,
            answers=answers or None,
            offer=Terms(**{name: cleaned[name] for name in OFFER}) if cleaned["place"] else None,
        )

    def apply_error(self, error) -> None:
        if error.field == "to":
            return self.add_error("assign_to", error.message)
        return super().apply_error(error)

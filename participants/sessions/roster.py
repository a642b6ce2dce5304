"""The roster: one form for the attendance of a whole session, a small form for each person in it."""

from dataclasses import dataclass

from django import forms
from django.utils.html import format_html_join

from participants.errors import ProgramError
from participants.sessions import rules
from participants.sessions.actions import Entry, RecordedMeanwhile
from participants.sessions.models import Attendance, Session
from participants.sessions.rules import MARKS, Mark
from participants.web.forms import ProgramForm

# The letter that chooses a mark while the roster has the focus.
KEYS = {
    Mark.ATTENDED: "p",
    Mark.LATE: "l",
    Mark.LEFT_EARLY: "e",
    Mark.EXCUSED: "x",
    Mark.NO_SHOW: "n",
    Mark.CANCELLED: "c",
}
ASK_MINUTES = {Mark.LATE, Mark.LEFT_EARLY}


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    key: str
    asks_minutes: bool
    checked: bool


def key_hints(missed_word: str) -> list[tuple[str, str]]:
    return [(KEYS[mark], rules.mark_word(mark, missed_word).lower()) for mark in MARKS]


class RosterRow(forms.Form):
    """One person's mark. What was shown travels along, so that only what this person changed is saved."""

    mark = forms.ChoiceField(
        choices=[(mark.value, mark.label) for mark in MARKS], required=False, show_hidden_initial=True
    )
    minutes = forms.IntegerField(required=False, show_hidden_initial=True)
    reason = forms.CharField(
        max_length=Attendance._meta.get_field("reason").max_length, required=False, show_hidden_initial=True
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data=None, *, attendance: Attendance, planned: int, missed_word: str, meanwhile: str = ""):
        self.attendance = attendance
        self.planned = planned
        self.missed_word = missed_word
        self.meanwhile = meanwhile
        taken = attendance.mark != Mark.BOOKED
        initial = {
            "mark": attendance.mark if taken else "",
            "minutes": attendance.minutes,
            "reason": attendance.reason,
            "version": attendance.version,
        }
        super().__init__(data, prefix=attendance.pk.hex, initial=initial)
        person = attendance.participant.called
        self.fields["minutes"].widget.attrs.update(
            {"class": "form-control", "inputmode": "numeric", "min": 0, "max": planned}
        )
        self.fields["reason"].widget.attrs.update(
            {
                "class": "form-control",
                "aria-label": f"Reason for the absence of {person}",
                "placeholder": "Reason, if absent",
                "autocomplete": "off",
            }
        )
        for name in ("minutes", "reason"):
            if self.is_bound and self[name].errors:
                self.fields[name].widget.attrs["class"] += " is-invalid"

    @property
    def is_changed(self) -> bool:
        return bool(set(self.changed_data) - {"version"})

    @property
    def choices(self) -> list[Choice]:
        now = self["mark"].value()
        return [
            Choice(mark.value, rules.mark_word(mark, self.missed_word), KEYS[mark], mark in ASK_MINUTES, mark == now)
            for mark in MARKS
        ]

    @property
    def short_of(self) -> str:
        """Says so where someone present has fewer minutes than planned; the minutes' own field is hidden then."""
        row = self.attendance
        if row.mark == Mark.ATTENDED and row.minutes < self.planned:
            return f"{rules.in_minutes(row.minutes)} of {self.planned}"
        return ""

    @property
    def shown(self) -> str:
        """Hidden fields that tell what was shown; the fields themselves are drawn one by one."""
        fields = [[self[name].as_hidden(only_initial=True)] for name in ("mark", "minutes", "reason")]
        return format_html_join("", "{}", fields)

    @property
    def recorded(self) -> str:
        return rules.described(self.attendance.mark, self.attendance.minutes, self.missed_word)

    @property
    def wish(self) -> str:
        """What was chosen, in words."""
        return rules.described(self.cleaned_data["mark"], self.cleaned_data["minutes"], self.missed_word)

    def clean(self):
        values = super().clean()
        if not self.is_changed or self.errors:
            return values
        if not values["mark"]:
            self.add_error("mark", "Choose a mark.")
            return values
        try:
            rules.settled(values["mark"], values["minutes"], values["reason"], self.planned)
        except ProgramError as error:
            self.add_error(error.field, error.message)
        return values

    def entry(self) -> Entry:
        return Entry(
            attendance_id=self.attendance.pk,
            mark=self.cleaned_data["mark"],
            minutes=self.cleaned_data["minutes"],
            reason=self.cleaned_data["reason"],
            version=self.cleaned_data["version"],
        )


class RosterForm(ProgramForm):
    """Everyone booked into a session. `version` is the session's when the page was shown."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, session: Session, attendances: list[Attendance], **kwargs):
        super().__init__(*args, initial={"version": session.version}, **kwargs)
        self.session = session
        self.rows = [self._row(attendance, self.data if self.is_bound else None) for attendance in attendances]

    def _row(self, attendance: Attendance, data, meanwhile: str = "") -> RosterRow:
        return RosterRow(
            data,
            attendance=attendance,
            planned=self.session.planned_minutes,
            missed_word=self.track.rules.missed_word,
            meanwhile=meanwhile,
        )

    def clean(self):
        values = super().clean()
        for row in self.rows:
            # Someone booked after the page was shown is not in what was sent.
            if row.add_prefix("version") not in self.data or row.is_valid():
                continue
            for messages in row.errors.values():
                self.add_error(None, f"{row.attendance.participant.called}: {' '.join(messages)}")
        return values

    def entries(self) -> list[Entry]:
        sent = [row for row in self.rows if row.add_prefix("version") in self.data]
        return [row.entry() for row in sent if row.is_changed]

    def show_again(self) -> None:
        """Rows that were not touched show what is recorded by now; the others what was typed."""
        self.rows = [
            self._row(row.attendance, None) if row.is_bound and not row.is_changed else row for row in self.rows
        ]

    def apply_error(self, error: ProgramError) -> None:
        """A refusal above the form; rows that someone else changed show what is recorded and say who did it."""
        super().apply_error(error)
        if not isinstance(error, RecordedMeanwhile):
            return
        overtaken = {row.pk: row for row in error.rows}
        for place, row in enumerate(self.rows):
            now = overtaken.get(row.attendance.pk)
            if now is None:
                continue
            who = now.recorded_by.name if now.recorded_by else "Someone"
            recorded = rules.described(now.mark, now.minutes, self.track.rules.missed_word)
            told = f"{who} recorded: {recorded}. You had chosen: {row.wish}."
            self.add_error(None, f"{now.participant.called}: {told}")
            self.rows[place] = self._row(now, None, meanwhile=told)

"""ProgramError: a refusal that the user may read."""

from collections.abc import Mapping
from dataclasses import dataclass


class ProgramError(Exception):
    """Raised by actions and rules when the program's rules refuse a step.

    The text is fit to be shown as it stands. `field` names the form field that it belongs to, if any.
    """

    def __init__(self, message: str, *, field: str | None = None):
        super().__init__(message)
        self.message = message
        self.field = field


def check_same(row: object, values: Mapping[str, object], where: str, *, again: bool = True) -> None:
    """Raise ProgramError when the row that a form made before holds other values than the form has now.

    The same values are the same form sent twice, which is harmless. Other values were typed since (back, corrected,
    saved again) and must not be lost without a word; `where` is a sentence that says where the row is, `again` whether
    the form can be saved as a row of its own.
    """
    if any(getattr(row, name) != value for name, value in values.items()):
        raise saved_before(where, again=again)


def saved_before(where: str, *, again: bool = True) -> ProgramError:
    """The refusal of a form that made another row before. It belongs to the form's key, which is then renewed."""
    way_on = " Save once more to keep it as well." if again else ""
    return ProgramError(
        f"This form was saved before with other content. {where} What is typed here is not saved yet.{way_on}",
        field="form_key",
    )


@dataclass(frozen=True)
class Problem:
    """What is wrong with one value, in a sentence that can stand next to its field."""

    field: str
    text: str


class ValuesRefused(ProgramError):
    """Several values are refused at once, so that they can be put right at once."""

    def __init__(self, problems: list[Problem]):
        super().__init__(problems[0].text, field=problems[0].field)
        self.problems = problems

"""ProgramError: a refusal that the user may read."""


class ProgramError(Exception):
    """Raised by actions and rules when the program's rules refuse a step.

    The text is fit to be shown as it stands. `field` names the form field that it belongs to, if any.
    """

    def __init__(self, message: str, *, field: str | None = None):
        super().__init__(message)
        self.message = message
        self.field = field

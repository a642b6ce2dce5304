"""Log lines that say what happened and where, never what a record holds."""

import copy
import logging


class PlainFormatter(logging.Formatter):
    """Time, level, logger and message; of an exception its type and the place in the code, not its text.

    The text of a database error or a form error quotes the values that caused it, so it is left out.
    """

    default_format = "{asctime} {levelname} {name}: {message}"

    def __init__(self):
        super().__init__(self.default_format, style="{")

    def format(self, record: logging.LogRecord) -> str:
        record = copy.copy(record)
        record.exc_text = None  # another formatter may have left the whole traceback here
        if isinstance(record.args, dict) and record.args.keys() >= {"exc", "traceback"}:
            # Celery writes the exception's text into the message; type and place follow below it all the same.
            record.args = {**record.args, "exc": "see the place", "traceback": ""}
        elif request := getattr(record, "request", None):
            # What a person typed into an address can be a name; the shape of the address is enough.
            match = getattr(request, "resolver_match", None)
            shape = f"/{match.route}" if match else "an unknown address"
            if record.name.startswith("django.security"):
                # Its text quotes the header that was wrong; the logger's own name says what kind it was.
                record.msg, record.args = "Refused: %s", (shape,)
            record.args = tuple(shape if arg == getattr(request, "path", None) else arg for arg in record.args or ())
        return super().format(record)

    def formatException(self, ei) -> str:
        kind, _, traceback = ei
        places = []
        while traceback is not None:
            code = traceback.tb_frame.f_code
            places.append(f"{code.co_filename}:{traceback.tb_lineno} {code.co_name}")
            traceback = traceback.tb_next
        return f"{kind.__name__} at " + " < ".join(reversed(places))

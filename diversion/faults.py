"""What a report of a fault says: its kind and the places in the code, never what was being worked on.

A local variable, a setting, what was posted or the text of an exception can each hold a name. Django shows these on its
debug pages and in its mails to administrators; `DEBUG` is never on, and if it were these two would show none of it.
"""

from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter


class ShowsNothing(SafeExceptionReporterFilter):
    """Local variables, settings, posted values and cookies: none."""

    def is_active(self, request):
        return True

    def get_safe_settings(self):
        return {}

    def get_safe_request_meta(self, request):
        return {}

    def get_safe_cookies(self, request):
        return {}

    def get_post_parameters(self, request):
        return {}

    def get_traceback_frame_variables(self, request, tb_frame):
        return []


class PlainReporter(ExceptionReporter):
    """The kind of the fault and where in the code, innermost last, as plain text."""

    def get_traceback_text(self) -> str:
        lines, traceback = [self.exc_type.__name__ if self.exc_type else "Fault"], self.tb
        while traceback is not None:
            code = traceback.tb_frame.f_code
            lines.append(f"{code.co_filename}:{traceback.tb_lineno} {code.co_name}")
            traceback = traceback.tb_next
        return "\n".join(lines)

    def get_traceback_html(self) -> str:
        words = self.get_traceback_text().replace("&", "&amp;").replace("<", "&lt;")
        return f'<!doctype html><html lang="en"><title>Fault</title><pre>{words}</pre></html>'

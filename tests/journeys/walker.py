"""A person at a browser without JavaScript: opens pages, fills in the forms they find, follows where they lead."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.test import Client


@dataclass
class Form:
    """A form as it stands on the page, with what is filled in already."""

    action: str = ""
    method: str = "get"
    values: dict[str, list[str]] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    submits: bool = False


class FormReader(HTMLParser):
    """Collects the forms of a page."""

    def __init__(self):
        super().__init__()
        self.forms: list[Form] = []
        self._select: str | None = None
        self._textarea: str | None = None
        self._option_seen = False

    def handle_starttag(self, tag, attrs):
        at = dict(attrs)
        if tag == "form":
            self.forms.append(Form(action=at.get("action", ""), method=at.get("method", "get").lower()))
        if not self.forms:
            return
        form, name = self.forms[-1], at.get("name")
        if tag == "input" and name and "disabled" not in at:
            if at.get("type") in {"radio", "checkbox"}:
                form.choices.setdefault(name, []).append(at.get("value", "on"))
                if "checked" in at:
                    form.values.setdefault(name, []).append(at.get("value", "on"))
            elif at.get("type") not in {"submit", "button", "file"}:
                form.values.setdefault(name, []).append(at.get("value", ""))
        elif tag == "select" and name:
            self._select, self._option_seen = name, False
            form.choices.setdefault(name, [])
        elif tag == "option" and self._select:
            form.choices[self._select].append(at.get("value", ""))
            if "selected" in at:
                form.values.setdefault(self._select, []).append(at.get("value", ""))
        elif tag == "textarea" and name:
            self._textarea = name
            form.values.setdefault(name, [""])

    def handle_endtag(self, tag):
        if tag == "select" and self._select:
            form = self.forms[-1]
            if self._select not in form.values and form.choices[self._select]:
                form.values[self._select] = [form.choices[self._select][0]]
            self._select = None
        elif tag == "textarea":
            self._textarea = None

    def handle_data(self, data):
        if self._textarea:
            # Django writes a newline after the tag, which browsers drop.
            self.forms[-1].values[self._textarea] = [data.removeprefix("\r\n").removeprefix("\n")]


class Walker:
    """One member of staff, signed in, in one track."""

    def __init__(self, cast, name, track):
        self.cast, self.track, self.name = cast, track, name
        self.client: Client = cast.client(name)
        self.page = None

    def next_day(self) -> None:
        """Sign in again: a session lasts twelve hours."""
        self.client = self.cast.client(self.name)

    def open(self, name: str, **kwargs) -> str:
        return self.go(self.cast.url(self.track, name, **kwargs))

    def go(self, url: str) -> str:
        self.url = url
        self.page = self.client.get(url, follow=True)
        if self.page.redirect_chain:
            self.url = self.page.redirect_chain[-1][0]
        assert self.page.status_code == 200, (url, self.page.status_code)
        return self.page.text

    @property
    def form(self) -> Form:
        """The form of the page itself, not those of the header."""
        reader = FormReader()
        reader.feed(self.page.text[self.page.text.index("<main") :])
        posts = [form for form in reader.forms if form.method == "post"]
        assert posts, f"no form on {self.url}"
        return posts[0]

    def send(self, *, expect: int = 200, **typed) -> str:
        """Fill in what is named, leave the rest as the page has it, send, follow. `expect` is the last status."""
        form = self.form
        data = {name: values if len(values) > 1 else values[0] for name, values in form.values.items()}
        data.pop("csrfmiddlewaretoken", None)
        data.update(typed)
        self.page = self.client.post(form.action or self.url, data, follow=True)
        if self.page.redirect_chain:
            self.url = self.page.redirect_chain[-1][0]
        assert self.page.status_code == expect, (self.url, self.page.status_code, self.errors)
        if expect == 200:
            assert self.page.redirect_chain, f"{self.url} did not lead on: {self.errors}"
        return self.page.text

    @property
    def errors(self) -> list:
        context = self.page.context
        form = context.get("form") if context is not None else None
        return [] if form is None else [form.errors.as_text()]

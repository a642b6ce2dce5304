"""Reading a page in a test: its main part, without the header that all pages share."""

import re


def main_of(response) -> str:
    return re.search(r"<main.*?</main>", response.text, flags=re.DOTALL)[0]


def text_of(response) -> str:
    """The words of the main part, tags and runs of blanks taken out."""
    return " ".join(re.sub(r"<[^>]+>", " ", main_of(response)).split())


def key_in(response) -> str:
    """The form key that the page carries."""
    return re.search(r'name="form_key" value="([^"]+)"', response.text)[1]

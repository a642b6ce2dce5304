"""The drop in a browser, with and without JavaScript: columns asked for, the answer, refused rows downloaded."""

import csv
import io

import pytest

from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_every_page import too_wide, violations
from tests.files.test_drop import ANN, CHILD, EVE, OWN, SAID, SAM, content


def checked(visitor, name: str) -> None:
    assert violations(visitor.page) + visitor.complaints == []
    assert not too_wide(visitor.page)
    assert visitor.page.locator("h1").count() == 1
    visitor.picture(name)


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_sender_drops_a_file(visit, cast, tmp_path, viewport, javascript):
    file = tmp_path / "night.csv"
    file.write_bytes(content(ANN, EVE, CHILD, SAM, "ragged", head=OWN))
    visitor = visit(viewport, javascript=javascript)
    visitor.sign_in("harbor_sender@example.org")
    page, width = visitor.page, viewport["width"]
    assert page.url.endswith("/harbor/drop/")
    if javascript:
        checked(visitor, f"drop-{width}")
    page.set_input_files("[name=file]", file)
    page.get_by_role("button", name="Send the file").click()
    page.get_by_role("heading", name="Which column is which?").wait_for()
    if javascript:
        checked(visitor, f"drop-columns-{width}")
    for heading, field in SAID.items():
        page.get_by_label(heading, exact=True).select_option(field)
    page.set_input_files("[name=file]", file)
    page.get_by_role("button", name="Send the file").click()
    page.get_by_role("heading", name="The file was received").wait_for()
    assert "row 4" in page.locator("main").inner_text()
    if javascript:
        checked(visitor, f"drop-answer-{width}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download 2 refused rows").click()
    assert download.value.suggested_filename == "refused-rows.csv"
    text = download.value.path().read_text(encoding="utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert [row[0] for row in rows] == ["Row", "5", "6"]
    assert visitor.complaints == []

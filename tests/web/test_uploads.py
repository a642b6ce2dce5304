"""Uploads stay in memory; a larger one is marked and its content is gone."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from participants.web.uploads import TooLarge


def upload(content: bytes):
    request = RequestFactory().post("/", {"file": SimpleUploadedFile("a.csv", content, "text/csv")})
    return request.FILES["file"]


@pytest.mark.parametrize("size", [0, 1, 100, 70_000])
def test_file_comes_whole_and_stays_in_memory(size):
    content = b"x" * size
    file = upload(content)
    assert file.read() == content
    assert file.size == size
    assert not isinstance(file, TooLarge)
    assert not hasattr(file, "temporary_file_path")


def test_file_over_the_limit_is_marked(settings):
    settings.UPLOAD_LIMIT = 1000
    file = upload(b"x" * 1001)
    assert isinstance(file, TooLarge)
    assert file.read() == b""
    assert file.size == 1001

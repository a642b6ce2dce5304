"""Readers of the environment: right values, and sentences that name the mend."""

import stat

import pytest
from django.core.exceptions import ImproperlyConfigured

from diversion import env

NAME = "DIVERSION_TEST_VALUE"


@pytest.mark.parametrize(("value", "flag"), [("1", True), ("yes", True), ("0", False), ("", False), ("off", False)])
def test_flag(monkeypatch, value, flag):
    monkeypatch.setenv(NAME, value)
    assert env.flag(NAME) is flag


def test_flag_that_is_neither_is_named(monkeypatch):
    monkeypatch.setenv(NAME, "perhaps")
    with pytest.raises(ImproperlyConfigured, match=f"{NAME} must be 1 or 0"):
        env.flag(NAME)


def test_missing_text_is_named():
    with pytest.raises(ImproperlyConfigured, match=NAME):
        env.text(NAME)
    assert env.text(NAME, "x") == "x"


def test_words(monkeypatch):
    monkeypatch.setenv(NAME, " a, b ,,")
    assert env.words(NAME) == ["a", "b"]


def test_secret_from_value_file_or_drawn(monkeypatch, tmp_path):
    with pytest.raises(ImproperlyConfigured, match=f"{NAME}_FILE"):
        env.secret(NAME, made_in=None)
    drawn = env.secret(NAME, made_in=tmp_path)
    assert len(drawn) > 50
    assert env.secret(NAME, made_in=tmp_path) == drawn
    file = tmp_path / NAME.lower()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    monkeypatch.setenv(f"{NAME}_FILE", str(file))
    assert env.secret(NAME, made_in=None) == drawn
    monkeypatch.setenv(NAME, "direct")
    assert env.secret(NAME, made_in=None) == "direct"


def test_secret_file_that_is_missing_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "none"))
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        env.secret(NAME, made_in=None)


def test_folder_is_made_private(monkeypatch, tmp_path):
    path = env.folder(NAME, tmp_path / "a" / "b")
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    monkeypatch.setenv(NAME, "/proc/none")
    with pytest.raises(ImproperlyConfigured, match=NAME):
        env.folder(NAME, tmp_path)

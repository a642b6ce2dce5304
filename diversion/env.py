"""Typed readers of the environment. Each raises `ImproperlyConfigured` with a sentence that names the mend."""

import os
import secrets
import stat
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str | None = None) -> str:
    """The variable's value; a missing one without a default is an error."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set the environment variable {name}.")
    return value


def flag(name: str, *, default: bool = False) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in TRUE:
        return True
    if value.strip().lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list; blanks are dropped."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def folder(name: str, default: Path) -> Path:
    """A folder, made (mode 700) if it is not there."""
    path = Path(os.environ.get(name) or default).expanduser().resolve()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"{name}: the folder {path} cannot be made ({error.strerror}).") from error
    return path


def keys_folder(name: str, *, apart_from: dict[str, Path]) -> Path:
    """The folder of the keys in production. An operator makes it, for its owner alone, and neither in nor around one of
    the folders of `apart_from`, which map what lies there: whoever copies that must not have the keys with it.

    Raises ImproperlyConfigured otherwise.
    """
    make = "install -d -m 700 /etc/diversion/keys"
    value = os.environ.get(name)
    if not value:
        raise ImproperlyConfigured(
            f"Set {name} to a folder of its own for the keys, apart from program and database, such as: {make}. "
            "Only a demonstration (DEMO=1) keeps them beside its database."
        )
    path = Path(value).expanduser().resolve()
    for what, folder in apart_from.items():
        folder = folder.resolve()
        if path.is_relative_to(folder) or folder.is_relative_to(path):
            raise ImproperlyConfigured(
                f"{name}: {path} and {what} ({folder}) lie in each other: a copy of one would hold the other. "
                f"Move the keys to a folder of their own: {make}"
            )
    if not path.is_dir():
        raise ImproperlyConfigured(
            f"{name}: there is no folder {path}. Bring it back from your copy of the keys or, for a new installation, "
            f"make it (install -d -m 700 {path}) and run `manage.py keys create`."
        )
    if (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077:
        raise ImproperlyConfigured(f"{name}: others may enter {path} (mode {mode:o}). Close it: chmod 700 {path}")
    return path


def secret(name: str, *, made_in: Path | None) -> str:
    """The secret NAME, or the content of the file NAME_FILE.

    Where neither is set and `made_in` is a folder (the embedded default) one is drawn, kept there with
    mode 600 and used from then on. Without a folder a missing secret is an error.
    """
    if value := os.environ.get(name):
        return value
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: {path} cannot be read ({error.strerror}).") from error
    if made_in is None:
        raise ImproperlyConfigured(
            f"Set {name} (50 random characters or more) or {name}_FILE. Only a demonstration (DEMO=1) makes its own."
        )
    path = made_in / name.lower()
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="utf-8").strip()

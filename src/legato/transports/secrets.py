"""Secrets of the settings: themselves, or in files that are mounted beside."""

from __future__ import annotations

from pathlib import Path

from legato.settings import SettingsError

FROM_FILE = "file:"


def read_secret(told: str, what: str) -> str:
    """Read a secret that may be `file:PATH`; `what` says which, should it not be there.

    Raises SettingsError, which never has the secret in it.
    """
    if not told.startswith(FROM_FILE):
        return told.strip()
    path = Path(told.removeprefix(FROM_FILE))
    return read_file(path, what).decode(errors="replace").strip()


def read_file(path: Path, what: str) -> bytes:
    """Read a file of secrets; raises SettingsError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"cannot read {what} in `{path}` ({error.strerror})") from None

"""Secrets of the settings: themselves, or in files that are mounted beside."""

from __future__ import annotations

from pathlib import Path

from legato.settings import SettingsError, read_secret

__all__ = ["read_file", "read_secret"]


def read_file(path: Path, what: str) -> bytes:
    """Read a file of secrets; raises SettingsError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"cannot read {what} in `{path}` ({error.strerror})") from None

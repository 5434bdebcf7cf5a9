"""Secrets, which may be in files of their own."""

from __future__ import annotations

from pathlib import Path

from legato.settings.errors import SettingsError
from legato.wire.source.webhook import FROM_FILE


def read_secret(told: str, what: str) -> str:
    """Read a secret that may be `file:PATH`; `what` says which, should it not be there.

    Raises SettingsError, which never has the secret in it.
    """
    if not told.startswith(FROM_FILE):
        return told.strip()
    path = Path(told.removeprefix(FROM_FILE))
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError(
            f"cannot read {what} in `{path}` ({reason}); put it there"
        ) from None

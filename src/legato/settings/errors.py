"""What is told where a setting makes no sense."""

from __future__ import annotations


class SettingsError(ValueError):
    """A setting makes no sense; the message says which and what to do."""

"""What the verbs get from the command line as a whole."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from legato.settings import Settings


class Invocation:
    """One run of `legato`; its settings are read when a verb first asks for them."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path

    @cached_property
    def settings(self) -> Settings:
        """The settings of this run; raises SettingsError."""
        from legato.settings import load

        return load(self.path)


pass_invocation = click.make_pass_decorator(Invocation)
"""Decorates a verb: its first argument is then the Invocation."""


def leave_settings_behind() -> None:
    """See that no setting of this shell reaches what is started, least a real Kafka's."""
    for name in [name for name in os.environ if name.startswith("LEGATO_")]:
        del os.environ[name]

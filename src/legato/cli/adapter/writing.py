"""What `legato adapter new` writes: an adapter that runs as it is, and its test."""

from __future__ import annotations

import re
from pathlib import Path

from legato.cli.verbs import Failure

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ADAPTER = '''"""Sends actions as NAME: write here how. docs/adapters.md tells the rest."""

from __future__ import annotations

import sys

from legato.adapter import Action, Delivered, Failed, Retry

CHANNELS = ("NAME",)


async def deliver(action: Action) -> Delivered | Failed | Retry:
    """Send one action; `action.action_id` is its idempotency key, on each try the same.

    `Failed` is for what never will be sent, `Retry` for what is to be tried again.
    """
    if not action.address:
        return Failed("no_address")
    sys.stdout.write(f"{action.action_id}: {action.content_ref} to {action.address}\\n")
    return Delivered()
'''
_TEST = '''"""NAME.py holds what each adapter must, and says what we want of it."""

import asyncio

import NAME

from legato.adapter import Delivered, Failed
from legato.testing import check_adapter, example_action


def test_it_is_an_adapter() -> None:
    check_adapter(NAME)


def test_it_delivers() -> None:
    assert asyncio.run(NAME.deliver(example_action("NAME"))) == Delivered()


def test_without_address_there_is_no_way() -> None:
    action = example_action("NAME", address="")
    assert asyncio.run(NAME.deliver(action)) == Failed("no_address")
'''


def write_adapter(name: str, folder: Path) -> tuple[Path, Path]:
    """Write NAME.py and test_NAME.py; raises Failure if they are there, or for a bad name."""
    if not _NAME.fullmatch(name):
        raise Failure(f"`{name}` is no name of an adapter; write letters, digits and `_`", 2)
    paths = folder / f"{name}.py", folder / f"test_{name}.py"
    for path in paths:
        if path.exists():
            raise Failure(f"`{path}` is there already; choose another name", 2)
    for path, text in zip(paths, (_ADAPTER, _TEST), strict=True):
        path.write_text(text.replace("NAME", name))
    return paths

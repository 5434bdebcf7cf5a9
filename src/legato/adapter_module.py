"""Finds the module of an adapter, reads its options, and opens it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from difflib import get_close_matches
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from inspect import isclass, iscoroutinefunction
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
from msgspec import Struct

from legato.adapter import Deliver, Setup

GROUP = "legato.channels"
"""The group of entry points under which packages name their adapters."""


class AdapterError(ValueError):
    """An adapter cannot be used; the message says why, and what to do."""


class AdapterModule:
    """The module of an adapter, seen to be one. Raises AdapterError if it is none."""

    def __init__(self, name: str, module: object) -> None:
        self.name, self._module = name, module
        deliver, connect = (getattr(module, each, None) for each in ("deliver", "connect"))
        if connect is None and not iscoroutinefunction(deliver):
            told = f"`{name}` has neither `async def deliver(action)` nor `connect(setup)`"
            raise AdapterError(f"{told}; write one (docs/adapters.md)")

    @property
    def channels(self) -> tuple[str, ...]:
        """Whose actions it takes if the settings do not say."""
        return tuple(getattr(self._module, "CHANNELS", ()))

    @property
    def wants_content(self) -> bool:
        """Does it need content, also where `[content]` is left as it is?"""
        return bool(getattr(self._module, "CONTENT", False))

    @property
    def summary(self) -> str:
        """The first line of what it says of itself."""
        return (getattr(self._module, "__doc__", "") or "").strip().partition("\n")[0]

    def options(self, table: Mapping[str, Any]) -> Any:  # noqa: ANN401 - the module's own type
        """Read `[adapters.NAME.options]`; raises AdapterError."""
        kind = getattr(self._module, "Options", None)
        if not (isclass(kind) and issubclass(kind, Struct)):
            if table:
                named = ", ".join(f"`{name}`" for name in table)
                raise AdapterError(f"the adapter `{self.name}` takes no options; not {named}")
            return {}
        try:
            return msgspec.convert(dict(table), kind, strict=False)
        except msgspec.ValidationError as error:
            told = str(error).replace("`$.", "`").replace("`$`", "the options")
            raise AdapterError(f"options of the adapter `{self.name}`: {told}") from None

    @asynccontextmanager
    async def open(self, setup: Setup) -> AsyncIterator[Deliver]:
        """Have it ready to deliver; raises what its `connect` does."""
        connect = getattr(self._module, "connect", None)
        if connect is None:
            deliver: Deliver = self._module.deliver  # type: ignore[attr-defined]
            yield deliver
            return
        async with connect(setup) as opened:
            yield opened


def find_adapter(use: str, ready_made: Mapping[str, str]) -> AdapterModule:
    """Find the adapter that is called so: a file, a ready-made one, or that of a package.

    Raises AdapterError if there is none, or if it cannot be imported.
    """
    if use.endswith(".py"):
        return AdapterModule(use, _of_file(Path(use)))
    known = {entry.name: entry for entry in entry_points(group=GROUP)}
    try:
        if use in ready_made:
            return AdapterModule(use, importlib.import_module(ready_made[use]))
        if use in known:
            return AdapterModule(use, known[use].load())
    except ImportError as error:
        raise AdapterError(
            f"the adapter `{use}` cannot be imported: {error}; install what it needs"
        ) from None
    raise AdapterError(_unknown(use, [*ready_made, *known]))


def names_of_packages() -> dict[str, str]:
    """List the adapters that installed packages bring along: name -> `package.module`."""
    return {entry.name: entry.value for entry in entry_points(group=GROUP)}


def _of_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise AdapterError(f"no adapter at `{path}`; write one with `legato adapter new`")
    spec = spec_from_file_location(f"legato_adapter_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise AdapterError(f"`{path}` is no Python file; name one that ends with .py")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        told = f"`{path}` cannot be imported: {type(error).__name__}: {error}"
        raise AdapterError(f"{told}; mend it") from error
    return module


def _unknown(use: str, known: Iterable[str]) -> str:
    near = get_close_matches(use, [*known], 1)
    mend = f"write `{near[0]}`" if near else "see `legato adapter list`, or name a .py file"
    return f"there is no adapter `{use}`; {mend}"

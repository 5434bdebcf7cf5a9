"""Read all settings from their file and the environment; nobody else reads that."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from legato.environment import (
    FILE_VARIABLE,
    PREFIX,
    Tables,
    Variable,
    VariableError,
    read_variables,
)
from legato.settings.deployment import Settings, checked
from legato.settings.errors import SettingsError
from legato.wire.record import BOM
from legato.wire.source.ready_made import UnknownMap, with_map
from legato.wire.source.source import Source

RENAMED: Mapping[str, str] = {
    "identity.dotless": "identity.email_ignore_dots",
    "identity.fan_out": "identity.max_customers_per_identifier",
    "identity.former_peppers": "identity.previous_peppers",
    "identity.proving": "identity.authenticating_events",
    "identity.ranks": "identity.priority",
    "identity.region": "identity.phone_region",
    "identity.tagless": "identity.email_ignore_tags",
    "view.stall_s": "view.liveness_timeout_s",
    "worker.catch_up_ms": "worker.checkpoint_max_ms",
    "worker.live_contexts": "worker.cached_contexts",
    "worker.slot": "worker.index",
    "worker.stall_s": "worker.liveness_timeout_s",
}
"""What settings were called once -> what they are called now; the old name is refused."""
_SETTING = re.compile(r"`(?:\$\.)?([a-z_]+(?:\.[a-z_]+)?)")
"""How a message names a setting: `kafka.partitions`, or `$.kafka.partitions[...]`."""
_BOUND = re.compile(r"Expected `\w+` ([<>]=?) ([0-9]+)(?:\.0)?")
_BOUNDS = {">=": "at least", "<=": "at most", ">": "more than"}


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read settings from `path` (else `LEGATO_SETTINGS`, else ./legato.toml if it exists).

    `LEGATO_KAFKA_BOOTSTRAP` overrides `bootstrap` of `[kafka]`, and so on for every field; a
    table such as `previous_peppers` is written as a JSON object, a list as a JSON list.
    Raises SettingsError with one sentence that says what to do, in which variable or file.
    """
    environ = os.environ if environ is None else environ
    chosen = path or (Path(environ[FILE_VARIABLE]) if FILE_VARIABLE in environ else None)
    file = chosen or Path("legato.toml")
    raw = _read(file, required=chosen is not None)
    if former := _former_name(raw, file, environ):
        raise SettingsError(former)
    try:
        told = read_variables(environ, _variables())
    except VariableError as error:
        raise SettingsError(str(error)) from None
    try:
        settings = msgspec.convert(_overridden(raw, told), Settings, strict=False)
        return checked(_with_sources(settings))
    except msgspec.ValidationError as error:
        raise SettingsError(_in_place(_in_plain(str(error)), told, file)) from None
    except SettingsError as error:
        raise SettingsError(_in_place(str(error), told, file)) from None


def variable_of(setting: str) -> str:
    """Name the variable of a setting: `LEGATO_KAFKA_BOOTSTRAP` for `kafka.bootstrap`."""
    return f"{PREFIX}{setting.upper().replace('.', '_')}"


def flag_of(setting: str) -> str:
    """Name the flag of a setting: `--index` for `worker.index`."""
    return f"--{setting.partition('.')[2].replace('_', '-')}"


def _variables() -> dict[str, Variable]:
    """List all settings by the variable that sets them."""
    kinds: dict[str, object] = {}
    for section in msgspec.structs.fields(Settings):
        if isinstance(section.type, type) and issubclass(section.type, Struct):
            inner = msgspec.structs.fields(section.type)
            kinds |= {f"{section.name}.{each.name}": each.type for each in inner}
        else:
            kinds[section.name] = section.type
    return {variable_of(name): Variable(name, kind) for name, kind in kinds.items()}


def _former_name(raw: dict[str, Any], path: Path, environ: Mapping[str, str]) -> str:
    """Say what must be renamed in the file or the environment; empty if nothing must."""
    for old, new in RENAMED.items():
        section, _, name = old.partition(".")
        told = raw.get(section)
        if isinstance(told, dict) and name in told:
            return f"`{old}` is called `{new}` now: rename it in `{path}`"
        if (variable := variable_of(old)) in environ:
            return f"`{variable}` is called `{variable_of(new)}` now: rename it"
    return ""


def _with_sources(settings: Settings) -> Settings:
    if settings.sources:
        try:
            sources = tuple(map(with_map, settings.sources))
        except UnknownMap as error:
            raise SettingsError(str(error)) from None
        return msgspec.structs.replace(settings, sources=sources)
    topic = f"{settings.kafka.prefix}channel.events"
    return msgspec.structs.replace(settings, sources=(Source(name="events", topics=(topic,)),))


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    if not path.exists():
        if required:
            raise SettingsError(f"no settings at `{path}`; write some with `legato init`")
        return {}
    try:
        read: dict[str, Any] = msgspec.toml.decode(path.read_bytes().removeprefix(BOM))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"`{path}` is not TOML: {error}") from None
    except RecursionError:
        raise SettingsError(f"`{path}` is nested too deeply; write it flatter") from None
    return read


def _overridden(raw: dict[str, Any], told: Tables) -> dict[str, Any]:
    """Lay what the environment says over what the file says."""
    merged = dict(raw)
    for section, value in told.items():
        under = merged.get(section, {})
        if not isinstance(value, dict):
            merged[section] = value
        elif isinstance(under, dict):
            merged[section] = {**under, **value}
    return merged


def _in_plain(error: str) -> str:
    """Say what msgspec says as the other faults are said: of a setting, by its name."""
    what, _, place = error.partition(" - at `$.")
    if not place:
        return f"settings: {error}"
    setting = f"`{place.removesuffix('`').replace('[...]', '')}`"
    if bound := _BOUND.fullmatch(what):
        return f"{setting} must be {_BOUNDS[bound[1]]} {bound[2]}"
    return f"{setting}: {what}"


def _in_place(message: str, told: Tables, file: Path) -> str:
    """Say in which variable what a message names is to be corrected, else in which file."""
    for setting in _SETTING.findall(message):
        section, _, name = setting.partition(".")
        value = told.get(section)
        if name in value if isinstance(value, dict) else value is not None:
            return f"{message}; correct it in `{variable_of(setting)}`"
    return f"{message}; correct it in `{file}`"

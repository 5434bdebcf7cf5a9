"""Settings from the environment: which variables there are, and what is written in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, get_args, get_origin

import msgspec
from msgspec import Struct

PREFIX = "LEGATO_"
FILE_VARIABLE = f"{PREFIX}SETTINGS"
"""Where the file of the settings is."""
Tables = dict[str, dict[str, Any] | Any]
"""Settings as a file has them: section -> setting -> value."""

_SERVICE_LINK = re.compile(
    r"_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)
_ADDRESS = re.compile(r"(tcp|udp|sctp)://")


class VariableError(ValueError):
    """A variable is none of Legato's, or cannot be read; the message says what to do."""


class Variable(Struct, frozen=True):
    """What a variable sets (`kafka.bootstrap`), and of what type that is."""

    setting: str
    kind: object


def read_variables(environ: Mapping[str, str], known: Mapping[str, Variable]) -> Tables:
    """Read all settings that the environment has; raises VariableError.

    What is a table or a list in the file is JSON here; empty, it says nothing. What Kubernetes
    tells of services that are called after Legato is left alone.
    """
    found: Tables = {}
    for name in sorted(filter(_is_ours, environ)):
        if name == FILE_VARIABLE or _is_service_link(name, environ[name]):
            continue
        if name not in known:
            raise VariableError(_unknown(name, known))
        section, _, setting = known[name].setting.rpartition(".")
        value = _read(name, environ[name], known[name].kind)
        if value is not None:
            (found.setdefault(section, {}) if section else found)[setting] = value
    return found


def _is_ours(name: str) -> bool:
    return name.startswith(PREFIX)


def _is_service_link(name: str, value: str) -> bool:
    """Is it what a pod is told of each service of its namespace?"""
    if name.endswith("_PORT") and _ADDRESS.match(value):
        return True
    return _SERVICE_LINK.search(name) is not None


def _unknown(name: str, known: Mapping[str, Variable]) -> str:
    near = get_close_matches(
        name.removeprefix(PREFIX), [each[len(PREFIX) :] for each in known], 1
    )
    mend = f"write `{PREFIX}{near[0]}`" if near else "see `legato init` for those there are"
    return f"`{name}` is no setting; {mend}, or take it away"


def _read(name: str, text: str, kind: object) -> Any:  # noqa: ANN401 - whatever JSON says
    """Read one variable; None if it says nothing."""
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) is dict:
        return _json(
            name, text or "{}", dict[str, Any], 'object; write it such as `{"0": "..."}`'
        )
    if get_origin(kind) is tuple:
        return (
            _json(name, text, list[Any], 'list; write it such as `["a", "b"]`')
            if text
            else None
        )
    return text


def _json(name: str, text: str, kind: type[Any], what: str) -> Any:  # noqa: ANN401
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, RecursionError):
        raise VariableError(f"`{name}` is no JSON {what}") from None

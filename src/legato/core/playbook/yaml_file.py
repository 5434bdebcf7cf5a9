"""YAML 1.2, as people mean it: `on` and `21:00` are texts, and a key stands once.

PyYAML reads 1.1, where they are a truth and a number, and lets the last of two equal keys win.
This is its loader with the core schema of YAML 1.2 (chapter 10.3), and `<<` as before.
"""

from __future__ import annotations

import math
import re
from collections.abc import Hashable
from typing import Any

import yaml
from yaml import CollectionEndEvent, CollectionStartEvent, MappingNode, ScalarNode

try:
    from yaml import CSafeLoader as AnyLoader
except ImportError:  # an installation without libyaml
    from yaml import SafeLoader as AnyLoader  # type: ignore[assignment]

DEPTH_MAX = 50
"""No playbook is nested half as deep, and what reads YAML goes down by calling itself."""
TAG = "tag:yaml.org,2002:"
MERGE = f"{TAG}merge"
_CORE = {
    f"{TAG}null": ("~|null|Null|NULL|", ["~", "n", "N", ""]),
    f"{TAG}bool": ("true|True|TRUE|false|False|FALSE", list("tTfF")),
    f"{TAG}int": ("[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    f"{TAG}float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
        r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    MERGE: ("<<", ["<"]),
}
"""Tag -> how such a scalar is written, and how it begins; all else is text."""


def read_yaml(text: bytes) -> object:
    """Read one document; raises ValueError with one sentence."""
    try:
        _check_depth(text)
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split()) or "nested too deeply") from None


def _check_depth(text: bytes) -> None:
    """Raise ValueError if a document nests deeper than DEPTH_MAX."""
    depth = 0
    for each in yaml.parse(text, AnyLoader):
        if isinstance(each, CollectionStartEvent):
            depth += 1
        elif isinstance(each, CollectionEndEvent):
            depth -= 1
        if depth > DEPTH_MAX:
            where = "" if each.start_mark is None else f" in line {each.start_mark.line + 1}"
            raise ValueError(
                f"it nests deeper than {DEPTH_MAX} levels{where}; write it flatter"
            )


class _Loader(AnyLoader):
    """Reads the core schema, and refuses what would be dropped or guessed."""

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Make a mapping of a node, each of whose keys stands once."""
        lines: dict[str, int] = {}
        for key, _ in node.value:
            if isinstance(key, ScalarNode) and key.tag != MERGE:
                line = key.start_mark.line + 1
                if first := lines.get(key.value):
                    where = f"in line {first} and line {line}"
                    raise ValueError(f"`{key.value}` stands twice, {where}; rename one")
                lines[key.value] = line
        return super().construct_mapping(node, deep)


def _int(_: AnyLoader, node: ScalarNode) -> int:
    text = node.value.lower()
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


def _float(_: AnyLoader, node: ScalarNode) -> float:
    number = float(re.sub(r"\.(?=inf|nan)", "", node.value.lower()))
    if not math.isfinite(number):
        line = node.start_mark.line + 1
        raise ValueError(f"`{node.value}` in line {line} is no number; write one that is")
    return number


_Loader.yaml_implicit_resolvers = {}
for _tag, (_written, _first) in _CORE.items():
    _Loader.add_implicit_resolver(_tag, re.compile(f"(?:{_written})\\Z"), _first)
_Loader.add_constructor(f"{TAG}int", _int)
_Loader.add_constructor(f"{TAG}float", _float)

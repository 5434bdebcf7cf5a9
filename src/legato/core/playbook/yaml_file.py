"""YAML 1.2, as people mean it: `on` and `21:00` are texts, and a key stands once.

PyYAML reads 1.1, where they are a truth and a number, and lets the last of two equal keys win.
This is its loader with the core schema of YAML 1.2 (chapter 10.3), and `<<` as before.

A file holds a playbook, and behind a line `---` it may hold `tests` of it, which the line does
not look at.
"""

from __future__ import annotations

import math
import re
from collections.abc import Hashable
from typing import Any

import yaml
from yaml import (
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingNode,
    Node,
    ScalarNode,
)

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


TESTS = "tests"
"""The one key of a document behind the playbook."""


NO_TESTS = f"a document behind `---` holds `{TESTS}`, and nothing else; take the rest out"
_QUOTE = "put a text that holds such signs between quotes"
_NO_KEY = "this is no key like those above it; let it begin where they do"
_PROBLEMS = {
    "cannot start any token": f"nothing begins with this sign; indent by spaces, and {_QUOTE}",
    "mapping values are not allowed": "a `: ` cannot stand here; put the text between quotes, "
    "or let the key begin where those above it do",
    "expected ',' or ']'": f"the list in `[` does not end; write `,` or `]`, and {_QUOTE}",
    "expected ',' or '}'": f"the keys in `{{` do not end; write `,` or `}}`, and {_QUOTE}",
    "expected node content": "a value must stand here; write one, or close the bracket",
    "expected the node content": "a value must stand here; write one, or close the bracket",
    "end of stream": "a quote is left open; close it where its text ends",
    "undefined alias": "nothing above has this name; write `&` and the name there, "
    "or leave out the `*`",
    "expected key": f"{_NO_KEY}, and {_QUOTE}",
    "expected <block end>": f"{_NO_KEY}, and {_QUOTE}",
    "expected '-' indicator": "the list above does not end; begin this with `- `, or indent it",
}
"""What the YAML reader says of a fault -> what there is to do."""


def yaml_problem(error: Exception) -> str:
    """Say what is wrong with a file that is no YAML, without its place."""
    problem = str(getattr(error, "problem", None) or "")
    for told, words in _PROBLEMS.items():
        if told in problem:
            return words
    if problem:
        return f"{problem}; correct the YAML"
    return " ".join(str(error).split()) or "it nests too deeply; write it flatter"


def read_yaml(text: bytes) -> object:
    """Read the first document; raises ValueError with one sentence, also for other tests."""
    try:
        _check_depth(text)
        first, *others = list(yaml.load_all(text, _Loader)) or [None]
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ValueError(f"{where}{yaml_problem(error)}") from None
    for other in others:
        if not holds_tests(other):
            raise ValueError(NO_TESTS)
    return first


def holds_tests(document: object) -> bool:
    """Is a document one of tests? An empty one is as well."""
    return document is None or (isinstance(document, dict) and [*document] == [TESTS])


def first_document(text: bytes) -> bytes:
    """Return the text of a playbook without the documents behind it."""
    if b"\n---" not in text:
        return text
    events = yaml.parse(text, _Loader)
    starts = [each.start_mark for each in events if isinstance(each, DocumentStartEvent)]
    second = starts[1] if starts[1:] else None
    return text if second is None else b"".join(text.splitlines(True)[: second.line])


def compose(text: bytes) -> list[Node]:
    """Read the documents as nodes, which know their places.

    Raises yaml.YAMLError, and ValueError if they nest too deeply.
    """
    _check_depth(text)
    return list(yaml.compose_all(text, _Loader))


def construct(node: Node) -> Any:  # noqa: ANN401 - whatever a document holds
    """Make values of a node; raises ValueError."""
    return _Loader(b"").construct_document(node)


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
    return read_number(node)


def read_number(node: ScalarNode) -> float:
    """Read a number; raises ValueError for one that is none."""
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

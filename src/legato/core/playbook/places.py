"""Where the parts of a file stand: lines and columns by the nodes of its YAML."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from msgspec import Struct
from yaml import MappingNode, Node, ScalarNode, SequenceNode

from legato.core.playbook.yaml_file import MERGE, TAG, read_number

Path: TypeAlias = tuple[str | int, ...]
"""Keys and numbers that lead from the root of a document to a part of it."""

MARKED = 3
"""Letters that a word must have to be looked for within a text."""


class PlaybookFault(Struct, frozen=True, order=True):
    """What is wrong with a file, and where: line and column count from 1."""

    line: int
    column: int
    message: str


class Places:
    """The nodes of one document, found by the path that leads to them."""

    def __init__(self, root: Node | None) -> None:
        self._root = root

    def value(self, path: Sequence[str | int], message: str) -> PlaybookFault:
        """Put a fault where a value stands, or what is nearest above it."""
        return _fault(self._way(path)[-1][1], message)

    def key(self, path: Sequence[str | int], message: str) -> PlaybookFault:
        """Put a fault where a key stands, or what is nearest above it."""
        return _fault(self._way(path)[-1][0], message)

    def word(
        self, path: Path, words: Iterable[str], message: str, column: int = 1
    ) -> tuple[Path, PlaybookFault]:
        """Put a fault where one of the words that it quotes stands below a path.

        It is a value (and `column` counts within it), else a key, else part of a text; of none
        that stands there, the entry has the fault. Return the path of the value, or the one
        given.
        """
        found = [*_scalars(self._way(path)[-1][1], path)]
        for word in words:
            for way, node, is_key in sorted(found, key=lambda each: each[2]):
                if node.value == word:
                    return (path if is_key else way), _within(node, column - 1, message)
        for word in words:
            for way, node, _ in found:
                if len(word) >= MARKED and word in node.value:
                    return way, _within(node, node.value.index(word), message)
        return path, self.key(path, message)

    def cut(self, path: Path) -> None:
        """Take a part out: what comes behind it in a list is found by its new number."""
        node = self._way(path[:-1])[-1][1]
        if isinstance(node, SequenceNode) and isinstance(path[-1], int):
            del node.value[path[-1]]

    def _way(self, path: Sequence[str | int]) -> list[tuple[Node | None, Node | None]]:
        """List the keys and values on the way, as far as it leads."""
        way = [(self._root, self._root)]
        for step in path:
            found = _step(way[-1][1], step)
            if found is None:
                break
            way.append(found)
        return way


def _step(node: Node | None, step: str | int) -> tuple[Node, Node] | None:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if isinstance(key, ScalarNode) and key.value == str(step):
                return key, value
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _scalars(node: Node | None, path: Path) -> Iterator[tuple[Path, ScalarNode, bool]]:
    """List what stands at and below a node, and whether it is a key."""
    if isinstance(node, ScalarNode):
        yield path, node, False
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            if isinstance(key, ScalarNode):
                yield path, key, True
                yield from _scalars(value, (*path, key.value))
    elif isinstance(node, SequenceNode):
        for number, value in enumerate(node.value):
            yield from _scalars(value, (*path, number))


def _fault(node: Node | None, message: str) -> PlaybookFault:
    if node is None:
        return PlaybookFault(1, 1, message)
    return PlaybookFault(node.start_mark.line + 1, node.start_mark.column + 1, message)


def _within(node: ScalarNode, at: int, message: str) -> PlaybookFault:
    """Point into a text of one line; of a longer one, to its beginning."""
    mark, quoted = node.start_mark, node.style in ("'", '"')
    if not at or node.end_mark.line != mark.line:
        return _fault(node, message)
    return PlaybookFault(mark.line + 1, mark.column + at + quoted + 1, message)


def mended(node: Node) -> list[PlaybookFault]:
    """Take out what cannot be made a value, such as a key that stands twice, and name it."""
    return [*_mend(node, set())]


def _mend(node: Node, seen: set[int]) -> Iterator[PlaybookFault]:
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, MappingNode):
        yield from _mend_keys(node)
    elif isinstance(node, ScalarNode) and node.tag == f"{TAG}float":
        yield from _mend_number(node)
    for child in _children(node):
        yield from _mend(child, seen)


def _mend_keys(node: MappingNode) -> Iterator[PlaybookFault]:
    lines: dict[str, int] = {}
    kept = []
    for key, value in node.value:
        plain = isinstance(key, ScalarNode) and key.tag != MERGE
        if plain and key.value in lines:
            first = lines[key.value]
            yield _fault(key, f"`{key.value}` stands twice, first in line {first}; rename one")
            continue
        if plain:
            lines[key.value] = key.start_mark.line + 1
        kept.append((key, value))
    node.value = kept


def _mend_number(node: ScalarNode) -> Iterator[PlaybookFault]:
    try:
        read_number(node)
    except ValueError:
        yield _fault(node, f"`{node.value}` is no number; write one that is")
        node.value = "1.0"


def _children(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [each for pair in node.value for each in pair]
    return node.value if isinstance(node, SequenceNode) else []


def cut_out(data: Any, path: Path) -> bool:  # noqa: ANN401 - whatever a document holds
    """Delete a part of a document; tell whether there was one."""
    *way, last = path
    for step in way:
        data = _below(data, step)
    if isinstance(data, dict) and (key := _key_of(data, last)) is not None:
        del data[key]
        return True
    if isinstance(data, list) and isinstance(last, int) and last < len(data):
        del data[last]
        return True
    return False


def _below(data: Any, step: str | int) -> Any:  # noqa: ANN401 - whatever a document holds
    if isinstance(data, dict):
        return data.get(_key_of(data, step))
    if isinstance(data, list) and isinstance(step, int) and step < len(data):
        return data[step]
    return None


def _key_of(data: dict[Hashable, Any], step: str | int) -> Hashable:
    """Find the key of a mapping that is written so; None if there is none."""
    return step if step in data else next((key for key in data if str(key) == str(step)), None)

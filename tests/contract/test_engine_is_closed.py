"""Whoever holds an engine asks it by its door: nobody reads or writes what is inside."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import legato

ROOT = Path(legato.__file__).parent
HOLDERS = {"engine", "_engine"}


def reached(tree: ast.AST) -> Iterator[str]:
    """Name what is private of something that is called an engine."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            holder = ast.unparse(node.value).rpartition(".")[2]
            if holder in HOLDERS and not node.attr.startswith("__"):
                yield ast.unparse(node)


def test_nobody_reaches_inside() -> None:
    assert {
        path.relative_to(ROOT).as_posix(): found
        for path in sorted(ROOT.rglob("*.py"))
        if (found := list(reached(ast.parse(path.read_text()))))
    } == {}


def test_reaching_inside_is_seen() -> None:
    tree = ast.parse("self.engine._store.load(x)\nengine._partition = 1\nengine.clock")
    assert list(reached(tree)) == ["engine._partition", "self.engine._store"]

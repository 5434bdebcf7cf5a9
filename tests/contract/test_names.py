"""A name says one thing: no two classes of Legato are called the same."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import legato

ROOT = Path(legato.__file__).parent


def test_no_two_classes_are_called_the_same() -> None:
    where = defaultdict(list)
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                where[node.name].append(path.relative_to(ROOT).as_posix())
    assert {name: places for name, places in where.items() if len(places) > 1} == {}

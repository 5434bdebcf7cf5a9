"""No call to librdkafka is trusted to return: docs/operations.md tells what then."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient

from tests.contract.compose import ROOT

RUNTIME = sorted((ROOT / "src" / "legato" / "runtime").rglob("*.py"))
TOUCHING_KAFKA = [path for path in RUNTIME if "confluent_kafka" in path.read_text()]
CLIENTS = {"Consumer": Consumer, "Producer": Producer, "AdminClient": AdminClient}
HELD_AS = {"consumer", "producer", "admin"}
ROW = re.compile(r"^\| (`.+?`) \| .+ \| \S.* \| \S.* \|$", re.MULTILINE)


def calls(tree: ast.AST) -> Iterator[str]:
    """Name the methods of clients that a file uses, and the clients that it makes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _holder(node.value) in HELD_AS:
            if any(hasattr(client, node.attr) for client in CLIENTS.values()):
                yield node.attr
        elif isinstance(node, ast.Call) and _holder(node.func) in CLIENTS:
            yield _holder(node.func)


def _holder(value: ast.expr) -> str:
    """What a client is called where it is held."""
    match value:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.lstrip("_")
        case _:
            return ""


def told() -> set[str]:
    page = (ROOT / "docs" / "operations.md").read_text()
    table = page.partition("## If a call never returns")[2].partition("\n## ")[0]
    return {name for row in ROW.findall(table) for name in re.findall(r"`(\w+)`", row)}


def test_the_table_names_every_call_and_no_other() -> None:
    used = {name for path in RUNTIME for name in calls(ast.parse(path.read_text()))}
    assert used == told()


@pytest.mark.parametrize("path", TOUCHING_KAFKA, ids=lambda path: path.stem)
def test_nobody_waits_for_a_future_without_a_deadline(path: Path) -> None:
    waits = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("result", "join")
        and not isinstance(node.func.value, ast.Constant)
    ]
    assert [node.lineno for node in waits if not node.args and not node.keywords] == []


def test_only_the_command_line_ends_the_process_by_force() -> None:
    found = [
        path.relative_to(ROOT / "src" / "legato").as_posix()
        for path in (ROOT / "src" / "legato").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "os._exit"
    ]
    assert found == ["cli/worker.py"]

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

LEGATO = ROOT / "src" / "legato"
RUNTIME = sorted((LEGATO / "runtime").rglob("*.py"))
TOUCHING_KAFKA = [path for path in RUNTIME if "confluent_kafka" in path.read_text()]
CLIENTS = {"Consumer": Consumer, "Producer": Producer, "AdminClient": AdminClient}
HELD_AS = {"consumer", "producer", "admin"}
ASKS = {
    "earliest": {"list_offsets", "list_topics"},
    "latest": {"list_offsets", "list_topics"},
    "decided": {"list_offsets", "list_topics"},
    "find_topics": {"list_topics"},
    "create": {"create_topics", "list_topics"},
}
"""What our own functions ask with the client that they are given."""
THREADS = {
    "producer": "the current producer, on a thread of its own",
    "consumer": "the consumer's thread",
    "restore": "the restorer's thread",
    "alias_consumer": "the threads that read aliases",
    "world_consumer": "the threads that read aliases",
    "ends": "the thread that asks each second where partitions end",
    "admin": "the start of a worker, before its event loop",
}
"""Who runs what is in a file of runtime/kafka."""
PROCESSES = {
    "`legato view redis`": ("serving/redis_view",),
    "`legato learn`": ("serving/learning",),
    "`legato shadow`": ("shadow",),
    "`legato api`": ("serving/api",),
    "`legato adapter run`": ("serving/adapters",),
    "`legato topics`": (
        "operations",
        "queries",
        "verification",
        "runtime/host/topic_commands.py",
    ),
}
"""Who calls what is in these places."""
ROW = re.compile(r"^\| (`.+?) \| (.+?) \| \S.*? \| \S.* \|$", re.MULTILINE)


def calls(tree: ast.AST) -> Iterator[str]:
    """Name the methods of clients that a file uses, and the clients that it makes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _holder(node.value) in HELD_AS:
            if any(hasattr(client, node.attr) for client in CLIENTS.values()):
                yield node.attr
        elif isinstance(node, ast.Call) and _holder(node.func) in CLIENTS:
            yield _holder(node.func)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield from ASKS.get(node.func.id, ())


def _holder(value: ast.expr) -> str:
    """What a client is called where it is held."""
    match value:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.lstrip("_")
        case _:
            return ""


def calls_of(*paths: Path) -> set[str]:
    """The calls of some files, but for those who know no client."""
    trees = [ast.parse(path.read_text()) for path in paths]
    return {name for tree in trees if _knows_kafka(tree) for name in calls(tree)}


def _knows_kafka(tree: ast.AST) -> bool:
    """Does a file import a client, or what asks with one?"""
    froms = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return any(name.startswith(("confluent_kafka", "legato.runtime.kafka")) for name in froms)


def rows(title: str) -> dict[str, set[str]]:
    """The rows under a title: in words who makes the calls, and which."""
    page = (ROOT / "docs" / "operations.md").read_text()
    table = re.split(r"\n##+ ", page.partition(f"# {title}\n")[2])[0]
    told: dict[str, set[str]] = {}
    for first, second in ROW.findall(table):
        names, who = (second, first) if first.startswith("`legato") else (first, second)
        told[who] = told.get(who, set()) | set(re.findall(r"`(\w+)`", names))
    return told


def test_the_table_names_every_call_and_no_other() -> None:
    told = rows("If a call never returns").values()
    assert calls_of(*RUNTIME) == set().union(*told)


@pytest.mark.parametrize(
    "file", sorted((LEGATO / "runtime" / "kafka").glob("*.py")), ids=lambda path: path.stem
)
def test_each_thread_stands_in_the_table_with_all_that_it_calls(file: Path) -> None:
    used = calls_of(file) - CLIENTS.keys()
    table = rows("If a call never returns")
    told = [
        names for who, names in table.items() if who.startswith(THREADS.get(file.stem, "-"))
    ]
    assert used - {"close"} <= set().union(*told)


@pytest.mark.parametrize("process", PROCESSES)
def test_so_does_each_process_beside_the_workers(process: str) -> None:
    places = [LEGATO / place for place in PROCESSES[process]]
    files = [path for place in places for path in (place, *place.rglob("*.py"))]
    (told,) = (names for who, names in rows("Beside the workers").items() if process in who)
    assert calls_of(*(path for path in files if path.is_file())) == told


@pytest.mark.parametrize("place", ["runtime/kafka", "runtime/host", "serving", "shadow"])
def test_what_librdkafka_says_goes_through_our_log_or_nowhere(place: str) -> None:
    """Else a broker that is away is a hundred lines a second, and none of them JSON."""
    loud = [
        f"{path.name}:{node.lineno}"
        for path in (LEGATO / place).rglob("*.py")
        if path.name != "topic_commands.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and _holder(node.func) in CLIENTS
        if not _is_quiet(node, path.read_text())
    ]
    assert loud == []


def _is_quiet(made: ast.Call, text: str) -> bool:
    logger = [ast.unparse(word.value) for word in made.keywords if word.arg == "logger"]
    if not logger:
        return '"log_level": 0' in text
    return logger[0].startswith("ClientLog(") or "self._log = ClientLog(" in text


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
        path.relative_to(LEGATO).as_posix()
        for path in LEGATO.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "os._exit"
    ]
    assert found == ["cli/leaving.py"]

"""The agent of examples/own_agent, installed as a user would, beside Legato's own."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest

from legato.cli.envelope import wall_clock
from legato.local import wait_until
from legato.wire.source.source import Source
from tests.integration.conftest import Kafka
from tests.integration.line_case import Case
from tests.integration.line_settings import line_settings

EXAMPLE = Path(__file__).parents[2] / "examples" / "own_agent"
FAUST = Path(sys.executable).with_name("faust")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder for PYTHONPATH in which the example is installed."""
    folder = tmp_path_factory.mktemp("site")
    metadata = folder / "own_agent-0.1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: own-agent\nVersion: 0.1.0\n"
    )
    (metadata / "entry_points.txt").write_text(_entry_points())
    (folder / "own_agent.py").write_text((EXAMPLE / "own_agent.py").read_text())
    return str(folder)


def _entry_points() -> str:
    """What installing writes of the example's own pyproject.toml."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    groups = project["entry-points"].items()
    return "".join(
        f"[{group}]\n" + "".join(f"{name} = {place}\n" for name, place in found.items())
        for group, found in groups
    )


def test_faust_lists_every_room_and_the_users_own_agent(installed: str) -> None:
    listed = subprocess.run(
        [str(FAUST), "-A", "legato.app", "agents"],
        env={**os.environ, "PYTHONPATH": installed, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    for agent in ("@identify", "@follow", "@announce"):
        assert agent in listed


def test_it_hears_of_an_action(
    kafka: Kafka, topic_prefix: str, tmp_path: Path, installed: str
) -> None:
    source = Source(name="web", topics=(f"{topic_prefix}web",))
    case = Case(line_settings(kafka.bootstrap, topic_prefix, [source]), tmp_path)
    topic, now = case.create("web", 1), wall_clock()
    with case.worker(PYTHONPATH=installed) as worker:
        for kind, channel, at in (
            ("cart.item_added", "web", now - 600_000),
            ("store.visited", "store", now),
        ):
            case.put(topic, _event(kind, channel, at))
        case.producer.flush(30)
        wait_until(
            lambda: "brief_store to store" in worker.said,
            "the agent to announce it",
            deadline_s=120,
        )
        assert worker.stop() == 0


def _event(kind: str, channel: str, at: int) -> bytes:
    return msgspec.json.encode(
        {
            "id": f"{kind}-{at}",
            "type": kind,
            "channel": channel,
            "time": at,
            "identifiers": {"loyalty_id": "42"},
            "data": {"sku": "SHOE-42", "price": 89},
        }
    )

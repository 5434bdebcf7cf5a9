"""The pods of the Helm chart, run as they are rendered: what they are told is enough."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from legato.local import free_port, wait_until
from legato.local.ports import is_free
from legato.settings import Settings
from tests.contract.helm import Manifest, render
from tests.contract.pods import alone, named
from tests.integration.conftest import Kafka
from tests.integration.legato_command import Legato
from tests.integration.node import Node

EVENT = {"id": "1", "type": "page.viewed", "channel": "web", "time": "2026-03-02T09:00:00Z"}
KIM = {"identifiers": {"loyalty_id": "42"}}


@pytest.fixture
def secrets(redis_url: str, tmp_path: Path) -> dict[str, dict[str, str]]:
    """What the operator made: a pepper, the URL of Redis, and the keys of the API."""
    file = tmp_path / "keys.json"
    words = ("keys", "create", "the shop", "--scope", "admin", "--file", str(file))
    made = Legato(Settings(), tmp_path)(*words)
    assert made.code == 0, made.err
    return {
        "legato-pepper": {"pepper": "a pepper"},
        "redis": {"url": redis_url},
        "legato-api-keys": {"keys.json": file.read_text()},
        "of the shop": {"key": made.out.strip()},
    }


@pytest.fixture
def values(real_kafka: Kafka, topic_prefix: str) -> dict[str, Any]:
    """A shop of its own on the Kafka and the Redis of the run, on free ports."""
    return {
        "settings": {
            "kafka": {
                "bootstrap": real_kafka.bootstrap,
                "prefix": topic_prefix,
                "partitions": 4,
                "replication": 1,
                "min_replication": 1,
                "create_topics": False,
            },
            "worker": {"group": f"{topic_prefix}worker"},
            "view": {"group": f"{topic_prefix}view", "port": free_port()},
            "redis": {"prefix": topic_prefix},
            "api": {"port": free_port(), "metrics_port": free_port()},
            "adapters": {"log": {"channels": ["store"], "port": free_port()}},
        },
        "secrets": {"redisUrl": {"existingSecret": "redis"}},
        "api": {"enabled": True},
        "adapters": {"log": {}},
        "topics": {"create": True},
    }


def on_port(values: dict[str, Any], port: int) -> list[Manifest]:
    """Render it with workers on another port: here they have no address of their own each."""
    settings = {**values["settings"], "metrics": {"port": port}}
    return render({**values, "settings": settings})


@pytest.fixture
def shop(
    values: dict[str, Any], secrets: dict[str, dict[str, str]], tmp_path: Path
) -> tuple[Node, Node]:
    """Two nodes, on each of which a worker has the port to itself; the topics are made."""
    first, second = (
        Node(on_port(values, free_port()), secrets, tmp_path / name) for name in ("a", "b")
    )
    for once in alone(first.manifests):
        told = first.once(once)
        assert told.returncode == 0, told.stderr
    return first, second


def test_an_event_goes_through_the_pods_of_the_chart(
    shop: tuple[Node, Node], secrets: dict[str, dict[str, str]]
) -> None:
    first, second = shop
    worker, api = named(first.manifests, "-worker"), named(first.manifests, "-api")
    with (
        first.running(worker, 0) as one,
        second.running(named(second.manifests, "-worker"), 1) as two,
        first.running(named(first.manifests, "-view")) as view,
        first.running(api) as web,
        first.running(named(first.manifests, "-log")) as adapter,
        client(api.ports["http"], secrets) as caller,
    ):
        for pod in (one, two, view, web, adapter):
            pod.wait_ready()
        assert caller.post("/v1/events", json=EVENT | KIM).status_code == 202
        wait_until(lambda: is_known(caller), "the customer to be known")

        two.child.send(signal.SIGTERM)
        assert two.child.exited.wait(30), "it was not gone within the grace of its pod"
        assert two.child.returncode == 0, two.child.last_words()


def client(port: int, secrets: dict[str, dict[str, str]]) -> httpx.Client:
    key = secrets["of the shop"]["key"]
    header = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=header, timeout=15)


def is_known(shop: httpx.Client) -> bool:
    return shop.get("/v1/customers/loyalty_id/42").status_code == 200


def test_a_pod_of_two_workers_is_ready_when_both_are(
    values: dict[str, Any], secrets: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    port = wait_until(two_ports, "two ports")
    told = {**values, "workers": {"processes": 2, "replicas": 1}}
    node = Node(on_port(told, port), secrets, tmp_path)
    make, _ = alone(node.manifests)
    assert node.once(make).returncode == 0
    with node.running(named(node.manifests, "-worker")) as pod:
        pod.wait_ready()
        for each in (port, port + 1):
            assert httpx.get(f"http://127.0.0.1:{each}/readyz").status_code == 200


def two_ports() -> int:
    """Find a free port that has a free one behind it; 0 if the one found has none."""
    port = free_port()
    return port if is_free(port + 1) else 0

"""Worker, view, adapter and Prometheus as docker-compose.yml runs them, and what it knows."""

from __future__ import annotations

import shutil
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from legato import settings as of
from legato.local import wait_until
from legato.settings import Settings
from tests.contract.compose import ROOT, services
from tests.integration.conftest import Kafka
from tests.integration.legato_command import LEGATO, Legato
from tests.integration.on_this_machine import Elsewhere, ports, program, running

SENT = ("cart.item_added", "--as", "loyalty:42", "--channel", "web", "sku=SHOE-42", "price=89")


class Prometheus:
    """The query API of the Prometheus of the stack."""

    def __init__(self, port: str) -> None:
        self._url = f"http://127.0.0.1:{port}/api/v1"

    def ask(self, query: str) -> dict[str, float]:
        """Evaluate an expression: each label set of the answer, as text, and its value."""
        found = self._get(f"query?{urllib.parse.urlencode({'query': query})}")["result"]
        return {str(each["metric"]): float(each["value"][1]) for each in found}

    def wait_for(self, query: str) -> float:
        """Wait until an expression has a positive value, and return the sum."""
        return wait_until(lambda: sum(self.ask(query).values()), query)

    def names(self) -> set[str]:
        """Name every metric that it has."""
        return set(self._get("label/__name__/values"))

    def rules(self) -> set[str]:
        """Name the alerts that it watches for."""
        groups = self._get("rules")["groups"]
        return {rule["name"] for group in groups for rule in group["rules"]}

    def _get(self, path: str) -> Any:  # noqa: ANN401 - each page has a shape of its own
        with urllib.request.urlopen(f"{self._url}/{path}") as answer:
            return msgspec.json.decode(answer.read())["data"]


@pytest.fixture
def here(real_kafka: Kafka, redis_url: str, tmp_path: Path) -> Elsewhere:
    return Elsewhere(
        {
            **ports("9464", "9480", "9483", "9090"),
            "kafka:9092": real_kafka.bootstrap,
            "redis://redis:6379/0": redis_url,
            "worker:": "127.0.0.1:",
            "view:": "127.0.0.1:",
            "adapter:": "127.0.0.1:",
            "${LEGATO_IDENTITY_PEPPER:-change-me}": "a pepper",
            "/etc/prometheus": str(tmp_path / "configuration"),
            "tsdb.path=/prometheus": f"tsdb.path={tmp_path / 'series'}",
        }
    )


@pytest.fixture
def own(topic_prefix: str, here: Elsewhere) -> dict[str, str]:
    """What keeps this test apart from others on the same Kafka and Redis."""
    return {
        "LEGATO_KAFKA_PREFIX": topic_prefix,
        "LEGATO_WORKER_GROUP": f"{topic_prefix}worker",
        "LEGATO_VIEW_GROUP": f"{topic_prefix}view",
        "LEGATO_REDIS_PREFIX": topic_prefix,
        "LEGATO_METRICS_PORT": here.word("9464"),
        "LEGATO_VIEW_PORT": here.word("9480"),
        "LEGATO_UNSUBSCRIBE_URL": "http://127.0.0.1/v1/unsubscribe/{token}",
        "LEGATO_UNSUBSCRIBE_SECRET": "a secret of thirty-two signs or so",
    }


@pytest.fixture
def prometheus(here: Elsewhere, own: dict[str, str], tmp_path: Path) -> Iterator[Prometheus]:
    """Start what the compose file starts, in its order."""
    _configure(here, tmp_path / "configuration")
    name, port = program("prometheus"), here.word("9090")
    command = [name, *here.words(services()["prometheus"]["command"])]
    command.append(f"--web.listen-address=127.0.0.1:{port}")
    with ExitStack() as stack:
        for service in ("worker", "view", "adapter"):
            words = [*LEGATO, *services()[service]["command"]]
            stack.enter_context(running(service, words, tmp_path, here, own))
        stack.enter_context(running("prometheus", command, tmp_path, here))
        yield Prometheus(port)


def _configure(here: Elsewhere, folder: Path) -> None:
    shutil.copytree(ROOT / "deploy" / "prometheus", folder)
    file = folder / "prometheus.yml"
    file.write_text(here.word(file.read_text()).replace("interval: 5s", "interval: 1s"))


def test_prometheus_sees_an_event_go_through(
    prometheus: Prometheus, real_kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    assert prometheus.wait_for('up{job="legato-worker"}') == 1
    assert prometheus.wait_for('up{job="legato-view"}') == 1
    assert prometheus.wait_for('up{job="legato-adapter"}') == 1
    settings = Settings(
        kafka=of.KafkaSettings(bootstrap=real_kafka.bootstrap, prefix=topic_prefix)
    )
    sent = Legato(settings, tmp_path)("send", *SENT)
    assert sent.code == 0, sent.err

    prometheus.wait_for('legato_events_total{channel="web"}')
    prometheus.wait_for("legato_view_contexts_written_total")
    assert prometheus.wait_for("legato_contexts") == 1
    assert prometheus.wait_for("legato_view_redis_up") == 1
    prometheus.wait_for("legato_checkpoint_seconds_count")

    assert "LegatoStalled" in prometheus.rules()
    assert prometheus.ask('ALERTS{alertstate="firing"}') == {}
    told = "".join(prometheus.ask('{__name__=~"legato_.+"}'))
    assert not [word for word in ("SHOE", "loyalty", "customer_id") if word in told]

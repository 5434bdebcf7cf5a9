"""Each service of docker-compose.yml comes up by its command, and says so by its check."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import redis

from legato.local import free_port
from tests.contract.compose import services
from tests.integration.on_this_machine import (
    Elsewhere,
    healthy,
    java,
    ports,
    program,
    running,
)


@pytest.fixture
def kafka_here(tmp_path: Path) -> Elsewhere:
    return Elsewhere(
        {
            **ports("19092", "9092", "9093"),
            "://:": "://127.0.0.1:",
            "kafka:": "127.0.0.1:",
            "/var/lib/kafka/data": str(tmp_path / "data"),
        }
    )


@pytest.mark.long
def test_kafka_runs_on_its_environment(kafka_here: Elsewhere, tmp_path: Path) -> None:
    properties = configured_as_the_image_does(kafka_here, tmp_path)
    told = dict(
        line.split("=", 1) for line in properties.read_text().split("\n") if "=" in line
    )
    assert told["process.roles"] == "broker,controller"
    assert told["auto.create.topics.enable"] == "false"
    assert told["transaction.state.log.min.isr"] == "1"
    assert not healthy("kafka", kafka_here)

    command = java().command("kafka.Kafka", str(properties))
    with running("kafka", command, tmp_path, kafka_here):
        assert healthy("kafka", kafka_here)


def configured_as_the_image_does(here: Elsewhere, folder: Path) -> Path:
    """Turn the environment into server.properties by the very class that the image runs."""
    for name in ("defaults", "mounted", "final"):
        (folder / name).mkdir()
    for name in ("server.properties", "log4j2.yaml", "tools-log4j2.yaml"):
        (folder / "defaults" / name).touch()
    setup = java().command("kafka.docker.KafkaDockerWrapper", "setup")
    setup += ["--default-configs-dir", str(folder / "defaults")]
    setup += ["--mounted-configs-dir", str(folder / "mounted")]
    setup += ["--final-configs-dir", str(folder / "final")]
    environment = here.environment("kafka")
    subprocess.run(setup, env=environment, check=True, capture_output=True)
    return folder / "final" / "server.properties"


def test_redis_runs_and_keeps_within_its_memory(tmp_path: Path) -> None:
    port = str(free_port())
    here = Elsewhere({"redis-cli ping": f"redis-cli -p {port} ping"})
    program("redis-cli")
    name, *options = services()["redis"]["command"]
    command = [program(name), *options, "--port", port, "--dir", str(tmp_path)]
    assert not healthy("redis", here)
    with (
        running("redis", command, tmp_path, here),
        redis.Redis(port=int(port), decode_responses=True) as client,
    ):
        settings = client.config_get("maxmemory*")
        assert settings["maxmemory"] == str(1 << 30)
        assert settings["maxmemory-policy"] == "noeviction"


class Health(BaseHTTPRequestHandler):
    """Answers as Grafana does where it is asked for its health."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def like_grafana() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Health) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_grafana_is_asked_for_its_health(like_grafana: int) -> None:
    """Grafana is no Debian package, so only its check is run, not Grafana."""
    assert healthy("grafana", Elsewhere({":3000": f":{like_grafana}"}))
    assert not healthy("grafana", Elsewhere({":3000": f":{free_port()}"}))

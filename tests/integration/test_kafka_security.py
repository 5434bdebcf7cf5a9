"""One way to say SASL and TLS reaches the clients of librdkafka and those of asyncio."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from legato.local import RealKafka, free_port, real_kafka_obstacle
from legato.settings import KafkaSettings, Settings
from tests.integration.actions import action, publish
from tests.integration.legato_command import Legato
from tests.integration.said import create_topics

WORD = "not-a-secret"
JAAS = "org.apache.kafka.common.security.plain.PlainLoginModule required"


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Legato]:
    """A Kafka whose second listener speaks TLS and asks for a name and a password."""
    if obstacle := real_kafka_obstacle():
        pytest.skip(f"needs a real Kafka: {obstacle}")
    store, certificate = _keys(tmp_path)
    with RealKafka.start(heap="512m") as kafka:
        inside = Settings(kafka=KafkaSettings(bootstrap=kafka.bootstrap))
        create_topics(inside)
        publish(inside, action("a"))
        address = f"127.0.0.1:{free_port()}"
        _open_listener(kafka.folder / "server.properties", address, store)
        kafka.restart()
        legato = Legato(Settings(kafka=KafkaSettings(bootstrap=address)), tmp_path)
        _write_settings(tmp_path, certificate)
        yield legato


def test_every_client_gets_in_with_the_properties_and_none_without(guarded: Legato) -> None:
    words = ("send", "page.viewed", "--as", "loyalty:42", "--channel", "web")
    sent = guarded(*words)
    assert sent.code == 0, sent.err
    assert "sent page.viewed" in sent.out
    assert guarded("dlq", "list").out == "no dead letters\n"
    with guarded.running("adapter", "log") as adapter:
        adapter.says("a@example.org")
    (guarded.folder / "legato.toml").unlink()
    assert guarded("dlq", "list").err.startswith("legato: no Kafka answers")


def _keys(folder: Path) -> tuple[Path, Path]:
    """Make a key for 127.0.0.1 with keytool, and its certificate as PEM."""
    store, certificate = folder / "broker.p12", folder / "broker.pem"
    key = ["-alias", "broker", "-keystore", str(store), "-storepass", WORD]
    made = ["-genkeypair", "-keyalg", "RSA", "-dname", "CN=broker", "-storetype", "PKCS12"]
    extensions = ["-ext", "san=ip:127.0.0.1", "-ext", "bc:c"]
    for words in ([*made, *extensions], ["-exportcert", "-rfc", "-file", str(certificate)]):
        subprocess.run(["keytool", *words, *key], check=True, capture_output=True)
    return store, certificate


def _open_listener(path: Path, address: str, store: Path) -> None:
    told = dict(line.split("=", 1) for line in path.read_text().splitlines())
    for name in ("listeners", "advertised.listeners"):
        told[name] += f",GUARDED://{address}"
    told["listener.security.protocol.map"] += ",GUARDED:SASL_SSL"
    told |= {
        "ssl.keystore.location": str(store),
        "ssl.keystore.password": WORD,
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.guarded.plain.sasl.jaas.config": f'{JAAS} user_legato="{WORD}";',
    }
    path.write_text("".join(f"{name}={value}\n" for name, value in told.items()))


def _write_settings(folder: Path, certificate: Path) -> None:
    properties = {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "legato",
        "sasl.password": WORD,
        "ssl.ca.location": str(certificate),
    }
    lines = "".join(f'"{name}" = "{value}"\n' for name, value in properties.items())
    (folder / "legato.toml").write_text(f"[kafka.properties]\n{lines}")

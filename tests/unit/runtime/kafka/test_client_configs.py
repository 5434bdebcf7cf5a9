"""SASL and TLS settings reach every client, each in the words that it knows."""

import ssl
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Producer

from legato.kafka import aiokafka_config, client_config
from legato.logs import ClientLog
from legato.runtime.kafka.client_configs import consumer_config, producer_config
from legato.settings import KafkaSettings, Settings, SettingsError, WorkerSettings


def settings(**properties: str) -> Settings:
    dotted = {name.replace("__", "."): value for name, value in properties.items()}
    return Settings(kafka=KafkaSettings(bootstrap="kafka:9092", properties=dotted))


SASL = {
    "security__protocol": "SASL_PLAINTEXT",
    "sasl__mechanism": "SCRAM-SHA-512",
    "sasl__username": "legato",
    "sasl__password": "word",
    "queue__buffering__max__ms": "5",
}


def test_librdkafka_gets_the_properties_as_they_are_and_what_a_client_adds() -> None:
    config = client_config(settings(**SASL), **{"group.id": "g", "sasl.username": "other"})
    assert config == {
        "bootstrap.servers": "kafka:9092",
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "other",
        "sasl.password": "word",
        "queue.buffering.max.ms": "5",
        "group.id": "g",
    }


def test_aiokafka_gets_the_security_and_not_the_tuning() -> None:
    assert aiokafka_config(settings(**SASL)) == {
        "bootstrap_servers": "kafka:9092",
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "legato",
        "sasl_plain_password": "word",
    }


def test_without_properties_the_connection_is_plain() -> None:
    assert aiokafka_config(Settings())["security_protocol"] == "PLAINTEXT"


def test_tls_is_a_context_that_checks_certificate_and_name() -> None:
    context = aiokafka_config(settings(security__protocol="ssl"))["ssl_context"]
    assert isinstance(context, ssl.SSLContext)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize(
    ("name", "value", "verify", "hostname"),
    [
        ("ssl.endpoint.identification.algorithm", "none", ssl.CERT_REQUIRED, False),
        ("enable.ssl.certificate.verification", "false", ssl.CERT_NONE, False),
    ],
)
def test_checks_are_left_out_only_where_the_settings_say_so(
    name: str, value: str, verify: ssl.VerifyMode, hostname: bool
) -> None:
    kafka = KafkaSettings(properties={"security.protocol": "SSL", name: value})
    context = aiokafka_config(Settings(kafka=kafka))["ssl_context"]
    assert (context.verify_mode, context.check_hostname) == (verify, hostname)


def test_a_security_property_without_equal_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"`sasl\.oauthbearer\.method`"):
        aiokafka_config(settings(sasl__oauthbearer__method="oidc"))


def test_a_missing_certificate_is_told(tmp_path: Path) -> None:
    asked = settings(security__protocol="SSL", ssl__ca__location=str(tmp_path / "none.pem"))
    with pytest.raises(SettingsError, match="TLS files"):
        aiokafka_config(asked)


def test_settings_read_properties_from_toml() -> None:
    text = b'[kafka.properties]\n"security.protocol" = "SASL_SSL"\n'
    read = msgspec.convert(msgspec.toml.decode(text), Settings)
    assert client_config(read)["security.protocol"] == "SASL_SSL"


def test_how_a_worker_fetches_may_be_set_but_not_what_it_commits() -> None:
    told = {"fetch.wait.max.ms": "5", "enable.auto.commit": "true", "group.id": "other"}
    config = consumer_config(Settings(kafka=KafkaSettings(properties=told)), 0)
    assert (config["fetch.wait.max.ms"], config["fetch.min.bytes"]) == ("5", 64 << 10)
    assert config["group.id"] == Settings().worker.group


def test_no_request_of_a_producer_outlasts_its_transaction() -> None:
    """Else librdkafka would not make one."""
    for timeout_ms in (1_000, 3_000, 10_000, 60_000):
        worker = WorkerSettings(transaction_timeout_ms=timeout_ms)
        config = producer_config(Settings(KafkaSettings(bootstrap="127.0.0.1:1"), worker), 0)
        assert config["socket.timeout.ms"] <= timeout_ms
        Producer(config, logger=ClientLog("producer"))

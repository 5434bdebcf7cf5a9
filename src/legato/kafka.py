"""How every client reaches Kafka: one reading of `[kafka]`, for librdkafka and for aiokafka."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

from legato.settings import Settings, SettingsError

_SAME_IN_AIOKAFKA = {
    "client.id": "client_id",
    "security.protocol": "security_protocol",
    "sasl.mechanism": "sasl_mechanism",
    "sasl.mechanisms": "sasl_mechanism",
    "sasl.username": "sasl_plain_username",
    "sasl.password": "sasl_plain_password",
    "sasl.kerberos.service.name": "sasl_kerberos_service_name",
}
_IN_SSL_CONTEXT = frozenset(
    (
        "ssl.ca.location",
        "ssl.ca.pem",
        "ssl.certificate.location",
        "ssl.key.location",
        "ssl.key.password",
        "ssl.endpoint.identification.algorithm",
        "enable.ssl.certificate.verification",
    )
)
_GUARDED = ("ssl.", "sasl.", "enable.sasl.", "enable.ssl.")


def client_config(settings: Settings, **more: object) -> dict[str, Any]:
    """Configure a confluent-kafka client: `[kafka]` of the settings, then `more`."""
    return {
        "bootstrap.servers": settings.kafka.bootstrap,
        **settings.kafka.properties,
        **more,
    }


def aiokafka_config(settings: Settings) -> dict[str, Any]:
    """Configure an aiokafka client with the same bootstrap and the same security.

    Tuning that only librdkafka knows is left out. Raises SettingsError for a security property
    that has no equal in aiokafka, rather than connect with less protection than was asked for.
    """
    properties = settings.kafka.properties
    config: dict[str, Any] = {"bootstrap_servers": settings.kafka.bootstrap}
    for name, value in properties.items():
        if name in _SAME_IN_AIOKAFKA:
            config[_SAME_IN_AIOKAFKA[name]] = value
        elif name.startswith(_GUARDED) and name not in _IN_SSL_CONTEXT:
            raise SettingsError(
                f"`kafka.properties` has `{name}`, which the asyncio clients cannot follow; "
                "take it out, or run only the worker with it"
            )
    protocol = config["security_protocol"] = config.get(
        "security_protocol", "PLAINTEXT"
    ).upper()
    if protocol.endswith("SSL"):
        config["ssl_context"] = _ssl_context(properties)
    return config


def _ssl_context(properties: Mapping[str, str]) -> ssl.SSLContext:
    """Build what librdkafka builds from the same properties; raises SettingsError."""
    try:
        context = ssl.create_default_context(
            cafile=properties.get("ssl.ca.location"), cadata=properties.get("ssl.ca.pem")
        )
        if certificate := properties.get("ssl.certificate.location"):
            context.load_cert_chain(
                certificate,
                properties.get("ssl.key.location"),
                properties.get("ssl.key.password"),
            )
    except OSError as error:
        raise SettingsError(
            f"`kafka.properties` names TLS files not fit to use: {error}"
        ) from None
    if properties.get("ssl.endpoint.identification.algorithm", "https").lower() == "none":
        context.check_hostname = False
    if properties.get("enable.ssl.certificate.verification", "true").lower() == "false":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context

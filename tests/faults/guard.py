"""A gate that asks for a name and a password, which may change."""

from __future__ import annotations

from confluent_kafka.admin import (
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

USER = "legato"
MODULE = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
GUARDED = {
    "listener.security.protocol.map": (
        "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,GATE:SASL_PLAINTEXT"
    ),
    "sasl.enabled.mechanisms": "SCRAM-SHA-256",
    "listener.name.gate.scram-sha-256.sasl.jaas.config": MODULE,
}


def login(password: str) -> dict[str, str]:
    """What a client needs to get in."""
    return {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-256",
        "sasl.username": USER,
        "sasl.password": password,
    }


def set_password(admin: AdminClient, password: str) -> None:
    """Let Kafka ask for this password from now on."""
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096)
    wish = UserScramCredentialUpsertion(USER, info, password.encode())
    for answer in admin.alter_user_scram_credentials([wish]).values():
        answer.result(30)

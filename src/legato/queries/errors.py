"""Why something that was asked cannot be done, in a sentence for a person."""

from __future__ import annotations

from typing import Self


class RequestError(Exception):
    """What was asked cannot be done; the message says why and what to do."""


class Unclear(RequestError):
    """What was asked cannot be read; the message says how to write it."""


class NotFound(RequestError):
    """Nothing is known of what was asked for; the message says where it was looked for."""


class KafkaAway(RequestError):
    """No broker answers; the message says where it was looked for."""

    @classmethod
    def at(cls, bootstrap: str) -> Self:
        """Say that nobody answers at an address."""
        return cls(
            f"no Kafka answers at `{bootstrap}`; start it, "
            "or correct `kafka.bootstrap` in the settings"
        )

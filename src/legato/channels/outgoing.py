"""What a translator is given and does, and the samples by which each of them shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec
from msgspec import Struct

from legato.adapter import Action, Failed, Result
from legato.channels.exchange import HttpAnswer, HttpRequest
from legato.core.values.outputs import Factors
from legato.core.values.time import HOUR, Instant

SAMPLE_TIME: Instant = 1_772_445_600_000
"""2026-03-02T10:00:00Z, the time of all samples."""


class Outgoing(Struct, frozen=True):
    """An action on its way: how its content says it by part, and what time it is.

    `written` is when the customer last wrote to us on its channel, as far as is known.
    """

    action: Action
    parts: Mapping[str, str]
    now: Instant
    written: Instant | None = None


class Translator(Protocol):
    """Writes what goes to a provider, and reads what comes back; it sends nothing."""

    def request(self, outgoing: Outgoing) -> HttpRequest | Failed:
        """Write the request for an action; `Failed` where there is none to write."""

    def result(self, answer: HttpAnswer) -> Result:
        """Read what the provider's answer means for the action."""


class ExchangeSample(Struct, frozen=True):
    """What becomes of an action under some options: a test, and what the documentation shows.

    `options` is TOML, as `[adapters.NAME.options]` has it; `shown` is the body that goes out,
    as JSON or a form. `answers` are what the provider may say, and what it means.
    """

    about: str
    options: str
    outgoing: Outgoing
    url: str
    shown: str
    headers: Mapping[str, str] = {}
    method: str = "POST"
    answers: tuple[tuple[HttpAnswer, Result], ...] = ()


def sample_action(channel: str, address: str, **changes: object) -> Action:
    """Make an action as the line tells it, for a sample."""
    action = Action(
        customer_id="1-9f2c7a1e0b4d5c6f7a8b9c0d",
        action_id="5d41402abc4b2a76",
        occurrence_id="b9719d911017c592",
        journey_id="7d793037a0760186",
        situation="cart_abandoned",
        action="cart_reminder",
        purpose="promotion",
        channel=channel,
        address=address,
        content_ref="cart_reminder",
        time=SAMPLE_TIME,
        not_before=SAMPLE_TIME,
        expires_at=SAMPLE_TIME + 4 * HOUR,
        factors=Factors(0.5, 1.0, 1.0, 1.0),
        language="en",
    )
    return msgspec.structs.replace(action, **changes)


def json_answer(status: int, body: str, **headers: str) -> HttpAnswer:
    """Write an answer as a provider documents it; `retry_after` is that header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpAnswer(status, named, body.encode(), received=SAMPLE_TIME)

"""Commands to those who own identifiers, and what they say came of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Self, TypeVar

from legato.core.identity.commands import Command
from legato.core.identity.events import IdentityOutput
from legato.core.values.ids import murmur2
from legato.operations.errors import OperationFailed
from legato.operations.sender import Sender
from legato.queries.topic_filter import topics_of
from legato.queries.topic_reader import TopicReader
from legato.settings import Settings
from legato.wire.topics.commands import write_command
from legato.wire.topics.identity import read_identity

T = TypeVar("T", bound=IdentityOutput)


class IdentityCommands:
    """Tells owners what to do, and waits for each answer `wait_s` at most."""

    def __init__(self, settings: Settings, wait_s: float) -> None:
        self._settings, self._wait_s = settings, wait_s
        self._reader = TopicReader(settings)
        topic = topics_of(settings).identity_events
        self._answers = self._reader.follow(topic.__eq__, from_start=False)

    def __enter__(self) -> Self:
        next(self._answers)  # from here on, nothing is missed
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    def tell(self, *commands: Command) -> None:
        """Send commands, in this order for each owner."""
        topic = topics_of(self._settings).customer_events
        with Sender(self._settings) as sender:
            homes = sender.partitions(topic)
            for command in commands:
                home = murmur2(command.to.encode()) % homes
                sender.send(topic, None, write_command(command), partition=home)

    def answer(self, kind: type[T], fits: Callable[[T], bool], instead: str) -> T:
        """Wait for what an owner says; raises OperationFailed, with what to do `instead`."""
        deadline = time.monotonic() + self._wait_s
        for record in self._answers:
            told = None if record is None else read_identity(record.value)
            if isinstance(told, kind) and fits(told):
                return told
            if time.monotonic() > deadline:
                break
        raise OperationFailed(
            f"no answer within {self._wait_s:g} s; is a worker running? {instead}"
        )

"""Plays the day: sends each event when its beat comes, whether or not the line keeps up."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import msgspec
from confluent_kafka import KafkaError, Message

from legato.core.values.time import HOUR, MINUTE, SECOND, Instant
from legato.demo.run.schedule import Schedule
from legato.demo.run.sending import FLUSH_S, open_producer
from legato.demo.run.stage import PARTITIONS
from legato.settings import Settings
from legato.simulation.world import Json

CLOSING = "till.closed"
AFTER_ALL: Instant = HOUR + MINUTE
"""So long after the last event the first reminder of every cart is due."""
PAUSE_S = 0.01
BATCH = 1_000

_encode = msgspec.json.Encoder().encode


class PlayFailed(RuntimeError):
    """An event could not be sent."""


class Player(threading.Thread):
    """Sends the day to a topic; `sent` and `time` tell how far it is."""

    def __init__(
        self, settings: Settings, topic: str, day: Sequence[Json], seconds: float
    ) -> None:
        super().__init__(name="player", daemon=True)
        self.sent = 0
        self.finished = threading.Event()
        self._topic, self._day = topic, day
        self._tempo = Schedule([event["received"] for event in day], seconds)
        self._rounds = 0
        self._over = threading.Event()
        self._error: KafkaError | None = None
        self._identify = settings.identity.identify
        self._producer = open_producer(settings, batch=BATCH)

    @property
    def time(self) -> Instant:
        """What time it is in town."""
        return self._day[max(self.sent - 1, 0)]["received"] if self._day else 0

    @property
    def closing(self) -> Instant:
        """The time up to which the tills, the last to speak, let time pass."""
        after = AFTER_ALL + self._rounds * SECOND
        return self._day[-1]["received"] + after if self._day else 0

    def run(self) -> None:
        """Play until the end, or until stopped; then the tills close."""
        begun = time.monotonic()
        while self.sent < len(self._day) and not self._over.is_set():
            self._send_up_to(self._tempo.due(time.monotonic() - begun))
            self._producer.poll(0)
            self._over.wait(PAUSE_S)
        if not self._over.is_set():
            self._producer.flush(FLUSH_S)
            self._close_tills()
            self.finished.set()

    def go_round(self) -> None:
        """Once finished, have all tills speak again: what is behind them has been followed."""
        self._rounds += 1
        self._close_tills()

    def _close_tills(self) -> None:
        """Have a till on each partition say that it closes: that carries time to `closing`."""
        for number in range(PARTITIONS):
            self._send(_closing(number, self._rounds, self.closing), number)
        self._producer.flush(FLUSH_S)

    def check(self) -> None:
        """Raise PlayFailed if something did not arrive."""
        if self._error is not None:
            raise PlayFailed(f"an event could not be sent: {self._error.str()}")

    def stop(self) -> None:
        """Play no more."""
        self._over.set()
        if self.ident is not None:
            self.join(FLUSH_S)

    def _send_up_to(self, count: int) -> None:
        for event in self._day[self.sent : count]:
            self._send(event)
            self.sent += 1

    def _send(self, event: Json, partition: int = -1) -> None:
        self._producer.produce(
            self._topic,
            _encode(event),
            self._key(event),
            partition,
            on_delivery=self._note,
            timestamp=event["received"],
        )

    def _key(self, event: Json) -> str:
        """Keep the events of an identifier together, without showing its value."""
        kind, value = next(iter(event["identifiers"].items()))
        return self._identify.name_of(kind, value)

    def _note(self, error: KafkaError | None, _: Message) -> None:
        self._error = self._error or error


def _closing(number: int, round_: int, at: Instant) -> Json:
    return {
        "id": f"closing-{number}-{round_}",
        "type": CLOSING,
        "channel": "store",
        "identifiers": {"device_id": f"till-{number}"},
        "time": at,
        "received": at,
    }

"""Notices of what changed, from the view to whoever listens: ids, never content.

A replica listens to Redis once, and hands each notice to the streams that it is for.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from contextlib import suppress

import msgspec
import redis.asyncio as redis
from msgspec import Struct
from redis.asyncio.client import PubSub
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as NoAnswer
from redis.retry import Retry

from legato.serving.redis_view.keys import Keys
from legato.settings import Settings

log = logging.getLogger(__name__)

STREAMS_MOST = 1_000
"""So many may listen to a replica."""
BEHIND_MOST = 100
"""A reader that has not taken so many notices is let go: it comes again, and fetches all."""
AGAIN_S = 1.0
DEAF_S = 4.0
"""A Redis from which nothing came for so long, not even an answer to a ping, is away."""


class Notice(Struct, frozen=True, gc=False):
    """What changed: a context, a decision or an action, of which customer, for which place."""

    kind: str
    id: str
    customer: str = ""
    revision: int = 0
    venue: str = ""
    queue: str = ""
    channel: str = ""


_read = msgspec.json.Decoder(list[Notice]).decode


GAP = Notice("gap", "")
"""Stands for all that may have been missed."""


class StreamTopic(Struct, frozen=True):
    """What a stream is about: a customer, a venue or a queue; on which channels, if not all."""

    customer: str = ""
    venue: str = ""
    queue: str = ""
    channels: tuple[str, ...] = ()

    def wants(self, notice: Notice) -> bool:
        """Is this notice for it?"""
        if self.channels and notice.channel and notice.channel not in self.channels:
            return False
        if self.customer:
            return notice.customer == self.customer
        if self.venue:
            return notice.venue == self.venue
        return notice.queue == self.queue


class Stream:
    """One reader: notices wait for it in `queue`; None says that it is let go.

    One that is `lasting` goes on after a gap: it is told `GAP`, and fetches all then.
    """

    def __init__(self, about: StreamTopic, lasting: bool) -> None:
        self.about, self.lasting = about, lasting
        self.queue: asyncio.Queue[Notice | None] = asyncio.Queue(BEHIND_MOST + 1)

    def offer(self, notice: Notice) -> bool:
        """Give it a notice; False if it is too far behind."""
        if self.queue.qsize() < BEHIND_MOST:
            self.queue.put_nowait(notice)
            return True
        return False

    def let_go(self) -> None:
        """Have it end, whatever it has not taken."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Notices:
    """Listens to Redis for as long as it runs, and hands on."""

    def __init__(self, settings: Settings) -> None:
        self.streams: set[Stream] = set()
        self.dropped = 0
        self._settings = settings.redis
        self._channel = Keys.of(settings).notices

    def open(self, about: StreamTopic, *, lasting: bool = False) -> Stream:
        """Begin a stream."""
        stream = Stream(about, lasting)
        self.streams.add(stream)
        return stream

    def close(self, stream: Stream) -> None:
        """End a stream."""
        self.streams.discard(stream)

    async def run(self) -> None:
        """Listen until cancelled; after a gap all are told so, or end, and so fetch anew."""
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as error:
                log.warning("redis tells no notices: %s; trying again", type(error).__name__)
            self._let_go(each for each in self.streams if not each.lasting)
            await asyncio.sleep(AGAIN_S)

    async def _listen(self) -> None:
        async with (
            redis.Redis.from_url(
                self._settings.url, socket_timeout=AGAIN_S * 2, retry=Retry(NoBackoff(), 0)
            ) as client,
            client.pubsub() as channel,
        ):
            await channel.subscribe(self._channel)
            self.tell_gap()
            await self._hear(channel)

    async def _hear(self, channel: PubSub) -> None:
        """Hand on what comes, until Redis answers no more; raises RedisError, OSError."""
        heard = time.monotonic()
        while time.monotonic() - heard < DEAF_S:
            message = await channel.get_message(timeout=AGAIN_S)
            if message is None:
                await channel.ping()
                continue
            heard = time.monotonic()
            if message["type"] == "message":
                self.hand_on(message["data"])
        raise NoAnswer(f"redis said nothing for {DEAF_S:g} s")

    def hand_on(self, told: bytes) -> None:
        """Give each notice to the streams it is for; let those go that are too far behind."""
        with suppress(msgspec.MsgspecError):
            self._give(_read(told))

    def _give(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            for stream in [each for each in self.streams if each.about.wants(notice)]:
                if not stream.offer(notice):
                    self.dropped += 1
                    self._end(stream)

    def tell_gap(self) -> None:
        """Say that notices may have been missed: who reads a stream fetches all."""
        ending = [each for each in self.streams if not (each.lasting and each.offer(GAP))]
        self._let_go(ending)

    def let_all_go(self) -> None:
        """End all streams: whoever read one comes again, and fetches all."""
        self._let_go(self.streams)

    def _let_go(self, streams: Iterable[Stream]) -> None:
        for stream in list(streams):
            self._end(stream)

    def _end(self, stream: Stream) -> None:
        self.streams.discard(stream)
        stream.let_go()

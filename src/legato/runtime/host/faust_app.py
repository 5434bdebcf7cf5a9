"""A Faust app that hosts the line: its agents and its life, but not its Kafka."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import tempfile
from pathlib import Path
from typing import Any, cast

import faust
from faust.app.base import BootStrategy
from faust.types import EventT
from mode import Service

from legato.runtime.host.agents import (
    BatchChannel,
    add_agents_of_users,
    add_follow,
    add_identify,
)
from legato.runtime.host.assembly import Parts, assemble, start_line
from legato.runtime.host.http import open_web
from legato.runtime.host.loop import Delivery, WorkerLoop
from legato.runtime.host.memory import share_one_heap
from legato.runtime.host.watchdog import Leave, Watchdog
from legato.runtime.kafka.admin import StartUp
from legato.runtime.machine.commands import Exit
from legato.runtime.machine.facts import Batch, PartitionEof
from legato.settings import Settings
from legato.wire.topics.names import Topics

QUIET = ("faust", "mode")
"""They tell each step of their services; what matters of it, the line tells itself."""


class WithoutKafka(BootStrategy):
    """Faust starts agents and services, and no client of its own."""

    enable_kafka = False


class LegatoApp(faust.App):
    """The app; `outputs` carries lists of what the line said, once that is committed."""

    BootStrategy = WithoutKafka
    logger = logging.getLogger("mode.legato")

    def __init__(
        self,
        settings: Settings,
        index: int = 0,
        parts: Parts | None = None,
        watchdog: Watchdog | None = None,
    ) -> None:
        super().__init__(
            settings.worker.group,
            broker=f"kafka://{settings.kafka.bootstrap}",
            store="memory://",
            web_enabled=False,
            topic_disable_leader=True,
            # Faust makes this folder though it keeps nothing there: not where people work.
            datadir=str(Path(tempfile.gettempdir()) / "legato-faust"),
        )
        self.legato, self.index, self.parts = settings, index, parts
        self.end = Exit(0)
        self.watchdog = watchdog
        self.line: WorkerLoop | None = None
        topics = Topics(settings.kafka.prefix)
        self._partition_topics = {topics.customer_events}
        sources = [name for source in settings.sources for name in source.topics]
        self.sources = BatchChannel(self, carries=" ".join(sources))
        self.followed = BatchChannel(self, carries=topics.customer_events)
        self.outputs = BatchChannel(self, carries=topics.situations)
        add_identify(self, self.sources, self.work)
        add_follow(self, self.followed, self.work)
        self.listened = add_agents_of_users(self) > 0

    async def work(self, fact: Batch | PartitionEof) -> None:
        """Work on what was delivered."""
        if self.line is not None:
            await self.line.take(fact)

    async def deliver(self, delivery: Delivery) -> None:
        """Take what was fetched to its processor, and what was said to who listens."""
        await self._processor_of(delivery).put(cast("EventT[Any]", delivery))

    def _processor_of(self, delivery: Delivery) -> BatchChannel:
        if isinstance(delivery, list):
            return self.outputs
        return self.followed if delivery.tp[0] in self._partition_topics else self.sources

    async def begin(self) -> None:
        """Start the line on this event loop."""
        if self.parts is None:
            self.parts = await asyncio.to_thread(
                assemble, self.legato, self.index, listened=self.listened
            )
        parts = self.parts
        self._partition_topics |= set(parts.plan.layout.trusted)
        # A collection walks all that lives; what stands now lives as long as we do.
        gc.freeze()
        gc.set_threshold(50_000, 50, 1_000)
        if self.watchdog is not None:
            self.watchdog.watch_loop()
        self.line = start_line(parts, self.deliver, self.watchdog)

    async def on_stop(self) -> None:
        """Commit what was done, and leave the group, while the agents still run."""
        if self.line is not None:
            self.end = await self.line.stop()
        await super().on_stop()

    async def on_started_init_extra_services(self) -> None:
        """Start the line when the agents stand."""
        await super().on_started_init_extra_services()
        self.flow_control.resume()
        await self.add_runtime_dependency(LineService(self))

    async def _wait_for_table_recovery_completed(self) -> bool:
        return False  # Faust owns no tables here


class LineService(Service):
    """The line as a part of the app; when it ends, the process does."""

    logger = logging.getLogger("mode.legato")

    def __init__(self, app: LegatoApp) -> None:
        super().__init__(beacon=app.beacon, loop=app.loop)
        self.app = app

    async def on_start(self) -> None:
        """Start it."""
        await self.app.begin()

    @Service.task
    async def _until_it_ends(self) -> None:
        if self.app.line is not None:
            await asyncio.shield(self.app.line.ended)
            if not self.app.should_stop:
                signal.raise_signal(signal.SIGTERM)


def run(settings: Settings, index: int, leave: Leave | None = None) -> Exit:
    """Run one worker until it is told to end, or cannot go on; returns how it ended.

    `leave` ends the process at once, for when something hangs; without it, whoever hosts the
    worker in a process of its own has to see to that.
    """
    share_one_heap()
    watchdog = None if leave is None else Watchdog(leave)
    app = LegatoApp(settings, index, watchdog=watchdog)
    if watchdog is not None:
        watchdog.start()
    start = StartUp() if watchdog is None else StartUp(watchdog.pulse.beat)
    try:
        with open_web(settings.metrics, index, lambda: app.line, start):
            app.parts = assemble(settings, index, listened=app.listened, start=start)
            return host(app)
    finally:
        if watchdog is not None:
            watchdog.rest()


def host(app: LegatoApp) -> Exit:
    """Run an app until it ends."""
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    worker = faust.Worker(
        app,
        quiet=True,
        override_logging=False,
        redirect_stdouts=False,
        loop=asyncio.new_event_loop(),
    )
    worker.spinner = None  # it writes to the terminal whatever `quiet` says
    try:
        worker.execute_from_commandline()
    except SystemExit as end:
        if end.code and not app.end.code:
            return Exit(1, "the worker ended in disorder; see its log")
    return app.end

"""The machine and its hands on one event loop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from confluent_kafka.admin import AdminClient

from legato.core.instant import SECOND, Instant, Span
from legato.core.output import Output
from legato.runtime.alias_feed import AliasFeed, Record
from legato.runtime.commands import (
    AskEnds,
    Command,
    Commit,
    Exit,
    Fetch,
    Forget,
    Halt,
    Note,
    Release,
    Renew,
    Restore,
    Warn,
)
from legato.runtime.cut import Cut
from legato.runtime.ends import latest, widened
from legato.runtime.facts import (
    Assigned,
    AtEnd,
    Batch,
    Broken,
    Committed,
    Ends,
    Fact,
    Lost,
    Revoked,
    Stop,
    Tick,
)
from legato.runtime.feed import Feed
from legato.runtime.hearsay import hear
from legato.runtime.machine import Machine
from legato.runtime.plan import Plan
from legato.runtime.producer import Transactions
from legato.runtime.restore import Restorer
from legato.runtime.totals import Totals
from legato.runtime.trouble import place_of, said_by

log = logging.getLogger("legato")
TICK_S = 0.01
CLOSE_S = 30.0
LOOK_EVERY: Span = 10 * SECOND
"""How often to see whether topics got more partitions."""

Delivery = Batch | AtEnd | list[Output]
Deliver = Callable[[Delivery], Awaitable[None]]
"""Takes what was fetched to the room that works on it, and what was said to who listens."""


def now_ms() -> Instant:
    """The time of day; here is where it comes in."""
    return time.time_ns() // 1_000_000


class Hands:
    """What the line works with, each made for this worker."""

    def __init__(
        self, machine: Machine, transactions: Transactions, admin: AdminClient, plan: Plan
    ) -> None:
        self.machine, self.transactions, self.admin = machine, transactions, admin
        self.plan = plan
        self.totals = Totals()
        self.commits = ThreadPoolExecutor(1, "legato-commit")
        self.questions = ThreadPoolExecutor(1, "legato-ask")


class Line:
    """Takes facts from all threads to the machine, and its commands to where they are done."""

    def __init__(self, hands: Hands, deliver: Deliver) -> None:
        self.ended: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()
        self.totals = hands.totals
        self.machine = hands.machine
        self._hands, self._deliver = hands, deliver
        self._loop = asyncio.get_running_loop()
        self._inbox: asyncio.Queue[Delivery] = asyncio.Queue()
        self._landed = asyncio.Event()
        self._cut: tuple[Cut, float] | None = None
        self._asking = False
        self._looked_at = now_ms()
        self._tasks: list[asyncio.Task[None]] = []
        self._feed: Feed | None = None
        self._restorer: Restorer | None = None
        self._aliases: AliasFeed | None = None

    @property
    def restored(self) -> int:
        """How many contexts were read to restore partitions."""
        return 0 if self._restorer is None else self._restorer.restored

    @property
    def aliases(self) -> int:
        """How many identifiers lead to another customer than their own."""
        return len(self._hands.plan.aliases)

    def start(self, feed: Feed, restorer: Restorer, aliases: AliasFeed) -> None:
        """Begin to work."""
        self._feed, self._restorer, self._aliases = feed, restorer, aliases
        aliases.follow(self.hear, lambda why: self.post(Broken(why)))
        feed.start()
        restorer.start()
        self._tasks = [asyncio.create_task(self._tick()), asyncio.create_task(self._pump())]

    def post(self, fact: Fact) -> None:
        """Tell the machine something; from any thread."""
        self._loop.call_soon_threadsafe(self._receive, fact)

    def hear(self, records: list[Record]) -> None:
        """Learn where identifiers lead; from any thread."""
        self._loop.call_soon_threadsafe(self._hear, records)

    def _hear(self, records: list[Record]) -> None:
        hear(self._hands.plan, self.machine.lanes, records)

    async def take(self, fact: Batch | AtEnd) -> None:
        """Work on what was delivered, in one go; afterwards others get their turn."""
        while self.machine.crowded:
            self._landed.clear()
            await self._landed.wait()
        self._handle(fact)
        if isinstance(fact, Batch) and self._feed is not None:
            self._feed.done()
        await asyncio.sleep(0)

    async def stop(self) -> Exit:
        """Commit what was done, leave the group, and say how it ended."""
        self._handle(Stop())
        try:
            ended = await asyncio.wait_for(asyncio.shield(self.ended), CLOSE_S)
        except TimeoutError:
            ended = Exit(1, f"the last checkpoint was not done within {CLOSE_S:g} s")
        await self._close()
        return ended

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for thread in (self._feed, self._restorer, self._aliases):
            if thread is not None and thread.is_alive():
                thread.close()
                await asyncio.to_thread(thread.join, CLOSE_S)
        self._hands.questions.shutdown(wait=False, cancel_futures=True)
        self._hands.commits.shutdown(wait=False, cancel_futures=True)

    async def _tick(self) -> None:
        restored = 0
        while True:
            await asyncio.sleep(TICK_S)
            if restored != self.restored:
                restored = self.restored
                self.machine.watch.progressed(now_ms())
            self._handle(Tick())

    async def _pump(self) -> None:
        while True:
            await self._deliver(await self._inbox.get())

    def _receive(self, fact: Fact) -> None:
        if isinstance(fact, Batch | AtEnd):
            self._inbox.put_nowait(fact)
            return
        if isinstance(fact, Assigned | Revoked | Lost) and fact.tps:
            self.totals.counts["rebalances",] += 1
        self._handle(fact)

    def _handle(self, fact: Fact) -> None:
        if self.ended.done():
            return
        try:
            for command in self.machine.handle(fact, now_ms()):
                self._do(command)
        except Exception as error:
            log.exception("the machine failed")
            self._end(Exit(1, f"the worker itself failed: {place_of(error)}; see its log"))

    def _do(self, command: Command) -> None:  # noqa: C901 - one arm a command
        feed, restorer = self._feed, self._restorer
        match command:
            case Commit(cut=cut):
                self._cut = cut, time.monotonic()
                self._run(lambda: self._hands.transactions.commit(cut))
            case Renew():
                self.totals.counts["producers",] += 1
                self._run(self._hands.transactions.renew)
            case AskEnds():
                self._ask(command)
            case Fetch() | Halt() if feed is not None:
                feed.tell(command)
            case Release(ticket=ticket) if feed is not None:
                feed.release(ticket)
            case Restore() | Forget() if restorer is not None:
                restorer.tell(command)
            case Note(sentence=sentence):
                log.info(sentence)
            case Warn(sentence=sentence):
                log.warning(sentence)
            case Exit():
                self._end(command)

    def _end(self, end: Exit) -> None:
        if not self.ended.done():
            self.ended.set_result(end)

    def _run(self, work: Callable[[], Fact]) -> None:
        """Have something done on the producer's own thread."""
        future = self._loop.run_in_executor(self._hands.commits, work)
        future.add_done_callback(self._settle)

    def _settle(self, future: asyncio.Future[Fact]) -> None:
        if future.cancelled():
            return
        error = future.exception()
        fact = future.result() if error is None else Broken(f"a commit: {said_by(error)}")
        cut, self._cut = self._cut, None
        if cut is not None:
            self._note(cut[0], time.monotonic() - cut[1], fact)
        self._handle(fact)
        self._landed.set()

    def _note(self, cut: Cut, seconds: float, fact: Fact) -> None:
        if not isinstance(fact, Committed):
            self.totals.counts["checkpoints_refused",] += 1
            return
        now = now_ms()
        self.totals.committed(cut.size, seconds)
        for share in cut.shares:
            self.totals.add(share.tally, now)
        if outputs := [output for share in cut.shares for output in share.outputs]:
            self._inbox.put_nowait(outputs)

    def _ask(self, question: AskEnds) -> None:
        if self._asking or not question.tps:
            return
        self._asking = True
        future = self._loop.run_in_executor(self._hands.questions, self._ends, question)
        future.add_done_callback(self._answer)

    def _ends(self, question: AskEnds) -> Ends:
        now, admin = now_ms(), self._hands.admin
        if now - self._looked_at >= LOOK_EVERY:
            self._looked_at = now
            if more := widened(admin, self._hands.plan.layout):
                log.warning("%s; nobody reads the new ones until the workers restart", more)
        return Ends(now, latest(admin, question.tps))

    def _answer(self, future: asyncio.Future[Ends]) -> None:
        self._asking = False
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            self._handle(future.result())
        else:
            log.warning("kafka did not say where partitions end: %s", said_by(error))

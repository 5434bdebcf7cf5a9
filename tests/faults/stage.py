"""A busy line under the eyes of the bench: its Kafka, its workers, its upstream."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

from confluent_kafka.admin import AdminClient

from legato.core.values.ids import murmur2
from legato.core.values.time import DAY, SECOND
from legato.local import KafkaCluster, wait_until
from tests.faults.ground import PREFIX, Ground, ground
from tests.faults.proxy import Proxy
from tests.faults.row import Setting
from tests.faults.signals import Span
from tests.faults.slot import LEGATO, Slot
from tests.faults.tale import DUE_IN, PARTITIONS, Act, closers, live_tale, probes, tale
from tests.faults.upstream import Upstream
from tests.faults.watch import Watch, look
from tests.faults.witness import Witness
from tests.integration.line_case import Case
from tests.integration.line_oracle import Oracle

READY_S, WARM_S, SETTLE_S, DONE_S = 60.0, 60.0, 120.0, 150.0
CLOCKS_S = 5.0
"""How long live clocks may need to come to the present, once all is followed."""
SEED = 20
Kept = TypeVar("Kept")


class Stage:
    """Everything that a fault may befall, and all that sees what comes of it."""

    def __init__(self, setting: Setting, folder: Path) -> None:
        self.setting, self.folder = setting, folder
        self.slots: list[Slot] = []
        self.span: Span | None = None
        self._ground: Ground | None = None
        self._stack = ExitStack()
        self._rounds = 0

    def __enter__(self) -> Stage:
        with ExitStack() as stack:
            self._ground = stack.enter_context(ground(self.setting, self.folder))
            stack.callback(self._abandon_slots)
            self.slots += [self._slot(number) for number in range(self.setting.workers)]
            self.watch = stack.enter_context(Watch(self.slots))
            wait_until(self.ready, "the workers to be ready", deadline_s=READY_S)
            contexts = self.case.topics.customer_contexts
            witness = Witness(self.cluster.bootstrap, contexts, PARTITIONS["till"])
            self.witness = stack.enter_context(witness)
            self.upstream = self._upstream()
            stack.callback(self.upstream.end)
            self._oracle = Oracle(self.case.settings)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def ground(self) -> Ground:
        """What it stands on."""
        assert self._ground is not None, "there is no line yet"
        return self._ground

    @property
    def cluster(self) -> KafkaCluster:
        """The brokers."""
        return self.ground.cluster

    @property
    def case(self) -> Case:
        """What can be read of the line."""
        return self.ground.case

    @property
    def admin(self) -> AdminClient:
        """Somebody who may do everything."""
        return self.case.admin

    @property
    def proxies(self) -> Sequence[Proxy]:
        """What workers go through to each broker."""
        return self.ground.proxies

    @property
    def environ(self) -> dict[str, str]:
        """What a worker of this line finds in its environment."""
        registry = self.ground.registry
        return {
            "LEGATO_SETTINGS": str(self.folder / "legato.toml"),
            "LEGATO_REGISTRY_URL": registry.url if registry else "",
            "FAULT_MARK": str(self.mark),
            "PYTHONPATH": os.pathsep.join(each for each in sys.path if each),
            **self.setting.environ,
        }

    @property
    def mark(self) -> Path:
        """The file that says to a worker at fault that it is time."""
        return self.folder / "it-is-time"

    @contextmanager
    def fault(self) -> Iterator[None]:
        """Note when the fault begins and when it has ended."""
        began = time.monotonic()
        yield
        ended = time.monotonic()
        self.span = Span(began, ended, ended, time.time() - ended)

    def keep(self, beside: AbstractContextManager[Kept]) -> Kept:
        """Keep something beside the line as long as the line lives."""
        return self._stack.enter_context(beside)

    def ready(self) -> bool:
        """Are all workers ready?"""
        return all(look(slot).ready == 200 for slot in self.slots)

    def probe(self) -> Probing:
        """Send events through every partition."""
        self._rounds += 1
        now = _now() if self.setting.live else self.upstream.told[-1].what.time
        told = probes(self._rounds, now, self._home_of)
        owners = [self._owner_of(act) for act in told.values()]
        self.upstream.tell(told.values())
        return Probing(self.witness, owners)

    def close(self) -> None:
        """Let upstream come to its end, and wait until the line is through with all of it."""
        self.upstream.end()
        ends = _now() + DUE_IN + CLOCKS_S * SECOND
        if not self.setting.live:
            latest = max(act.what.time for act in self.upstream.told)
            self.upstream.tell(closers(latest + 4 * DAY))
        self.upstream.settle(SETTLE_S)
        if self.upstream.refused:
            raise RuntimeError(f"upstream itself failed: {self.upstream.refused[:3]}")
        self.case.wait_until_done(DONE_S)
        if self.setting.live:
            wait_until(lambda: _now() > ends, "the last cart to be due")

    def leave(self) -> list[int]:
        """End all workers in order, and return their exit codes."""
        return [slot.leave() for slot in self.slots]

    def abandon(self) -> None:
        """End all that is still there at once, from another thread."""
        self._abandon_slots()
        for node in self._ground.cluster.nodes if self._ground else ():
            node.kill()

    def _abandon_slots(self) -> None:
        for slot in self.slots:
            slot.abandon()

    def _owner_of(self, act: Act) -> str:
        key = act.key.decode()
        return self._oracle.owner(key) if act.source == "web" else key

    def _home_of(self, act: Act) -> int:
        return murmur2(self._owner_of(act).encode()) % PARTITIONS["till"]

    def _slot(self, number: int) -> Slot:
        return Slot(number, self.folder, self.environ, self.setting.program or LEGATO)

    def _upstream(self) -> Upstream:
        setting = self.setting
        acts = live_tale() if setting.live else iter(tale(SEED, setting.events))
        return Upstream(self.cluster.bootstrap, PREFIX, acts, setting.per_second)


class Probing:
    """Events that were sent at one moment through every partition: did they come out?"""

    def __init__(self, witness: Witness, owners: Sequence[str]) -> None:
        self.owners = owners
        self._witness = witness

    def through(self) -> bool:
        """Did all come out?"""
        return len(self._witness.seen(self.owners)) == len(self.owners)

    def seen_at(self, within_s: float) -> float:
        """Wait until all came out, and say when the last one did; raises TimeoutError."""
        wait_until(self.through, "the line to go on in every partition", deadline_s=within_s)
        return max(self._witness.seen(self.owners))


def _now() -> int:
    return time.time_ns() // 1_000_000

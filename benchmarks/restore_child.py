"""A worker's restorer and rooms without the rest of it: restores all partitions, says how."""

from __future__ import annotations

import gc
import sys
import time
from queue import SimpleQueue
from resource import RUSAGE_SELF, getrusage

import msgspec
import psutil

from benchmarks.restore import PATIENCE_S, RestoreMeasure
from legato.runtime.host.assembly import assemble, task_of
from legato.runtime.host.memory import share_one_heap
from legato.runtime.kafka.client_configs import restore_config
from legato.runtime.kafka.restore import Restorer
from legato.runtime.machine.commands import Restore
from legato.runtime.machine.facts import Fact, Restored
from legato.runtime.machine.task import Task
from legato.runtime.processors.follow import FollowProcessor
from legato.settings import load


def main() -> None:
    """Restore, and print what it took as JSON."""
    share_one_heap()  # as a worker does first of all
    parts = assemble(load(), 0, listened=False)
    plan, topics = parts.plan, parts.plan.layout.topics
    tasks = [
        task_of(plan, (topics.customer_events, number))
        for number in range(plan.layout.partition_count)
    ]
    facts: SimpleQueue[Fact] = SimpleQueue()
    restorer = Restorer(
        restore_config(parts.settings, 0),
        parts.admin,
        topics.customer_contexts,
        post=facts.put,
    )
    gc.freeze()  # as a worker does before it begins
    gc.set_threshold(50_000, 50, 1_000)
    sys.stdout.buffer.write(msgspec.json.encode(restored(tasks, restorer, facts)))


def restored(tasks: list[Task], restorer: Restorer, facts: SimpleQueue[Fact]) -> RestoreMeasure:
    """Order all tasks restored, and open each as it is ready, as the machine would."""
    rss_before, cpu_before = rss(), cpu_s()
    start = fetched = time.perf_counter()
    restorer.start()
    for epoch, task in enumerate(tasks):
        restorer.tell(Restore(task.tps, task.partition, epoch))
    for _ in tasks:
        fact = facts.get(timeout=PATIENCE_S)
        if not isinstance(fact, Restored):
            raise TypeError(f"no restore but {fact}")
        fetched = time.perf_counter()
        tasks[fact.epoch].open(fact.offsets, fact.snapshots, (0, 0))
        del fact
    opened, cpu_after = time.perf_counter(), cpu_s()
    restorer.close()
    restorer.join()
    return RestoreMeasure(
        contexts=sum(map(held, tasks)),
        fetched_s=fetched - start,
        opened_s=opened - start,
        cpu_s=cpu_after - cpu_before,
        rss_before=rss_before,
        rss_after=rss(),
        rss_peak=getrusage(RUSAGE_SELF).ru_maxrss << 10,
    )


def held(task: Task) -> int:
    """Return how many contexts a task holds."""
    return len(task.processor.engine) if isinstance(task.processor, FollowProcessor) else 0


def rss() -> int:
    """Return the resident bytes of this process."""
    return int(psutil.Process().memory_info().rss)


def cpu_s() -> float:
    """Return the CPU time of this process until now."""
    return time.process_time()


if __name__ == "__main__":
    main()

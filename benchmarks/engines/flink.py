"""Apache Flink, its DataStream API in one local JVM."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from benchmarks.engines.engine import Engine, Job, Start
from benchmarks.engines.java import full_engine, run_full, run_java
from benchmarks.engines.watch import said

# Flink's own serialisers look into java.base; its launcher scripts open it the same way.
FLAGS = (
    "-Xmx1g",
    "-XX:+UseParallelGC",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
)


def flink(backend: str, parallelism: int, guarantee: str, *, stands: bool = False) -> Engine:
    """Return Flink in one configuration; each checkpoints once a second."""

    def start(job: Job) -> Start:
        main = "bench.flink.FlinkPeer"
        arguments = (backend, str(parallelism), guarantee)
        return Start(run_java("flink", main, FLAGS, *arguments))

    state = {"hashmap": "heap state", "rocksdb": "RocksDB"}[backend]
    return Engine(
        name="flink",
        config=f"2.1, {state}, parallelism {parallelism}, {guarantee}, timers",
        start=start,
        progress=said,
        follows=True,
        in_group=False,
        stands=stands,
    )


FLINKS = (
    flink("hashmap", 1, "exactly-once", stands=True),
    flink("hashmap", 1, "at-least-once", stands=True),
    flink("hashmap", 2, "exactly-once"),
    flink("hashmap", 2, "at-least-once"),
    flink("rocksdb", 2, "at-least-once"),
)

FULL_FLAGS = ("-Xmx2g", *FLAGS[1:])


class Tuning(msgspec.Struct, frozen=True):
    """What was tried of Flink by RULES-FULL.md; the best of it is what stands."""

    backend: str = "hashmap"
    parallelism: int = 1
    way: str = "chained"
    """Events are chained to their customers where one task has them all, else exchanged."""

    checkpoint_ms: int | None = 1_000
    lifetime: str = "ttl"
    settings: dict[str, str] = {}
    stands: bool = False

    def arguments(self) -> list[str]:
        """Return it as the peer reads it."""
        settings = {
            "state.backend.type": self.backend,
            "execution.checkpointing.incremental": str(self.backend == "rocksdb").lower(),
            **self.settings,
        }
        if self.checkpoint_ms is not None:
            settings["execution.checkpointing.interval"] = f"{self.checkpoint_ms} ms"
        told = [f"{name}={value}" for name, value in settings.items()]
        return [str(self.parallelism), self.way, self.lifetime, *told]

    def told(self) -> str:
        """Say what is special about it."""
        state = {"hashmap": "heap state", "rocksdb": "RocksDB"}[self.backend]
        checkpoint = "no checkpoints, so not durable"
        if self.checkpoint_ms is not None:
            checkpoint = f"checkpoint {self.checkpoint_ms / 1000:g} s"
        special = [
            f"{name.rpartition('.')[2]} {value}" for name, value in self.settings.items()
        ]
        ways = f"parallelism {self.parallelism}", self.way, self.lifetime
        return ", ".join(("2.1", state, *ways, checkpoint, *special))


def by_full_rules(tuning: Tuning) -> Engine:
    """Return Flink by RULES-FULL.md, exactly once."""
    start = run_full("flink", FULL_FLAGS, tuning.arguments())
    engine = full_engine("flink", "flink", tuning.told(), start)
    follows = tuning.checkpoint_ms is not None
    return replace(engine, follows=follows, in_group=False, stands=tuning.stands)


# The pace of Legato's checkpoints, and what Flink does unless it is told otherwise: none.
FLINKS_BY_FULL_RULES = tuple(
    map(
        by_full_rules,
        (
            Tuning(stands=True),
            Tuning(checkpoint_ms=None, stands=True),
            Tuning("rocksdb", stands=True),
            Tuning("rocksdb", checkpoint_ms=None, stands=True),
            Tuning(lifetime="kept"),
            Tuning(way="exchanged"),
            Tuning(parallelism=2, way="exchanged"),
            Tuning("rocksdb", parallelism=2, way="exchanged"),
            Tuning("rocksdb", settings={"taskmanager.memory.managed.size": "512m"}),
        ),
    )
)

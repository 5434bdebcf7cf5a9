"""Apache Flink, its DataStream API in one local JVM."""

from __future__ import annotations

from benchmarks.engines.engine import Engine, Job, Start
from benchmarks.engines.java import run_java
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
        stands=stands,
    )


FLINKS = (
    flink("hashmap", 1, "exactly-once", stands=True),
    flink("hashmap", 1, "at-least-once", stands=True),
    flink("hashmap", 2, "exactly-once"),
    flink("hashmap", 2, "at-least-once"),
    flink("rocksdb", 2, "at-least-once"),
)

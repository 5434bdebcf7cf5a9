"""Kafka Streams, its Processor API in one JVM."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from benchmarks.engines.engine import Engine, Job, Start
from benchmarks.engines.java import full_engine, run_full, run_java
from benchmarks.engines.watch import said

FLAGS = ("-Xmx1g", "-XX:+UseParallelGC")
FULL_FLAGS = ("-Xmx2g", "-XX:+UseParallelGC")
PLACES = {"memory": "in memory", "rocksdb": "RocksDB"}


class Tuning(msgspec.Struct, frozen=True):
    """How Kafka Streams is set up; of what was tried by RULES-FULL.md the best stands."""

    store: str = "memory"
    threads: int = 2
    commit_ms: int = 1_000
    decoded: int = 50_000
    """So many customers of each partition are kept as objects beside the store."""

    cache_mb: int = 64
    buffered: int = 10_000
    guarantee: str = "exactly_once_v2"
    stands: bool = False

    def settings(self) -> list[str]:
        """Return it in the words of Kafka Streams."""
        settings = {
            "processing.guarantee": self.guarantee,
            "num.stream.threads": self.threads,
            "commit.interval.ms": self.commit_ms,
            "statestore.cache.max.bytes": self.cache_mb << 20,
            "buffered.records.per.partition": self.buffered,
        }
        return [f"{name}={value}" for name, value in settings.items()]

    def told(self) -> str:
        """Say what is special about it."""
        commit = f"commit {self.commit_ms / 1000:g} s"
        usual = Tuning()
        tried = (
            (self.decoded != usual.decoded, f"decoded {self.decoded:,}"),
            (self.cache_mb != usual.cache_mb, f"cache {self.cache_mb} MB"),
            (self.buffered != usual.buffered, f"buffered {self.buffered:,}"),
        )
        special = [words for is_special, words in tried if is_special]
        return ", ".join(
            ("4.1", PLACES[self.store], f"threads {self.threads}", commit, *special)
        )


def kafka_streams(store: str, threads: int, guarantee: str, *, stands: bool = False) -> Engine:
    """Return Kafka Streams in one configuration; each commits once a second."""
    settings = Tuning(store, threads, guarantee=guarantee).settings()

    def start(job: Job) -> Start:
        main = "bench.kafkastreams.KafkaStreamsPeer"
        return Start(run_java("kafkastreams", main, FLAGS, store, *settings))

    return Engine(
        name="kafka-streams",
        config=f"4.1, {PLACES[store]}, threads {threads}, {guarantee}, due index",
        start=start,
        progress=said,
        follows=True,
        stands=stands,
    )


KAFKA_STREAMS = (
    kafka_streams("memory", 2, "exactly_once_v2", stands=True),
    kafka_streams("memory", 2, "at_least_once", stands=True),
    kafka_streams("memory", 1, "exactly_once_v2"),
    kafka_streams("memory", 1, "at_least_once"),
    kafka_streams("rocksdb", 2, "exactly_once_v2"),
    kafka_streams("rocksdb", 2, "at_least_once"),
)


def by_full_rules(tuning: Tuning) -> Engine:
    """Return Kafka Streams by RULES-FULL.md, exactly once."""
    arguments = (tuning.store, str(tuning.decoded), *tuning.settings())
    start = run_full("kafkastreams", FULL_FLAGS, arguments)
    engine = full_engine("kafka-streams", "kafkastreams", tuning.told(), start)
    return replace(engine, follows=True, stands=tuning.stands)


# The pace of Legato's checkpoints, and what Kafka Streams does unless it is told otherwise.
KAFKA_STREAMS_BY_FULL_RULES = tuple(
    map(
        by_full_rules,
        (
            Tuning(stands=True),
            Tuning(commit_ms=100, stands=True),
            Tuning("rocksdb", stands=True),
            Tuning("rocksdb", commit_ms=100, stands=True),
            Tuning(threads=1),
            Tuning(threads=4),
            Tuning(decoded=0),
            Tuning(cache_mb=10),
            Tuning(cache_mb=256),
            Tuning(buffered=1_000),
            Tuning("rocksdb", decoded=0),
        ),
    )
)

"""Kafka Streams, its Processor API in one JVM."""

from __future__ import annotations

from benchmarks.engines.engine import Engine, Job, Start
from benchmarks.engines.java import run_java
from benchmarks.engines.watch import said

FLAGS = ("-Xmx1g", "-XX:+UseParallelGC")


def kafka_streams(store: str, threads: int, guarantee: str, *, stands: bool = False) -> Engine:
    """Return Kafka Streams in one configuration; each commits once a second."""

    def start(job: Job) -> Start:
        main = "bench.kafkastreams.KafkaStreamsPeer"
        arguments = (store, str(threads), guarantee)
        return Start(run_java("kafkastreams", main, FLAGS, *arguments))

    where = {"memory": "in memory", "rocksdb": "RocksDB"}[store]
    return Engine(
        name="kafka-streams",
        config=f"4.1, {where}, threads {threads}, {guarantee}, due index",
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

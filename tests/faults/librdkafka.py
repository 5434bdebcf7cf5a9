"""Does this release of librdkafka still hang once a broker went? (decision 8)

    python -m tests.faults.librdkafka

Starts a Kafka, commits offsets in transactions, kills the broker for 15 s, brings it back, and
commits once more with the same producer. Exit code 0 if that returns, 1 if it hangs: then the
producers that are replaced before they hang, and left behind when they do, are needed still.
"""

from __future__ import annotations

import os
import sys
import threading
from time import monotonic
from typing import Any

import confluent_kafka
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from legato.local import RealKafka, wait_until

AWAY_S, HANGS_S, ANSWER_S = 15.0, 30.0, 10.0
TOPIC, GROUP = "offsets", "probe"


class Probe:
    """A member of a group, and a producer that commits for it."""

    def __init__(self, bootstrap: str) -> None:
        where: dict[str, Any] = {"bootstrap.servers": bootstrap, "log_level": 0}
        admin = AdminClient(where)
        admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(ANSWER_S)
        self._member = Consumer({**where, "group.id": GROUP, "enable.auto.commit": False})
        self._member.subscribe([TOPIC])
        self._producer = Producer({**where, "transactional.id": GROUP})
        self._producer.init_transactions(ANSWER_S)

    def joined(self) -> bool:
        """Has the group given the partition?"""
        self._member.poll(0.1)
        return bool(self._member.assignment())

    def commit(self) -> None:
        """Commit an offset in a transaction, or fail in whatever way, but return."""
        place = TopicPartition(TOPIC, 0, 1)
        try:
            self._producer.begin_transaction()
            self._producer.produce(TOPIC, b"v")
            self._producer.send_offsets_to_transaction(
                [place], self._member.consumer_group_metadata(), ANSWER_S
            )
            self._producer.commit_transaction(ANSWER_S)
        except KafkaException as error:
            sys.stderr.write(f"returned with: {error.args[0].str()}\n")

    def wait(self, seconds: float) -> None:
        """Let time pass as an idle process does."""
        until = monotonic() + seconds
        while monotonic() < until:
            self._producer.poll(0.1)
            self._member.poll(0.1)


def main() -> int:
    """Try it, and say what came of it."""
    with RealKafka.start(heap="512m") as kafka:
        probe = Probe(kafka.bootstrap)
        wait_until(probe.joined, "the group to give the partition")
        for _ in range(3):
            probe.commit()
        kafka.kill()
        probe.wait(AWAY_S)
        kafka.restart()
        probe.wait(3.0)
        call = threading.Thread(target=probe.commit, daemon=True)
        call.start()
        call.join(HANGS_S)
        hangs = call.is_alive()
    found = "hangs, so decision 8 is needed" if hangs else "returns, so decision 8 may go"
    release = f"confluent-kafka {confluent_kafka.version()}"
    sys.stdout.write(f"{release}: a producer that has outlived its broker {found}\n")
    return int(hangs)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # The call may hang still, and with it whoever waits for the client to be destroyed.
    os._exit(code)

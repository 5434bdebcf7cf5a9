"""Reads a topic on and on from given offsets, without a group, and leaves no trace."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from legato.kafka import client_config
from legato.logs import ClientLog
from legato.runtime.kafka.ends import decided
from legato.runtime.kafka.transient import is_transient
from legato.settings import Settings
from legato.shadow.start import Beat

log = logging.getLogger(__name__)
AT_ONCE = 2_000
TAKE_S = 0.1
_HOPELESS = (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.UNKNOWN_TOPIC_OR_PART)


class TopicFeed:
    """A consumer of all partitions of a topic; only the thread that made it may call it."""

    def __init__(
        self, settings: Settings, topic: str, starts: Mapping[int, int], beat: Beat
    ) -> None:
        self.topic, self._beat = topic, beat
        self.reached = dict(starts)
        """Of each partition the offset up to which all was taken."""
        self._admin = AdminClient(client_config(settings, **{"log_level": 0}))
        self._consumer = Consumer(_config(settings), logger=ClientLog("shadow"))
        self._consumer.assign([TopicPartition(topic, *start) for start in starts.items()])

    def messages(self) -> list[Message]:
        """Take what comes next, waiting a moment for it; raises KafkaException."""
        found: list[Message] = []
        for message in self._consumer.consume(AT_ONCE, TAKE_S):
            number, offset = message.partition() or 0, message.offset() or 0
            if message.error() is None:
                found.append(message)
                self.reached[number] = offset + 1
            elif _is_end(message):
                self.reached[number] = max(offset, self.reached[number])
        return found

    def ends(self) -> dict[int, int]:
        """Ask up to where all is decided now, and wait for an answer; raises KafkaException."""
        places = [(self.topic, number) for number in self.reached]
        while True:
            self._beat()
            try:
                found = decided(self._admin, places)
            except KafkaException as error:
                if not is_transient(error.args[0]):
                    raise
                time.sleep(TAKE_S)
            else:
                return {number: end for (_, number), end in found.items()}

    def lag(self) -> dict[int, int]:
        """Count what is to be taken of each partition, as far as the brokers told us."""
        behind: dict[int, int] = {}
        for number, reached in self.reached.items():
            place = TopicPartition(self.topic, number)
            _, high = self._consumer.get_watermark_offsets(place, cached=True)
            behind[number] = max(high - reached, 0)
        return behind

    def close(self) -> None:
        """Leave the brokers."""
        self._consumer.close()


def _config(settings: Settings) -> dict[str, object]:
    return client_config(
        settings,
        **{
            "group.id": "legato-shadow",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "fetch.queue.backoff.ms": 10,
            "fetch.wait.max.ms": 50,
            "fetch.message.max.bytes": 4 << 20,
        },
    )


def _is_end(message: Message) -> bool:
    """Is it the end of a partition? Raises what nobody can wait out."""
    error = message.error()
    if error is None or error.code() == KafkaError._PARTITION_EOF:
        return True
    if error.fatal() or error.code() in (*_HOPELESS, KafkaError._AUTO_OFFSET_RESET):
        raise KafkaException(error)
    log.warning("kafka says `%s`", error.str())
    return False

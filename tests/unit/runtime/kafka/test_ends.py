"""A broker that answers at all is not silent, whatever it answers."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError

from legato.runtime.kafka.ends import told_by
from legato.runtime.machine.facts import EndOffsets, KafkaSilent


@pytest.mark.parametrize(
    "code",
    [KafkaError.FENCED_LEADER_EPOCH, KafkaError.NOT_LEADER_FOR_PARTITION],
)
def test_a_broker_that_tells_where_it_stands_has_answered(code: int) -> None:
    assert told_by(KafkaError(code), 7, 1_000) == EndOffsets(1_000, {}, {}, 7)


@pytest.mark.parametrize(
    "code",
    [KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError.TOPIC_AUTHORIZATION_FAILED],
)
def test_what_our_client_says_of_it_and_what_will_not_pass_is_no_answer(code: int) -> None:
    error = KafkaError(code)
    assert told_by(error, 7, 1_000) == KafkaSilent(error.str(), 7)

"""What a restore keeps of the records of a changelog."""

from __future__ import annotations

from confluent_kafka import Message

from legato.runtime.kafka.polled import Record
from legato.runtime.kafka.restore import RestoreJob
from legato.runtime.machine.commands import Restore


def _record(key: str, value: bytes | None) -> Record:
    return Message(key=key.encode(), value=value)


def test_the_last_value_of_a_key_wins_and_the_erased_are_gone() -> None:
    job = RestoreJob(Restore((), 0, 1))
    job.load([_record("ada", b"1"), _record("bob", b"1"), _record("eve", None)])
    job.load([_record("bob", None), _record("ada", b"2"), _record("eve", b"1")])
    assert job.ready().snapshots == {"ada": b"2", "eve": b"1"}
    job.load([_record("ada", None), _record("ada", b"3"), _record("eve", None)])
    assert job.ready().snapshots == {"ada": b"3"}

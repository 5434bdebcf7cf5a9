"""Names of topics, clock records, and samples of a source."""

from __future__ import annotations

import re
from io import BytesIO

import fastavro
import msgspec
import pytest

from legato.core.events.event import Event
from legato.core.line.watermark import SourceWatermark
from legato.core.values.time import LONG_AGO
from legato.wire.formats.avro import write_avro
from legato.wire.formats.envelope import SourceReading
from legato.wire.source.sample import SampleReader
from legato.wire.source.source import Source
from legato.wire.topics.clock import (
    STATE_KEY,
    read_clock,
    read_watermark,
    write_clock,
    write_watermark,
)
from legato.wire.topics.names import Topics
from tests.unit.wire.reading import NOON, REGISTRY, as_json, envelope, reason_of

SOURCE = Source(name="s", topics=("t",))


def test_every_topic_has_the_prefix_and_its_place() -> None:
    topics = Topics("acme.").all(["email", "store", "email"])
    assert [topic.name for topic in topics] == [
        "acme.channel.events",
        "acme.customer.events",
        "acme.customer.contexts",
        "acme.identity.aliases",
        "acme.situations",
        "acme.decisions",
        "acme.identity.events",
        "acme.actions.email",
        "acme.actions.store",
        "acme.action.outcomes",
        "acme.dead.letters",
    ]
    together = {topic.name for topic in topics if topic.partitions == "as_customer_events"}
    assert together == {"acme.customer.events", "acme.customer.contexts"}


def test_touchpoints_have_a_topic_if_they_are_wanted() -> None:
    told = {topic.name for topic in Topics("").all([], touchpoints=True)}
    assert told - {topic.name for topic in Topics("").all([])} == {"touchpoints"}


def test_versions_of_the_playbook_have_a_topic_that_keeps_all_of_them() -> None:
    plain = {topic.name for topic in Topics("").all([])}
    (made,) = (each for each in Topics("").all([], playbooks=True) if each.name not in plain)
    assert (made.name, made.config["cleanup.policy"]) == ("playbooks", "compact")
    assert "retention.ms" not in made.config


def test_contexts_and_aliases_are_compacted_and_nothing_else() -> None:
    policies = {topic.name: topic.config["cleanup.policy"] for topic in Topics("").all([])}
    assert policies.pop("customer.contexts") == policies.pop("identity.aliases") == "compact"
    assert {*policies.values()} == {"delete"}


def test_a_pattern_finds_the_actions_of_every_channel() -> None:
    pattern = re.compile(Topics("a.b.").actions_pattern)
    assert pattern.match("a.b.actions.email")
    assert not pattern.match("aXb.actions.email")
    assert not pattern.match("a.b.action.outcomes")


def test_a_clock_record_survives() -> None:
    passed = SourceWatermark("shop.events/3", NOON)
    assert read_watermark(write_watermark(passed)) == passed
    assert write_watermark(passed) == b'{"source":"shop.events/3","time":1760000000000}'
    for value in (None, b"", b"{}", b"\xff"):
        assert reason_of(read_watermark(value)) == "not_json"


def test_the_clock_of_a_partition_survives() -> None:
    clock = {"a/0": NOON, "a/1": LONG_AGO}
    assert read_clock(write_clock(clock)) == clock
    assert read_clock(None) == {}
    assert STATE_KEY[0] == 0


def _sampled(source: Source, data: bytes) -> list[SourceReading]:
    records = SampleReader(source, REGISTRY).read(data)
    return [reading for record in records for reading in record.readings]


@pytest.mark.parametrize("separator", [b"\n", b"\r\n", b"\n\n"])
def test_a_sample_may_have_one_record_a_line(separator: bytes) -> None:
    data = separator.join([as_json(id="a"), b"{", as_json(id="b")]) + separator
    first, second, third = _sampled(SOURCE, data)
    assert isinstance(first, Event)
    assert (first.id, first.received, first.clamped) == ("a", 0, False)
    assert reason_of(second) == "not_json"
    assert isinstance(third, Event)


def test_a_sample_may_be_one_record_over_several_lines() -> None:
    data = msgspec.json.format(as_json(), indent=2)
    (reading,) = _sampled(SOURCE, data)
    assert isinstance(reading, Event)


def test_a_sample_may_be_avro() -> None:
    value = write_avro(envelope(), REGISTRY.own("channel_event"))
    (reading,) = _sampled(SOURCE, value)
    assert isinstance(reading, Event)


def test_a_sample_may_be_a_container_file() -> None:
    fields = [{"name": name, "type": "string"} for name in ("id", "type", "channel", "user")]
    time = {"name": "time", "type": {"type": "long", "logicalType": "timestamp-millis"}}
    stream = BytesIO()
    records = [{**envelope(id=str(number)), "user": "ada"} for number in range(3)]
    schema = {"type": "record", "name": "Visit", "fields": [*fields, time]}
    fastavro.writer(stream, fastavro.parse_schema(schema), records)
    source = msgspec.structs.replace(SOURCE, identifiers={"user_id": "user"})
    readings = [*_sampled(source, stream.getvalue())]
    assert [r.time for r in readings if isinstance(r, Event)] == [NOON] * 3
    (broken,) = _sampled(source, stream.getvalue()[:40])
    assert reason_of(broken) == "bad_avro"


def test_a_sample_may_be_a_structured_cloudevent() -> None:
    data = {"channel": "web", "identifiers": {"user_id": "u"}}
    event = {"specversion": "1.0", "id": "1", "type": "page.viewed", "time": NOON, "data": data}
    (reading,) = _sampled(SOURCE, msgspec.json.encode(event))
    assert isinstance(reading, Event)


def test_a_sample_of_nothing_says_so() -> None:
    (reading,) = _sampled(SOURCE, b"")
    assert reason_of(reading) == "empty"

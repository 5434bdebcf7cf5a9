import msgspec

from legato.queries.topic_reader import TopicRecord
from legato.serving.redis_view.open_actions import Closing, OpenRule
from legato.serving.redis_view.said import ActionEntry, DecisionEntry, SaidReader
from legato.settings import RedisSettings, ViewSettings
from legato.wire.formats.registry import FileRegistry
from legato.wire.topics.outcomes import Outcome, write_outcome
from legato.wire.topics.outputs import write_output
from tests.contract import wire_samples as samples

REGISTRY = FileRegistry()
READER = SaidReader(REGISTRY, OpenRule.of(ViewSettings()), RedisSettings(tombstone_ttl_s=60))


def _record(value: bytes) -> TopicRecord:
    return TopicRecord("topic", 0, 1, 5_000, b"key", value)


def test_a_decision_is_kept_byte_for_byte() -> None:
    value = write_output(samples.DECISION)
    found = READER.read_said(_record(value), 0)
    assert isinstance(found, DecisionEntry)
    assert found.json.encode() == value
    assert found.time == samples.DECISION.time


def test_a_field_that_nobody_knows_may_hold_anything() -> None:
    value = write_output(samples.DECISION)[:-1] + b',"new":"\xff"}'
    found = READER.read_said(_record(value), 0)
    assert isinstance(found, DecisionEntry)


def test_an_action_is_open_up_to_the_instant_at_which_it_expires() -> None:
    record = _record(write_output(samples.ACTION))
    expires = samples.ACTION.expires_at
    assert isinstance(READER.read_said(record, expires - 1), ActionEntry)
    assert READER.read_said(record, expires) is None


def test_what_is_no_desk_or_shop_has_no_place() -> None:
    found = READER.read_said(_record(write_output(samples.ACTION)), 0)
    assert isinstance(found, ActionEntry)
    assert (found.venue, found.queue) == (None, None)
    assert not {"venue", "queue"} & msgspec.json.decode(found.json).keys()


def test_a_revocation_closes_for_as_long_as_it_was_told_lately() -> None:
    revoked = READER.read_said(_record(write_output(samples.REVOKED)), 0)
    assert revoked == Closing("action id", "revoked", 65_000)


def test_a_report_is_of_use_if_it_closes() -> None:
    shown = Outcome("a1", "1-x", "store", "delivered", 1_772_464_800_000)
    sent = Outcome("a1", "1-x", "email", "delivered", 1_772_464_800_000)
    assert READER.read_outcome(_record(write_outcome(shown, REGISTRY))) is None
    closing = READER.read_outcome(_record(write_outcome(sent, REGISTRY)))
    assert closing == Closing("a1", "delivered", 65_000)

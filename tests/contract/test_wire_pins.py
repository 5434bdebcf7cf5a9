"""What others rely on stays as it is: bytes, keys, names and codes.

`wire_pins.txt` was written by `python -m tests.contract.test_wire_pins`. A rename or a move
leaves it as it is; a field that is added appends to its line, and says so in the changelog.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from msgspec import Struct, inspect

from legato.cli import main
from legato.cli.format.reasons import WORDS
from legato.cli.format.record import as_json
from legato.cli.identity.group import _as_json as identity_as_json
from legato.cli.inspect import _as_json as inspect_as_json
from legato.cli.verbs import INTERRUPTED, Failure, as_failure
from legato.core.context.context import Context
from legato.core.context.timeline import rows
from legato.core.events.vocabulary import STAGES
from legato.core.identity.commands import Command
from legato.core.identity.events import IdentityOutput
from legato.core.values.outputs import Output
from legato.core.values.results import Rejected
from legato.core.values.time import NEVER
from legato.demo.run.people import People
from legato.demo.run.verdict import Verdict
from legato.demo.view.picture import Incident
from legato.demo.view.report import Report
from legato.queries.customer import KnownCustomer
from legato.queries.dead_letters import ReadDeadLetter
from legato.queries.identifier_lookup import AskedCustomer
from legato.queries.identity_cluster import Cluster, Identifier
from legato.queries.identity_lookup import FoundIdentity
from legato.queries.topic_reader import _READING, TopicRecord
from legato.runtime.host.supervisor import LASTING
from legato.runtime.kafka.client_configs import consumer_config, producer_config, restore_config
from legato.runtime.machine.commands import HUNG
from legato.runtime.processors.record_writer import RecordWriter
from legato.serving.adapters.plan import group_of
from legato.serving.redis_view.documents import Forwarder
from legato.serving.redis_view.keys import Keys
from legato.serving.redis_view.open_actions import OpenRule
from legato.serving.redis_view.said import ActionEntry, SaidReader
from legato.serving.redis_view.view_feed import _config as view_config
from legato.settings import Settings, SettingsError, WorkerSettings
from legato.wire.context_view import context_view
from legato.wire.formats.registry import FileRegistry
from legato.wire.reasons import REASONS
from legato.wire.record import RawRecord
from legato.wire.source.passed import mark_of
from legato.wire.source.reader import read_event, write_event
from legato.wire.state import read_context, write_context
from legato.wire.topics.actions import read_action, write_action
from legato.wire.topics.brake import BRAKE_KEY, write_brake
from legato.wire.topics.clock import STATE_KEY, write_clock, write_watermark
from legato.wire.topics.commands import read_told, write_command
from legato.wire.topics.dead_letters import Coordinates, dead_letter
from legato.wire.topics.names import Topics
from legato.wire.topics.outcomes import STATUSES, Outcome
from legato.wire.topics.outputs import read_output, write_output
from tests.contract import wire_samples as samples

PINS = Path(__file__).with_name("wire_pins.txt")
HEAD = 17
IDS = ("group.id", "client.id", "transactional.id", "group.instance.id")
ROOTS = (Context, Command, IdentityOutput, Output, Outcome)
"""What is decoded from topics, with all that is within."""

_json = msgspec.json.Encoder().encode
_pack = msgspec.msgpack.Encoder().encode


def _layouts() -> Iterator[tuple[str, object]]:
    """Each value as it lies on the wire, then with every field left out that may be."""
    for name, value in {**samples.STATE, **samples.COMMANDS}.items():
        written = _pack(value)
        yield name, _shown(msgspec.msgpack.decode(written))
        least = _pack(_least(value))
        yield f"{name}, at least", _shown(msgspec.msgpack.decode(least))
    for name, value in samples.OUTPUTS.items():
        yield name, msgspec.json.decode(_json(value))
        yield f"{name}, at least", msgspec.json.decode(_json(_least(value)))


def _least(value: Struct) -> Struct:
    """The same with nothing but what must be given; the rest is what an old record means."""
    kind, config = type(value), value.__struct_config__
    required = [field.encode_name for field in msgspec.structs.fields(kind) if field.required]
    if config.array_like:
        count = len(required) + (config.tag is not None)
        return msgspec.msgpack.decode(
            _pack(msgspec.msgpack.decode(_pack(value))[:count]), type=kind
        )
    told = msgspec.json.decode(_json(value))
    given = [*required, *([config.tag_field] if config.tag_field else [])]
    return msgspec.json.decode(_json({name: told[name] for name in given}), type=kind)


def _shown(told: object) -> object:
    """Bytes as text, so that a pin can be read."""
    match told:
        case bytes():
            return told.decode("latin-1").encode("unicode_escape").decode()
        case list():
            return [_shown(each) for each in told]
        case dict():
            return {name: _shown(each) for name, each in told.items()}
        case _:
            return told


def _state() -> Iterator[tuple[str, object]]:
    """What stands around a context, and beside it."""
    written = write_context(samples.CONTEXT)
    yield "context head", written[:HEAD].hex()
    yield "context body is the pin `context`", written[HEAD:] == _pack(samples.CONTEXT)
    yield "context trail", samples.CONTEXT.touchpoints.hex()
    yield "clock record bytes", write_watermark(samples.CLOCK).decode()
    yield "clock of a partition", write_clock({"topic/0": 1}).decode()
    yield "slots of a partition", write_brake({"email": ((1, 2), (3, 5))}).decode()
    yield "slots key", BRAKE_KEY.decode("latin-1").encode("unicode_escape").decode()
    yield "clock key", STATE_KEY.decode("latin-1").encode("unicode_escape").decode()


def _documents() -> Iterator[tuple[str, object]]:
    """What Redis and the command line show."""
    shown = msgspec.json.decode(_json(context_view(samples.CONTEXT, ["email:hash"])))
    yield "redis document", shown
    yield "redis document begins", _json(context_view(samples.CONTEXT, ["x:y"]))[:30].decode()
    yield "redis forwarder", msgspec.json.decode(_json(Forwarder(1, ["x:y"], "forward to")))
    keys = Keys("legato:", "pepper")
    yield "redis key of a customer", keys.customer("2-ab")
    yield "redis key of an identifier", keys.identifier("email", "kim@example.org")
    yield "redis key of progress", keys.progress("legato.customer.contexts")
    yield "redis keys of what was said", [*_keys_of_said(keys)]
    yield "redis action", _redis_action()
    asked = AskedCustomer("loyalty:42", "1-ab", "loyalty_id", "42", ("1-.zab",))
    found = FoundIdentity(("1-ab",), None, None)
    one = Identifier("1-ab", "loyalty_id", "42", 1, (samples.CLAIM,), 2, True)
    known = KnownCustomer(found, (samples.SITUATION,), (samples.DECISION,))
    told = _json(inspect_as_json(asked, known, (one,)))
    yield "inspect --json", {**msgspec.json.decode(told), "decisions": [], "situations": []}
    cluster = Cluster(asked, found, (one,), ())
    yield "identity show --json", msgspec.json.decode(_json(identity_as_json(cluster)))
    record = TopicRecord("legato.dead.letters", 1, 2, 3, b"key", b"value")
    letter = ReadDeadLetter(record, "read", "reason", "message", "topic", 4, 5, 6)
    yield "dlq list --json", msgspec.json.decode(_json(as_json(letter)))
    yield "demo --json", [*_report().as_object()]


def _keys_of_said(keys: Keys) -> Iterator[str]:
    yield from (keys.decisions("2-ab"), keys.actions("2-ab"), keys.action("action id"))
    yield from (keys.place("venue", "venue"), keys.place("queue", "queue"), keys.erased("2-ab"))
    yield from (keys.fresh, keys.notices)


def _redis_action() -> object:
    channel = frozenset((samples.ACTION.channel,))
    reader = SaidReader(FileRegistry(), OpenRule(channel, channel, channel), Settings().redis)
    record = TopicRecord("topic", 1, 2, 3, b"key", write_output(samples.ACTION))
    entry = reader.read_said(record, 0)
    assert isinstance(entry, ActionEntry)
    return msgspec.json.decode(entry.json)


def _report() -> Report:
    """A report of nothing: its keys are what counts."""
    numbers: dict[str, object] = {
        field.name: 0 if field.type is int else () for field in msgspec.structs.fields(Verdict)
    }
    return Report(
        events=1,
        people=People((), Settings().identity.identify),
        workers=1,
        seed=1,
        kafka="embedded",
        strict=True,
        first_action_s=0,
        played_s=0,
        incident=Incident(0, 0, 0, 0),
        verdict=msgspec.convert(numbers, Verdict),
    )


def _words() -> Iterator[tuple[str, object]]:
    """Names and codes: of topics, headers, reasons, verbs, groups and clients."""
    yield "topics", [topic.name for topic in Topics("legato.").all(["email"])]
    yield "topic of touchpoints", Topics("legato.").touchpoints
    yield "topic of playbooks", Topics("legato.").playbooks
    yield "topics of all channels", Topics("legato.").actions_pattern
    yield "headers of an action", _headers(samples.ACTION)
    yield "headers of a revocation", _headers(samples.REVOKED)
    why = Rejected("bad_key", "message", "read")
    at = Coordinates("topic", 1, 2, 3)
    small = dead_letter(RawRecord(b"k", b"v", (("own", b"kept"),)), at, why, 1 << 20)
    large = dead_letter(RawRecord(b"k", bytes(9_000)), at, why, 1_000)
    yield "headers of a dead letter", [name for name, _ in small.headers]
    yield "headers of one too large", [name for name, _ in large.headers]
    marks = [*mark_of(1_772_452_800_000), *mark_of(NEVER)]
    yield "headers of time marks", [[name, (told or b"").decode()] for name, told in marks]
    yield "dead letter reasons", [*REASONS]
    yield "reasons of losers", sorted(WORDS)
    yield "statuses of outcomes", [*STATUSES]
    yield "stages of a customer", [*STAGES]
    yield "verbs", [*_verbs(main)]
    yield (
        "exit codes",
        {
            "settings": _code(SettingsError("x")),
            "else": Failure("x").exit_code,
            "interrupted": INTERRUPTED,
            "hung": HUNG,
            "lasting": LASTING,
        },
    )
    settings = Settings(
        worker=WorkerSettings(group="group", name="name", static_membership=True)
    )
    clients: dict[str, dict[str, Any]] = {
        "consumer": consumer_config(settings, 3),
        "restorer": restore_config(settings, 3),
        "producer": producer_config(settings, 3),
        "view": view_config(settings),
        "reader": _READING,
    }
    for name, config in clients.items():
        yield f"ids of the {name}", {key: config[key] for key in config if key in IDS}
    yield "group of the adapter log", group_of(settings, "log")


def _headers(output: Any) -> list[list[str]]:  # noqa: ANN401 - an action or a revocation
    record = RecordWriter(Topics("legato."), FileRegistry(), 1 << 20).output(output, 7)
    return [[name, (value or b"").decode()] for name, value in record.headers or ()]


def _code(error: Exception) -> int:
    failure = as_failure(error)
    assert failure is not None
    return failure.exit_code


def _verbs(group: click.Group, before: str = "") -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _verbs(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


def _pinned() -> dict[str, str]:
    """All pins as they are now."""
    parts = (_layouts(), _state(), _documents(), _words())
    return {name: _json(value).decode() for part in parts for name, value in part}


def _kept() -> dict[str, str]:
    """All pins as they are kept; none before they are written for the first time."""
    if not PINS.exists():
        return {}
    pairs = (line.partition(" = ") for line in PINS.read_text().splitlines())
    return {name: value for name, _, value in pairs}


KEPT, NOW = _kept(), _pinned()


@pytest.mark.parametrize("name", [*{**KEPT, **NOW}])
def test_a_pin_holds(name: str) -> None:
    assert NOW.get(name) == KEPT.get(name), "a new name on the left of wire_samples.py?"


def _structs(told: inspect.Type, seen: set[type[Struct]]) -> set[type[Struct]]:
    """All structs in what is decoded."""
    match told:
        case inspect.StructType(cls=cls, fields=fields):
            if cls not in seen:
                seen.add(cls)
                for field in fields:
                    _structs(field.type, seen)
        case inspect.UnionType(types=types):
            for each in types:
                _structs(each, seen)
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            _structs(item, seen)
        case inspect.DictType(value_type=value):
            _structs(value, seen)
        case _:
            """No struct is within."""
    return seen


def _within(value: object) -> Iterator[Struct]:
    """All structs in a value."""
    if isinstance(value, Struct):
        yield value
        for name in value.__struct_fields__:
            yield from _within(getattr(value, name))
    elif isinstance(value, dict):
        for each in value.values():
            yield from _within(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _within(each)


SAMPLES = [*samples.STATE.values(), *samples.COMMANDS.values(), *samples.OUTPUTS.values()]


def test_each_struct_that_is_decoded_has_a_sample() -> None:
    seen: set[type[Struct]] = set()
    for root in ROOTS:
        _structs(inspect.type_info(root), seen)
    assert seen <= {type(each) for sample in SAMPLES for each in _within(sample)}


def test_no_field_of_a_sample_is_at_its_default() -> None:
    for sample in SAMPLES:
        for each in _within(sample):
            left = [
                field.name
                for field in msgspec.structs.fields(type(each))
                if getattr(each, field.name) in (field.default, (), [], {}, "", b"", None)
            ]
            assert left == [], type(each)


def test_what_is_pinned_can_be_read_again() -> None:
    assert _json(read_context(write_context(samples.CONTEXT))) == _json(samples.CONTEXT)
    assert rows(samples.CONTEXT.touchpoints, 1) == (
        (111, "touch type", "touch channel", "note", "brand"),
    )
    for command in samples.COMMANDS.values():
        assert read_told(write_command(command)) == command
    assert read_output(write_output(samples.ACTION)) == samples.ACTION
    registry = FileRegistry()
    assert read_action(write_action(samples.ACTION, registry), (), registry) == samples.ACTION
    assert _json(read_event(write_event(samples.EVENT))) == _json(samples.EVENT)


def test_the_tags_of_commands() -> None:
    tags = {name.partition(" ")[2] for name in samples.COMMANDS}
    assert {
        msgspec.msgpack.decode(_pack(each))[0] for each in samples.COMMANDS.values()
    } == tags
    assert tags == {
        "follow", "link", "merge", "merged", "refused", "settled", "released", "moved", "split",
        "rebuilt", "ask", "answer", "withdraw", "reservation", "refusal", "past",
    }  # fmt: skip


def test_an_old_worker_is_fenced_by_a_new_one_under_the_same_id() -> None:
    settings = Settings(worker=WorkerSettings(group="legato", name="worker"))
    assert producer_config(settings, 0)["transactional.id"] == "legato-worker-0"


if __name__ == "__main__":
    PINS.write_text("".join(f"{name} = {value}\n" for name, value in NOW.items()))

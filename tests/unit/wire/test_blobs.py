"""Versions of what leaves the core: nothing changes today, and an upcast reaches every blob.

The version 1 of these tests is made up: fields stand in reverse; today's layout is version 2.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from legato.core.context.codec import StateError, UnknownVersion
from legato.core.context.context import Context, Waiting
from legato.core.events.event import Event
from legato.core.identity.commands import Command, DeferredEvent, Merge, MergeDeclined
from legato.core.identity.rules import IdentityRules
from legato.core.identity.state import (
    HELD,
    IdentityState,
    LinkedIdentifier,
    LinkEvidence,
    Pending,
)
from legato.core.line.partition import Partition
from legato.core.linking.links import IdentityLinker
from legato.harness import default_playbook
from legato.runtime.processors.follow import FollowProcessor
from legato.wire.blobs import TODAY, Blobs, StateCodec
from legato.wire.state import write_context
from tests.unit.core.linking.test_linking import NAMES
from tests.unit.core.stories import added, at, event
from tests.unit.runtime.home import EVENTS, NOON, batch, plan

PROOF = LinkEvidence("e1", "account.logged_in", "web", at(5))


def former(value: object) -> bytes:
    """Write a context or a command as the made-up version 1 has it."""
    fields: list[Any] = msgspec.to_builtins(value, builtin_types=(bytes, bytearray))
    tagged = isinstance(fields[0], str) and not isinstance(value, Context)
    return msgspec.msgpack.encode([*fields[:tagged], *reversed(fields[tagged:])])


def former_event(value: Event) -> bytes:
    told = msgspec.json.decode(TODAY.write_event(value))
    return msgspec.json.encode({name.upper(): each for name, each in told.items()})


TOMORROW = StateCodec(
    Blobs("a context", Context, version=2, upcasts={1: lambda fields: fields[::-1]}),
    Blobs(
        "a command",
        Command,
        version=2,
        upcasts={1: lambda fields: [fields[0], *reversed(fields[1:])]},
    ),
    Blobs(
        "an event",
        Event,
        version=2,
        upcasts={1: lambda told: {name.lower(): each for name, each in told.items()}},
    ),
)


def links_of(*contexts: Context) -> IdentityLinker:
    """The links of a partition that reads and writes as of tomorrow."""
    known = {context.customer_id: context for context in contexts}
    return IdentityLinker(
        Partition(default_playbook(), TOMORROW, known.get, continuous=True),
        NAMES,
        IdentityRules(),
    )


def visitor() -> Context:
    seen = bytearray(b"123456789abc")
    return Context("b", 3, stage="acquisition", touched=at(1), seen=seen)


def pending(image: bytes) -> Pending:
    members = {"b": LinkedIdentifier("anonymous_id", at(1))}
    return Pending("a", "anonymous_id", "user_id", members, image, 4, PROOF, "", "")


def test_nothing_changes_on_the_wire_today() -> None:
    context, command = visitor(), MergeDeclined("b", "a", 4, "limit")
    assert TODAY.write_context(context) == msgspec.msgpack.encode(context)
    assert TODAY.write_command(command) == msgspec.msgpack.encode(command)
    assert TODAY.write_event(added(1)) == msgspec.json.encode(added(1))


@pytest.mark.parametrize("codec", [TODAY, TOMORROW], ids=["today", "tomorrow"])
def test_what_is_written_is_read(codec: StateCodec) -> None:
    context, command, happened = visitor(), MergeDeclined("b", "a", 4, "limit"), added(1)
    assert codec.read_context(codec.write_context(context)) == context
    assert codec.read_command(codec.write_command(command)) == command
    assert codec.read_event(codec.write_event(happened)) == happened


def test_a_context_within_a_context_is_lifted_when_it_is_needed() -> None:
    slot = Context("b", 4, HELD, identity=IdentityState(pending=pending(former(visitor()))))
    links = links_of(slot)
    links.take(MergeDeclined("b", "a", 4, "limit"))
    back = links.partition.context_of("b")
    assert (back.stage, back.touched) == ("acquisition", at(1))
    assert back.identity is not None
    assert back.identity.pending is None


def test_a_context_within_a_command_in_flight_is_lifted_and_so_is_the_command() -> None:
    members = {"b": LinkedIdentifier("anonymous_id", at(1))}
    image = former(visitor())
    merge = Merge("a", "b", "a", "user_id", members, image, 4, "", "", PROOF)
    read = TOMORROW.read_command(former(merge))
    assert read == merge
    links = links_of()
    links.take(read)
    whole = links.partition.context_of("a")
    assert whole.digests == visitor().digests
    assert whole.touched == at(1)


def test_commands_and_events_that_are_kept_are_lifted() -> None:
    happened, waited = (event(minute, "page.viewed", "web") for minute in (6, 7))
    waited.customer_id = "b"
    follow = DeferredEvent("b", (), former_event(happened))
    kept = (former(follow),)
    slot = Context("b", 4, HELD, identity=IdentityState(pending=pending(former(visitor()))))
    assert slot.identity is not None
    assert slot.identity.pending is not None
    slot.identity = IdentityState(
        pending=msgspec.structs.replace(slot.identity.pending, kept=kept)
    )
    slot.waiting = (Waiting(at(7), former_event(waited)),)
    links = links_of(slot)
    links.take(MergeDeclined("b", "a", 4, "limit"))
    timeline = links.partition.context_of("b").timeline
    assert sorted(touch.time for touch in timeline) == [at(6), at(7)]


def test_what_tomorrow_wrote_stops_today_with_a_sentence() -> None:
    blobs = {
        "a context": (TODAY.read_context, TOMORROW.write_context(visitor())),
        "a command": (
            TODAY.read_command,
            TOMORROW.write_command(MergeDeclined("b", "a", 4, "x")),
        ),
        "an event": (TODAY.read_event, TOMORROW.write_event(added(1))),
    }
    for name, (read, blob) in blobs.items():
        with pytest.raises(UnknownVersion, match=f"{name} has version `2`.*start the newer"):
            read(blob)


@pytest.mark.parametrize("blob", [b"", b"\x01", b"\x91", b"{", b"no", b"\xff\xff"])
def test_bytes_that_are_nothing_are_named(blob: bytes) -> None:
    for read in (TODAY.read_context, TODAY.read_command, TODAY.read_event):
        with pytest.raises(StateError):
            read(blob)


def test_a_worker_ends_over_what_is_newer_than_itself_and_loses_none_of_it() -> None:
    room = FollowProcessor(plan(), 0)
    room.open({})
    newer = TOMORROW.write_command(MergeDeclined("b", "a", 4, "limit"))
    with pytest.raises(UnknownVersion):
        room.take(batch(EVENTS, [newer], [NOON], None))


def test_the_changelog_has_the_version_of_contexts() -> None:
    assert write_context(visitor())[0] == 1
    assert write_context(visitor(), TOMORROW.contexts)[0] == 2

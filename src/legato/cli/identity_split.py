"""Ending the link of an identifier: the command to its owner, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Iterator

from legato.cli.customer import nobody
from legato.cli.envelope import wall_clock
from legato.cli.sender import Sender
from legato.cli.verbs import Failure
from legato.cli.who import Asked
from legato.core.command import Split
from legato.core.identity_output import SplitTold
from legato.core.ids import murmur2
from legato.serving.records import Record, TopicReader
from legato.serving.slots import Found, Slots
from legato.serving.topics import topics_of
from legato.settings import Settings
from legato.wire.aliases import read_identity
from legato.wire.commands import write_command


def split_off(settings: Settings, asked: Asked, wait_s: float) -> SplitTold:
    """Ask the owner, and wait until it says what came of it; raises Failure and Nobody."""
    topic = topics_of(settings).identity_events
    with TopicReader(settings) as reader, TopicReader(settings) as later:
        found = Slots(reader).find(asked.name)
        command = Split(asked.name, kind_to_split(settings, asked, found), wall_clock())
        answers = later.follow(topic.__eq__, from_start=False)
        next(answers)  # from here on, nothing is missed
        _send(settings, command)
        return _answer(answers, command, asked, wait_s)


def kind_to_split(settings: Settings, asked: Asked, found: Found) -> str:
    """Name the type of an identifier that is linked; raises Failure and Nobody if it is not."""
    if found.slot is None:
        raise nobody(settings, asked.name)
    if asked.name == found.customer_id and found.kin.pending is None:
        raise Failure(_why_not(asked, found))
    member = found.members.get(asked.name)
    kind = asked.kind or (member.kind if member is not None else "")
    if not kind:
        raise Failure(f"of which type is `{asked.text}`? name it such as `email:a@example.org`")
    return kind


def _why_not(asked: Asked, found: Found) -> str:
    if found.kin.blocked:
        return (
            f"`{asked.text}` is blocked: it is linked to nobody, so there is nothing to split"
        )
    if found.members.keys() - {asked.name}:
        return (
            f"`{asked.text}` is the one by which its customer is named; "
            f"split the others from it: see `legato identity show {asked.text}`"
        )
    return f"`{asked.text}` is not linked: it stands for itself, so there is nothing to split"


def _send(settings: Settings, command: Split) -> None:
    topic = topics_of(settings).customer_events
    with Sender(settings) as sender:
        home = murmur2(command.to.encode()) % sender.partitions(topic)
        sender.send(topic, None, write_command(command), partition=home)


def _answer(
    answers: Iterator[Record | None], command: Split, asked: Asked, wait_s: float
) -> SplitTold:
    deadline = time.monotonic() + wait_s
    for record in answers:
        told = None if record is None else read_identity(record.value)
        if isinstance(told, SplitTold) and _is_of(told, command):
            return told
        if time.monotonic() > deadline:
            break
    raise Failure(
        f"no answer within {wait_s:g} s; is a worker running? the command waits for one: "
        f"see what came of it with `legato identity show {asked.text}`"
    )


def _is_of(told: SplitTold, command: Split) -> bool:
    return (told.identifier, told.time) == (command.to, command.time)

"""What every primitive must hold, tried on the samples that it gives of itself."""

from __future__ import annotations

from copy import copy

import msgspec
from msgspec.structs import replace

from legato.core.conditions.scope import Scope
from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.events.types import EVENT_TYPES
from legato.core.playbook.check import faults
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.definition import Playbook
from legato.core.situations.primitives import PRIMITIVES
from legato.core.situations.protocol import Primitive, Sample, Wake
from legato.core.values.time import NEVER
from legato.harness import Harness
from legato.wire.state import read_context, write_context

CUSTOMER = "kim"
NAME = "sample"


def check_primitive(primitive: type[Primitive]) -> None:
    """Hold a primitive to its own samples; raises AssertionError, naming what fell short.

    Each is found as it says; again when all events come twice, when its state goes through
    bytes after each event, and when the customer turns out to be one of whom nothing is known.
    What is upcoming comes when it says, and an event that it passes over moves nothing.

    >>> from legato.core.situations.absence import Absence
    >>> check_primitive(Absence)
    """
    assert primitive.samples(), f"`{primitive.word}` gives no samples"
    for sample in primitive.samples():
        playbook = _playbook(primitive, sample)
        (situation,) = playbook.situations
        said = [*faults(playbook)]
        assert not said, f"`{primitive.word}`, {sample.title}: its playbook is refused: {said}"
        told = situation.describe()
        assert told, f"`{primitive.word}`, {sample.title}: nothing describes it"
        assert "\n" not in told, (
            f"`{primitive.word}`, {sample.title}: a description is one line"
        )
        _find(playbook, sample, "told once", times=1)
        _find(playbook, sample, "told twice", times=2)
        _keep(playbook, situation, sample)


def _playbook(primitive: type[Primitive], sample: Sample) -> Playbook:
    written = {"version": 1, "situations": {NAME: {primitive.word: sample.written}}}
    known = PRIMITIVES if primitive in PRIMITIVES else (*PRIMITIVES, primitive)
    return read_playbook(msgspec.yaml.encode(written), known)


def _of_kim(event: Event) -> Event:
    """A copy, since the line writes to an event."""
    mine = copy(event)
    mine.customer_id = CUSTOMER
    return mine


def _find(playbook: Playbook, sample: Sample, way: str, times: int) -> None:
    """Tell the events in order, then let time go on; what is found must be what it says."""
    harness = Harness(playbook)
    for event in sample.events:
        for _ in range(times):
            harness.take(_of_kim(event))
    harness.wait_until(max(event.time for event in sample.events) + sample.then)
    found = tuple((each.time, each.stage) for each in harness.situations)
    assert found == sample.found, f"{sample.title}, {way}: found {found}, not {sample.found}"
    ids = {each.situation_id for each in harness.situations}
    assert len(ids) == len(found), f"{sample.title}, {way}: two situations have one id"


def _keep(playbook: Playbook, situation: Primitive, sample: Sample) -> None:
    """What it keeps survives bytes and a merge with nobody, and what is upcoming is due."""
    harness = Harness(playbook)
    for event in sample.events:
        _pass_over(situation, harness.contexts.get(CUSTOMER, Context(CUSTOMER)), event, sample)
        harness.take(_of_kim(event))
        context = harness.contexts[CUSTOMER]
        place = f"{sample.title}, after {event.id}"
        dues = [each.time for each in situation.upcoming(context)]
        first = min(dues, default=NEVER)
        due = situation.next_due(context)
        assert due <= first, f"{place}: `next_due` is later than {first}"
        again = read_context(write_context(context))
        assert situation.upcoming(again) == situation.upcoming(context), (
            f"{place}: bytes differ"
        )
        nobody, both = Context("nobody"), {situation.name: situation}
        own = type(situation).merge(both, context, nobody, event.time)
        assert own == type(situation).merge(both, nobody, context, event.time), (
            f"{place}: a merge depends on which side is which"
        )
        united = replace(again, runs=own)
        assert situation.upcoming(united) == situation.upcoming(context), (
            f"{place}: merge loses"
        )


def _pass_over(situation: Primitive, context: Context, event: Event, sample: Sample) -> None:
    """Ask about an event that it says to pass over, as if it had not said so."""
    if situation.wakes_on(EVENT_TYPES[event.type]) is Wake.NEVER:
        return
    before = write_context(context)
    asked = read_context(before)
    scope = Scope(event.time, asked, event)
    if situation.passes_over(scope, event):
        place = f"{sample.title}, at {event.id}"
        assert not situation.on_event(scope, event), f"{place}: it finds what it passes over"
        assert write_context(asked) == before, f"{place}: it keeps what it passes over"

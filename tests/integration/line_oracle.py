"""What should have come out: the same events through the core alone, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import zip_longest

import msgspec
import pytest

from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.identity.customer_ids import Identify
from legato.core.values.outputs import (
    Conversion,
    Decision,
    Output,
    Resolution,
    Retracted,
    Situation,
)
from legato.harness import Harness
from legato.settings import Settings
from tests.integration.line_case import Case

Told = dict[str, list[bytes]]
"""By customer, in order."""


class Oracle:
    """A single-threaded replay of what upstream sent."""

    def __init__(self, settings: Settings) -> None:
        self.harness = Harness(identity=settings.identity)
        self._identify = Identify(settings.identity.pepper, settings.identity.priority)

    def owner(self, loyalty_id: str) -> str:
        """The customer whom an identifier points at."""
        owner = self._identify.customer_of({"loyalty_id": loyalty_id})
        assert isinstance(owner, str)
        return owner

    def follow(self, trusted: Iterable[Event], hopped: Iterable[Event], until: int) -> None:
        """Take all events in order of time, as the line reads them."""
        read = [_as_read(event, event.customer_id, None) for event in trusted]
        for event in hopped:
            identifiers = {"loyalty_id": event.customer_id}
            read.append(_as_read(event, self.owner(event.customer_id), identifiers))
        self.harness.feed(*sorted(read, key=lambda event: event.time)).wait_until(until)

    def said(self, *kinds: type[Output]) -> Told:
        """What was said of some kinds, by customer."""
        return told(output for output in self.harness.outputs if isinstance(output, kinds))

    def contexts(self) -> dict[str, bytes]:
        """The contexts as they should be now."""
        return comparable(self.harness.contexts)


def _as_read(event: Event, owner: str, identifiers: dict[str, str] | None) -> Event:
    values = {name: getattr(event, name) for name in event.__struct_fields__}
    values |= {"customer_id": owner, "identifiers": identifiers}
    return Event(**values)


def told(outputs: Iterable[Output]) -> Told:
    """Sort outputs by customer, each written out."""
    by_customer: Told = {}
    for output in outputs:
        by_customer.setdefault(output.customer_id, []).append(msgspec.json.encode(output))
    return by_customer


def comparable(contexts: Mapping[str, Context]) -> dict[str, bytes]:
    """Contexts as bytes, but for how often they were written, which timing may change."""
    return {
        customer_id: msgspec.json.encode(_without_revision(context))
        for customer_id, context in contexts.items()
    }


def _without_revision(context: Context) -> Context:
    copy = msgspec.convert(msgspec.to_builtins(context), Context)
    copy.revision = 0
    return copy


def assert_equal(case: Case, oracle: Oracle) -> None:
    """The line said what the replay says, customer by customer, and remembers the same."""
    topics = case.topics
    for line, replay in (
        (told(case.outputs(topics.situations)), oracle.said(Situation, Retracted)),
        (told(case.outputs(topics.decisions)), oracle.said(Decision, Conversion, Resolution)),
        (comparable(case.contexts()), oracle.contexts()),
    ):
        if found := _differences(line, replay):
            pytest.fail("\n".join([f"{len(found)} customers differ", *found[:5]]))


def _differences(line: Mapping[str, object], replay: Mapping[str, object]) -> list[str]:
    """Say of each customer in whom the two differ what the first difference is."""
    return [
        f"{customer}: {_first_difference(line.get(customer), replay.get(customer))}"
        for customer in sorted(line.keys() | replay.keys())
        if line.get(customer) != replay.get(customer)
    ]


def _first_difference(line: object, replay: object) -> str:
    if isinstance(line, list) and isinstance(replay, list):
        pairs = zip_longest(line, replay)
        line, replay = next(pair for pair in pairs if pair[0] != pair[1])
    return f"the line has {line!r}, the replay {replay!r}"

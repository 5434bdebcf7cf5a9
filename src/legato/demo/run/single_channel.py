"""A shop with eyes on one channel: the same line, that hears of nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from legato.core.events.event import Event
from legato.core.playbook.definition import Playbook
from legato.core.values.outputs import Output
from legato.harness import Harness
from legato.settings import IdentitySettings


def hear_alone(
    events: Sequence[Event], playbook: Playbook, identity: IdentitySettings
) -> Iterator[Output]:
    """Say what each channel that has carts would say, if it knew its own events alone.

    Events come in the order in which the town heard of them; they move the clock.
    """
    for channel in sorted(_with_carts(events)):
        harness = Harness(playbook, identity)
        for event in events:
            if event.channel == channel:
                harness.take(_fresh(event))
        harness.wait_until(max(event.time for event in events))
        yield from harness.drain()


def _with_carts(events: Iterable[Event]) -> set[str]:
    return {event.channel for event in events if event.type.startswith("cart.")}


def _fresh(event: Event) -> Event:
    """Copy an event, since identify writes to it; its time is what moves the clock."""
    values = {name: getattr(event, name) for name in event.__struct_fields__}
    return Event(**{**values, "received": event.time, "customer_id": ""})

"""The short way leaves what the pipeline leaves, byte for byte, and says nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.events.event import Event
from legato.core.line.partition import Partition
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.definition import Playbook
from legato.core.references.table import ReferenceTable
from legato.core.references.versions import ReferenceVersion
from legato.core.values.results import Ignored, Rejected
from legato.core.values.time import LONG_AGO, Instant
from legato.harness import default_playbook
from legato.wire.blobs import TODAY
from legato.wire.state import write_context
from tests.examples import examples
from tests.property.core_lives import CUSTOMERS, Json, deeds, event_of
from tests.replay.brute_force import DAY, HOUR, MINUTE
from tests.replay.wild_stories import NOON

PLAYBOOK = default_playbook()
ASKING = read_playbook(b"""
version: 1
situations:
  came: {switch: {goal: [cart, interest, reservation, order], within: 24h}}
  left: {absence: {of: cart, after: [1h]}}
""")
AIRED = ReferenceTable()
for minute in (2, 30 * 60):
    version = ReferenceVersion("airing", "berlin", NOON + minute * MINUTE, b'{"window_s":3600}')
    AIRED.take(version)
PLAIN = [
    "page.viewed",
    "product.viewed",
    "product.tried_on",
    "store.visited",
    "ad.exposed",
    "delivery.delayed",
    "message.opened",
    "message.clicked",
    "handoff.viewed",
    "x",
]
often = st.sampled_from([0, 1, MINUTE])
pauses = st.sampled_from([HOUR, 24 * HOUR, 24 * HOUR + 1, 3 * DAY, -MINUTE, -DAY])
marks = st.fixed_dictionaries(
    {},
    optional={
        "session_id": st.sampled_from(["s1", "s2"]),
        "identifiers": st.dictionaries(
            st.sampled_from(["email", "user_id"]), st.sampled_from("abcdefg"), max_size=2
        ),
        "received": st.just(NOON + 30 * DAY),
        "location": st.sampled_from([{"region": "berlin"}, {"venue": "B-1"}, {"venue": "B-2"}]),
        "brand": st.sampled_from(["north", "south"]),
    },
)
looks = st.fixed_dictionaries(
    {
        "type": st.sampled_from(PLAIN),
        "channel": st.sampled_from(["web", "web", "web", "mobile"]),
        "data": st.sampled_from(
            [{}, {"sku": "A"}, {"sku": "B", "name": "b"}, {"action_id": "a"}, {"action_id": 1}]
        ),
        "customer_id": st.sampled_from(CUSTOMERS),
    }
)


class LongWay(Partition):
    """Sends every event through the whole pipeline."""

    def feed(self, event: Event, clock: Instant) -> Rejected | Ignored | None:
        if clock > self.clock:
            self.clock = clock
            self._sweep(event.customer_id, event.time)
        return self._follow(self.context_of(event.customer_id), event)


@st.composite
def visits(draw: st.DrawFn) -> list[tuple[Json, Instant]]:
    """Mostly looks, some late, some twice, and how far the clock is at each."""
    log: list[tuple[Json, Instant]] = []
    time, clock = NOON, LONG_AGO
    for n in range(draw(st.integers(1, 80))):
        time += draw(pauses if not draw(st.integers(0, 5)) else often)
        deed = draw(deeds() if not draw(st.integers(0, 5)) else looks)
        clock = max(clock, time - draw(st.sampled_from([0, 0, 0, HOUR, -HOUR])))
        log.append(({"id": f"e{n}", "time": time, **deed, **draw(marks)}, clock))
        if not draw(st.integers(0, 9)):
            log.append(draw(st.sampled_from(log)))
    return log


@pytest.mark.parametrize("playbook", [PLAYBOOK, ASKING], ids=["default", "asking"])
@given(log=visits(), continuous=st.booleans())
@settings(deadline=None, max_examples=examples(300))
def test_the_short_way_leads_where_the_long_one_does(
    playbook: Playbook, log: list[tuple[Json, Instant]], continuous: bool
) -> None:
    short = Partition(playbook, TODAY, continuous=continuous, references=AIRED)
    long = LongWay(playbook, TODAY, continuous=continuous, references=AIRED)
    for event, clock in log:
        assert short.feed(event_of(event), clock) == long.feed(event_of(event), clock)
        assert short.outputs == long.outputs
        assert {who: write_context(each) for who, each in short.dirty.items()} == {
            who: write_context(each) for who, each in long.dirty.items()
        }
    assert short.dues == long.dues

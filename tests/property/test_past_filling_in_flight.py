"""Warmed while customers are merged, what is answered is right, or it is not known."""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.conditions.compile import Expression
from legato.core.context.cart_log import digest_of
from legato.core.context.context import Context
from legato.core.context.past import align
from legato.core.events.event import Event
from legato.core.identity.commands import Command, DeferredEvent
from legato.core.identity.state import NO_IDENTITY
from legato.core.linking.owners import Owners
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.definition import Playbook
from legato.wire.blobs import TODAY
from tests.examples import examples
from tests.property.core_lives import Json, event_of
from tests.property.identity_town import Town
from tests.property.test_conditions_past import CASES, ERROR, Definition, asking, pauses, value
from tests.property.warmed import told_by
from tests.replay.brute_force import DAY, HOUR
from tests.replay.wild_stories import NOON

COOKIE, CARD, USER, MAIL = (
    {"anonymous_id": "c"},
    {"loyalty_id": "42"},
    {"user_id": "ada"},
    {"email": "ada@example.org"},
)
EVERYTHING = {**COOKIE, **CARD, **USER, **MAIL}
WARM = -1
PLAIN = read_playbook(b"version: 1\nsituations: {}")
OF_A_SPAN = {
    text: case for text, case in CASES.items() if not text.startswith(("last", "since"))
}
each_case = pytest.mark.parametrize(("text", "definition"), OF_A_SPAN.items(), ids=OF_A_SPAN)
carried = st.sampled_from(
    [COOKIE, COOKIE, CARD, USER, MAIL, {**USER, **COOKIE}, {**USER, **CARD}, {**MAIL, **CARD}]
)
things = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["x.a", "x.a", "x.b", "account.logged_in"]),
        "channel": st.sampled_from(["web", "store"]),
        "data": st.fixed_dictionaries(
            {"v": st.integers(1, 3)}, optional={"currency": st.sampled_from(["EUR", "CHF"])}
        ),
        "identifiers": carried,
    }
)


@st.composite
def lives(draw: st.DrawFn) -> list[Json]:
    """What somebody does, who at last turns out to be one."""
    log: list[Json] = []
    time = NOON
    for n, thing in enumerate(draw(st.lists(things, min_size=1, max_size=10))):
        time += draw(pauses)
        log.append({**thing, "id": f"e{n:02}", "time": time, "received": time})
    login = {"type": "account.logged_in", "channel": "web", "identifiers": EVERYTHING}
    return [*log, {**login, "id": "login", "time": time + 1, "received": time + 1, "data": {}}]


class LoggedTown(Town):
    """A town that remembers what was sent; warming is one more who sends."""

    def __init__(self) -> None:
        self.log: list[tuple[str, Event]] = []
        super().__init__(3, 2, playbook=PLAIN)

    def _send(self, source: str, message: Command | Event) -> None:
        if isinstance(message, Event):
            self.log.append((message.customer_id, copy(message)))
        elif isinstance(message, DeferredEvent):
            self.log.append((message.to, TODAY.read_event(message.event)))
        super()._send(source, message)

    def turn(self, number: int, playbook: Playbook) -> None:
        """Let one home go by another playbook."""
        line = self.homes[number].line
        line.follow_playbook(playbook)
        for context in line.cache.values():
            align(context, playbook.past)

    def warm(self, playbook: Playbook) -> None:
        """Read the log, and send what it tells."""
        slots = {
            name: each.identity
            for home in self.homes
            for name, each in home.contexts.items()
            if each.identity
        }
        for command in told_by(self.log, playbook, Owners(slots)):
            self._send("warming", command)


@each_case
@given(log=lives(), data=st.data())
@settings(deadline=None, max_examples=examples(60))
def test_what_is_known_is_right_and_all_is_once_nobody_is_on_their_way(
    text: str, definition: Definition, log: list[Json], data: st.DataObject
) -> None:
    playbook, expression = asking(text)
    town, deeds = LoggedTown(), [0, 1, 2, WARM]
    watch = Watch(expression, definition, log)
    for event in log:
        town.enter(event_of(event), data.draw(st.integers(0, 1)))
        go_on(town, data, watch, data.draw(st.integers(0, 6)))
        while deeds and bool(data.draw(st.booleans())):
            do(town, deeds.pop(0), playbook)
            go_on(town, data, watch, data.draw(st.integers(0, 6)))
    for deed in deeds:
        do(town, deed, playbook)
    go_on(town, data, watch, 100_000)
    town.warm(playbook)
    town.run()
    (ada,) = town.customers()
    for now in (ada.touched, ada.touched + HOUR, ada.touched + 2 * DAY):
        assert value(expression, ada, now) == definition(log, now)


class Watch(NamedTuple):
    """Sees that what is answered is what a customer has followed, or is not known."""

    expression: Expression
    definition: Definition
    log: list[Json]

    def see(self, context: Context) -> None:
        known = set(context.digests)
        followed = [each for each in self.log if digest_of(each["id"]) in known]
        for now in (context.touched, context.touched + HOUR):
            told = value(self.expression, context, now)
            assert told in (self.definition(followed, now), ERROR)


def go_on(town: Town, data: st.DataObject, watch: Watch, most: int) -> None:
    """Deliver so many messages, and look at everybody after each."""
    while most and town.step(lambda count: data.draw(st.integers(0, count - 1))):
        most -= 1
        for context in known_in(town):
            watch.see(context)


def do(town: LoggedTown, deed: int, playbook: Playbook) -> None:
    if deed == WARM:
        town.warm(playbook)
    else:
        town.turn(deed, playbook)


def known_in(town: Town) -> list[Context]:
    """The customers of whom nothing waits or is on its way to another."""
    return [
        context
        for context in town.customers()
        if not context.waiting and (context.identity or NO_IDENTITY).pending is None
    ]

"""Partitions, doors that identify, and messengers who bring what they send in any order.

What one partition sends to another arrives in the order sent, but nothing is said of what
several send: whoever is chosen next acts next. Aliases reach a door when they do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.identity.alias_index import Alias, AliasIndex
from legato.core.identity.commands import Command
from legato.core.identity.customer_ids import Identify
from legato.core.identity.events import IdentityOutput
from legato.core.identity.rotation import resolver_of
from legato.core.identity.rules import Authenticates, IdentityRules
from legato.core.identity.state import NO_IDENTITY
from legato.core.line.partition import Partition
from legato.core.linking.addresses import judges_of
from legato.core.linking.links import IdentityLinker
from legato.core.playbook.definition import Playbook
from legato.core.values.ids import murmur2
from legato.core.values.outputs import Action, Output, Revoked
from legato.core.values.results import Rejected
from legato.core.values.time import Instant
from legato.harness import default_playbook
from legato.settings import IdentitySettings
from legato.wire.blobs import TODAY
from legato.wire.state import read_context, write_context

PLAYBOOK = default_playbook()
PRIORITY = IdentitySettings().priority
Way = tuple[str, str]
Choose = Callable[[int], int]


class Home:
    """One partition of customers."""

    def __init__(self, identify: Identify, rules: IdentityRules, playbook: Playbook) -> None:
        self.line = Partition(playbook, TODAY, continuous=True, judges=self._judges)
        self.contexts: dict[str, Context] = self.line.cache
        self.links = IdentityLinker(self.line, identify, rules)
        self.rejected: list[tuple[Event, Rejected]] = []

    def _judges(self, context: Context, kind: str, value: str) -> tuple[str, ...]:
        return judges_of(self.links.identify, self.links.rules)(context, kind, value)

    def take(self, message: Command | Event) -> None:
        if not isinstance(message, Event):
            self.links.take(message)
            return
        answer = self.links.route(message, self.line.feed(message, self.line.clock))
        if isinstance(answer, Rejected):
            self.rejected.append((message, answer))

    def restore(self) -> None:
        """Forget all that is not in the changelog's bytes."""
        for name, context in list(self.contexts.items()):
            self.contexts[name] = read_context(write_context(context))


class Town:
    """Doors take events in; `choose(n)` says which of n messengers goes next.

    What is for a home that is `closed` waits in front of it, and so does time.
    """

    def __init__(
        self, homes: int = 3, doors: int = 2, rules: IdentityRules | None = None,
        playbook: Playbook = PLAYBOOK,
    ) -> None:  # fmt: skip
        self.identify, self.rules = (
            Identify("pepper", PRIORITY),
            rules or IdentityRules(phone_region="DE"),
        )
        self.homes = [Home(self.identify, self.rules, playbook) for _ in range(homes)]
        self.doors = [
            resolver_of(self.identify, self.rules, AliasIndex(), TODAY.write_event)
            for _ in range(doors)
        ]
        self.ways: dict[Way, deque[Command | Event | tuple[str, Alias | None]]] = {}
        self.rejected: list[Rejected] = []
        self.told: list[IdentityOutput] = []
        self.outputs: list[Output] = []
        self.closed: set[int] = set()
        self.steps = 0

    def rotate(self, identify: Identify) -> None:
        """Start everybody anew with another pepper; what topics hold stays."""
        self.identify = identify
        for home in self.homes:
            home.restore()
            home.links.identify = identify
        self.doors = [
            resolver_of(identify, self.rules, door._aliases, TODAY.write_event)
            for door in self.doors
        ]

    def home_of(self, name: str) -> int:
        return murmur2(name.encode()) % len(self.homes)

    def enter(self, event: Event, door: int, authenticates: Authenticates = "auto") -> None:
        """Let an event in at a door."""
        found = self.doors[door].resolve(event, authenticates)
        if isinstance(found, Rejected):
            self.rejected.append(found)
        elif isinstance(found, str):
            event.customer_id = found
            self._send(f"door{door}", event)
        else:
            for command in found:
                self._send(f"door{door}", command)

    def run(self, choose: Choose = lambda _: 0, most: int = 100_000) -> None:
        """Deliver until nothing is on its way."""
        while self.step(choose):
            self.steps += 1
            assert self.steps < most, "it never ends"

    def step(self, choose: Choose) -> bool:
        """Deliver one message."""
        shut = {f"home{number}" for number in self.closed}
        ways = sorted(way for way, queue in self.ways.items() if queue and way[1] not in shut)
        if not ways:
            return False
        way = ways[choose(len(ways))]
        self._deliver(way, self.ways[way].popleft())
        return True

    def wait_until(self, clock: Instant) -> None:
        """Let time pass everywhere."""
        for number, home in enumerate(self.homes):
            if number not in self.closed:
                home.line.advance(clock)
                self._collect(number)

    def _deliver(self, way: Way, message: Command | Event | tuple[str, Alias | None]) -> None:
        kind, number = way[1][:4], int(way[1][4:])
        if isinstance(message, tuple):
            assert kind == "door"
            self.doors[number].heard(*message)
            return
        self.homes[number].take(message)
        self._collect(number)

    def _collect(self, number: int) -> None:
        links, source = self.homes[number].links, f"home{number}"
        commands = self.homes[number].line.commands
        for message in (*links.sent, *commands):
            self._send(source, message)
        commands.clear()
        for name, alias in links.aliases.items():
            for door in range(len(self.doors)):
                self.ways.setdefault((source, f"door{door}"), deque()).append((name, alias))
        self.told += links.told
        self.outputs += self.homes[number].line.outputs
        links.sent, links.aliases, links.told = [], {}, []
        self.homes[number].line.outputs.clear()

    def _send(self, source: str, message: Command | Event) -> None:
        to = message.customer_id if isinstance(message, Event) else message.to
        way = source, f"home{self.home_of(to)}"
        self.ways.setdefault(way, deque()).append(message)

    # What came of it.

    def slot(self, name: str) -> Context:
        return self.homes[self.home_of(name)].contexts.get(name) or Context(name)

    def root_of(self, name: str) -> str:
        """Follow forwarders to the customer; fails on a cycle."""
        seen = [name]
        while forward := (self.slot(seen[-1]).identity or NO_IDENTITY).forward:
            assert forward not in seen, "a cycle"
            seen.append(forward)
        return seen[-1]

    def name_of(self, kind: str, value: str) -> str:
        return self.identify.name_of(kind, value)

    def customers(self) -> list[Context]:
        """Every root with something in it."""
        return [
            context
            for home in self.homes
            for context in home.contexts.values()
            if not (context.identity or NO_IDENTITY).forward and context.seen
        ]

    def counted(self) -> list[bytes]:
        """The hashes of all events that are remembered anywhere, each as often as it is."""
        return sorted(
            digest
            for home in self.homes
            for context in home.contexts.values()
            for digest in context.digests
        )

    def standing(self) -> set[str]:
        """The actions that were not taken back."""
        actions = {each.action_id for each in self.outputs if isinstance(each, Action)}
        revoked = {each.action_id for each in self.outputs if isinstance(each, Revoked)}
        return actions - revoked

    def is_quiet(self) -> bool:
        """Is nobody pending, held, or keeping events that belong elsewhere?"""
        slots = [context for home in self.homes for context in home.contexts.values()]
        return not any(self.ways.values()) and all(
            (identity := context.identity or NO_IDENTITY).pending is None
            and not identity.pending_links
            and not (identity.forward and context.waiting)
            for context in slots
        )

"""`python -m benchmarks.identity`: what it costs to know who somebody is, in memory alone."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import click
import msgspec

from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.identity.alias_index import Alias, AliasIndex
from legato.core.identity.customer_ids import Identify
from legato.core.identity.resolver import Resolver
from legato.core.identity.rules import IdentityRules
from legato.core.merge.merge import merge
from legato.core.values.time import MINUTE
from legato.harness import Harness, default_playbook
from legato.settings import IdentitySettings
from legato.wire.blobs import TODAY

EXAMPLES = """
\b
Example:
  python -m benchmarks.identity
"""
NOON = 1_760_000_000_000
ROUNDS = 9
IDENTIFY = Identify("pepper", IdentitySettings().priority)


class Row(msgspec.Struct, frozen=True):
    """CPU time of one go, the least of several; bytes of one alias."""

    merge_us: float
    resolve_one_us: float
    resolve_two_us: float
    alias_bytes: float


@click.command(epilog=EXAMPLES)
@click.option(
    "--aliases", "count", default=200_000, show_default=True, help="How many to hold."
)
def main(count: int) -> None:
    """Measure a merge of two contexts, the look-up of an event's customer, and an alias."""
    row = Row(
        round(merging_us(), 1),
        round(resolving_us({"user_id": "ada"}), 2),
        round(resolving_us({"user_id": "ada", "anonymous_id": "c"}), 2),
        round(alias_bytes(count), 1),
    )
    print(msgspec.json.format(msgspec.json.encode(row), indent=2).decode())


def merging_us() -> float:
    """Merge two customers of thirty touchpoints, with carts of seven and nine articles."""
    playbook = default_playbook()
    ours, theirs = lived("ours", 0, 7), lived("theirs", 1, 9)
    return least_us(lambda: merge(playbook, ours, theirs), 20)


def lived(customer_id: str, first: int, articles: int) -> Context:
    """Follow thirty additions to a cart, each two minutes after the one before."""
    harness = Harness()
    for number in range(first, first + 60, 2):
        data = msgspec.Raw(msgspec.json.encode({"sku": f"S{number % articles}", "price": 9}))
        event = told(f"{customer_id}-{number}", "cart.item_added", number)
        event.customer_id, event.data = customer_id, data
        harness.take(event)
    return harness.contexts[customer_id]


def resolving_us(identifiers: dict[str, str]) -> float:
    """Name the customer of an event that proves nothing new."""
    names = [IDENTIFY.name_of(kind, value) for kind, value in identifiers.items()]
    resolver = Resolver(IDENTIFY, IdentityRules(), AliasIndex(), TODAY.write_event)
    for name in names[1:]:
        resolver.heard(name, Alias(names[0], since=NOON * 2))
    event = told("e", "page.viewed", 0)
    event.identifiers = identifiers
    return least_us(lambda: resolver.resolve(event, "auto"), 10_000)


def alias_bytes(count: int) -> float:
    """Hold aliases of so many identifiers, each of another customer in ten."""
    names = [IDENTIFY.name_of("email", f"{number}@mail.example") for number in range(count)]
    customers = [IDENTIFY.name_of("user_id", str(number)) for number in range(count // 10)]
    aliases = AliasIndex()
    tracemalloc.start()
    for number, name in enumerate(names):
        aliases.put(name, Alias(customers[number % len(customers)]))
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return used / count


def told(name: str, kind: str, minute: int) -> Event:
    """An event on the web, so many minutes after noon."""
    at = NOON + minute * MINUTE
    return Event(id=name, type=kind, channel="web", time=at, received=at)


def least_us(work: Callable[[], object], times: int) -> float:
    """CPU time of one go in microseconds: the least of several rounds."""
    work()
    return min(_round_us(work, times) for _ in range(ROUNDS))


def _round_us(work: Callable[[], object], times: int) -> float:
    begun = time.process_time_ns()
    for _ in range(times):
        work()
    return (time.process_time_ns() - begun) / times / 1_000


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.identity")

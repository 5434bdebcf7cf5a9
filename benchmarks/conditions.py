"""`python -m benchmarks.conditions`: what a condition costs, at load and when asked."""

from __future__ import annotations

from timeit import repeat

import click
from msgspec import Raw
from rich.console import Console
from rich.table import Table

from benchmarks.view_contexts import NOW, context_of
from legato.core.conditions.compile import compile_condition
from legato.core.conditions.parser import parse
from legato.core.conditions.scope import Scope
from legato.core.conditions.writing import run_of
from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.values.time import HOUR

ROUNDS = 7
ADDED = Event(
    id="1",
    type="cart.item_added",
    channel="web",
    time=NOW,
    cart_id="7",
    data=Raw(b'{"sku": "SHOE-42", "quantity": 2, "price": 89.5, "currency": "EUR"}'),
)
CONTEXT: Context = context_of(1)
CONDITIONS = {
    "one field": 'event.channel == "web"',
    "two fields": 'event.channel == "web" && event.data.quantity > 1',
    "two fields, one missing": 'event.channel == "web" && event.data.gone > 1',
    "four fields": (
        'event.channel in ["web", "mobile"] && event.data.quantity > 1 && '
        'event.data.currency == "EUR" && event.data.sku.startsWith("SHOE")'
    ),
    "a span": 'now - event.time > span("36h")',
    "a field of the customer": 'customer.profile.language == "de"',
    "a macro over carts": "customer.carts.exists(c, c.value > 100)",
    "a pattern": 'event.data.sku.matches("^[A-Z]+-[0-9]{2}$")',
}


def micros(what: object, times: int) -> float:
    """The best of several rounds, in microseconds a call."""
    return (
        min(repeat("call()", globals={"call": what}, number=times, repeat=ROUNDS)) * 1e6 / times
    )


@click.command()
@click.option("--times", default=50_000, show_default=True, help="Calls a round.")
def main(times: int) -> None:
    """Measure conditions: parsed, compiled, asked; `write` makes a function of a known form.

    `first` reads the data of its event too.
    """
    table = Table(
        "condition", "parse µs", "compile µs", "write µs", "ask µs", "first µs", box=None
    )
    for name, text in CONDITIONS.items():
        condition, scope = compile_condition(text), Scope(NOW + HOUR, CONTEXT, ADDED)
        costs = (
            micros(lambda text=text: parse(text), times // 20),
            micros(lambda text=text: compile_condition(text), times // 20),
            micros(lambda part=condition.part: run_of(part), times // 20),
            micros(lambda holds=condition.holds, scope=scope: holds(scope), times),
            micros(
                lambda holds=condition.holds: holds(Scope(NOW + HOUR, CONTEXT, ADDED)),
                times // 5,
            ),
        )
        table.add_row(name, *(f"{each:.2f}" for each in costs))
    Console(width=132).print(table)


if __name__ == "__main__":
    main()

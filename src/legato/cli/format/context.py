"""A context as panels for a terminal: who, what is open, what happened, what is to come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich import box
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from legato.cli.format.output import moment, money, sums
from legato.core.context.consent import parts_of
from legato.core.context.context import Cart, CartLine, Case, Context, ErasureRecord, worth_of
from legato.core.context.lifecycle import lifecycle
from legato.core.decisions.handoff_text import in_plain
from legato.core.events.words import ALL
from legato.core.playbook.definition import Playbook
from legato.core.values.time import Instant, span_in_words

Row = Sequence[str | Text]


def context_panels(context: Context, playbook: Playbook, now: Instant) -> Iterator[Panel]:
    """Lay out a context; a panel with nothing to say is left out."""
    yield titled(f"customer {context.customer_id}", grid(_who(context, now)))
    parts: tuple[tuple[str, Iterable[Row]], ...] = (
        ("carts", _carts(context, now)),
        ("cases", _cases(context, now)),
        ("orders", _orders(context, now)),
        ("timeline", _timeline(context, now)),
        ("waiting for its time", _waiting(context, playbook, now)),
        ("actions", _actions(context, now)),
    )
    for title, rows in parts:
        if filled := list(rows):
            yield titled(title, grid(filled))


def titled(title: str, body: Table) -> Panel:
    """Put a frame and a title around a table."""
    return Panel(body, title=Text(title, "bold"), title_align="left", box=box.ROUNDED)


def grid(rows: Iterable[Row]) -> Table:
    """Line the cells up, the first column dimmed."""
    table = Table.grid(padding=(0, 2))
    for first, *rest in rows:
        table.add_row(Text(first, "dim") if isinstance(first, str) else first, *rest)
    return table


def when(at: Instant, now: Instant) -> str:
    """Write an instant with its distance from now."""
    span = span_in_words(abs(now - at))
    return f"{moment(at)}, {f'{span} ago' if at <= now else f'in {span}'}"


def _who(context: Context, now: Instant) -> Iterator[Row]:
    for kind, values in sorted(context.identifiers.items()):
        yield kind, ", ".join(values)
    if context.channel:
        yield "last seen", f"on {context.channel}, {when(context.present, now)}"
    life = lifecycle(context)
    since = "" if life.since is None else f", since {when(life.since, now)}"
    yield "stage", f"{in_plain(life.stage)}{since}"
    for key, wish in sorted(context.consents.items()):
        purpose, channel, brand = parts_of(key)
        where = "" if channel == ALL else f" on {channel}"
        where += f" for {brand}" if brand else ""
        yield "consent", f"{purpose}{where}: {wish.status} since {moment(wish.time)}"
    for word in context.erasures[-1:]:
        yield "erasure", Text(erasure_in_words(word), "bold red" if word.asked else "")
    profile = context.profile
    for name in ("language", "time_zone", "home_store", "preferred_channel"):
        if value := getattr(profile, name):
            yield in_plain(name), str(value)
    for name, value in sorted(profile.traits.items()):
        yield name, str(value)


def erasure_in_words(word: ErasureRecord) -> str:
    """Say that a customer asked to be forgotten, or took it back, and where that is from."""
    told = "asked to be forgotten" if word.asked else "took back the wish to be forgotten"
    known = ", ".join(each for each in (word.source, word.proof) if each)
    return f"{told}, {moment(word.time)}{f' ({known})' if known else ''}"


def _carts(context: Context, now: Instant) -> Iterator[Row]:
    for name, cart in context.carts.items():
        yield f"cart {name}", Text(_cart(cart), "bold"), when(cart.touched, now)
        yield from (("", _line(line), "") for line in cart.lines.values())


def _cart(cart: Cart) -> str:
    checkout = ""
    if cart.checkout is not None:
        checkout = f", in checkout{f' at {in_plain(cart.step)}' if cart.step else ''}"
    return f"{sums(worth_of((cart,))) or money(0, None)}, begun on {cart.origin}{checkout}"


def _line(line: CartLine) -> str:
    item = line.item
    size = f", size {item.size}" if item.size else ""
    price = f" at {money(item.price, item.currency)}" if item.price is not None else ""
    return f"{item.quantity:g} × {item.name or item.sku}{size}{price}"


def _cases(context: Context, now: Instant) -> Iterator[Row]:
    for case in context.cases.values():
        yield f"case {case.id}", Text(_case(case), "bold"), when(case.touched, now)
        if case.asked:
            yield "", f"“{case.asked}”", ""


def _case(case: Case) -> str:
    bot = ", with a bot" if case.bot else ""
    return f"{in_plain(case.reason) or 'no reason given'} on {', '.join(case.channels)}{bot}"


def _orders(context: Context, now: Instant) -> Iterator[Row]:
    for order in context.orders:
        total = "" if order.total is None else f", {money(order.total, None)}"
        yield order.id, f"{order.status}: {', '.join(order.skus)}{total}", when(order.time, now)


def _timeline(context: Context, now: Instant) -> Iterator[Row]:
    for touch in context.timeline:
        yield when(touch.time, now), touch.channel, Text(touch.type, "cyan"), touch.note


def _waiting(context: Context, playbook: Playbook, now: Instant) -> Iterator[Row]:
    for due in sorted(playbook.upcoming(context), key=lambda due: due.time):
        stage = Text(f"{due.situation} stage {due.stage}", "yellow")
        yield when(due.time, now), stage, due.subject.removesuffix(":-")
    for event in context.waiting:
        yield when(event.time, now), Text("an event that came early", "yellow"), ""


def _actions(context: Context, now: Instant) -> Iterator[Row]:
    for taken in reversed(context.actions):
        what = Text(taken.name, "green")
        status = in_plain(taken.status)
        yield when(taken.decided, now), taken.channel, what, status, f"for {taken.situation}"

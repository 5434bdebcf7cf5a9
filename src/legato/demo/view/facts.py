"""A context, as Redis has it, in a handful of facts for a visitor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, TypeAlias

from rich.text import Text

from legato.core.decisions.handoff_text import in_plain
from legato.demo.view.words import DONE, KNOWN, amount, o_clock, place

Json: TypeAlias = Mapping[str, Any]
Fact: TypeAlias = tuple[str, Text]


def facts_of(context: Json) -> list[Fact]:
    """Tell who they are, their way, what is open, what was done about it, then the past."""
    timeline = context.get("timeline", ())
    known = context.get("identifiers", {})
    return [
        *([("known by", _known(known))] if known else ()),
        *([("way", _way(timeline))] if timeline else ()),
        *(("cart", _cart(cart)) for cart in context.get("carts", {}).values()),
        *(("asks", _case(case)) for case in context.get("cases", {}).values()),
        *(("bought", _order(order)) for order in context.get("orders", ())),
        *(("done", _action(action)) for action in context.get("actions", ())),
        *((o_clock(touch["time"]), _touch(touch)) for touch in reversed(timeline)),
    ]


def _known(identifiers: Json) -> Text:
    """By what the channels know them, what is most theirs first."""
    kinds = [*(kind for kind in KNOWN if kind in identifiers), *(identifiers.keys() - KNOWN)]
    told = (f"{KNOWN.get(kind, in_plain(kind))} {identifiers[kind][-1]}" for kind in kinds)
    return Text(", ".join(told), "cyan")


def _way(timeline: Sequence[Json]) -> Text:
    """The channels in the order in which they were used."""
    channels = [channel for channel, _ in groupby(touch["channel"] for touch in timeline)]
    return Text(" → ".join(map(place, channels)), "bold")


def _cart(cart: Json) -> Text:
    items = ", ".join(map(_item, cart["items"])) or "empty"
    value = amount(cart["value"], cart["currency"])
    step = ", at the checkout" if cart["checkout"] is not None else ""
    return Text.assemble((value, "bold yellow"), f" on {place(cart['origin'])}{step}: {items}")


def _item(item: Json) -> str:
    size = f" {item['size']}" if item.get("size") else ""
    return f"{item['quantity']:g} × {item.get('name') or item['sku']}{size}"


def _case(case: Json) -> Text:
    asked = f"“{case['asked']}”" if case["asked"] else in_plain(case["reason"])
    return Text(asked, "yellow")


def _order(order: Json) -> Text:
    total = amount(order["total"]) if order.get("total") else ""
    return Text(f"{total} at {o_clock(order['time'])}, {order['status']}", "green")


def _action(action: Json) -> Text:
    done = DONE.get(action["name"], in_plain(action["name"]))
    return Text.assemble((done, "bold green"), (f", {in_plain(action['status'])}", "dim"))


def _touch(touch: Json) -> Text:
    note = f" ({touch['note']})" if touch["note"] else ""
    return Text.assemble(
        f"{place(touch['channel'])}: ", (in_plain(touch["type"]), "cyan"), note
    )

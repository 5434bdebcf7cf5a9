"""What a template sees of an action: no address, no customer, and no link that is none."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from legato.content.filters import SPEAKS, ZONE, vet_link
from legato.core.values.handoff import Handoff, HandoffItem
from legato.core.values.outputs import Action


class Spoken(Struct, frozen=True):
    """In which language content is, how its values are written, and by which zone."""

    language: str
    speaks: str
    zone: str


def scope_of(action: Action, wording: Spoken, unsubscribe_url: str) -> dict[str, Any]:
    """Tell what there is of an action, each under the name that templates call it by.

    What is not known of an article is None; a template asks before it writes it.
    """
    return {
        "items": [_item(each) for each in action.items],
        "params": dict(action.params),
        "offer": action.offer,
        "variant": action.variant,
        "brand": action.brand,
        "purpose": action.purpose,
        "situation": action.situation,
        "action_id": action.action_id,
        "time": action.time,
        "expires_at": action.expires_at,
        "handoff": _handoff(action.handoff),
        "language": wording.language,
        "unsubscribe_url": unsubscribe_url,
        SPEAKS: wording.speaks,
        ZONE: wording.zone,
    }


def _item(item: HandoffItem) -> dict[str, Any]:
    """An article: `name` is what it can be called in any case."""
    told = {name: getattr(item, name) for name in item.__struct_fields__}
    quantity = item.quantity
    whole = int(quantity) if float(quantity).is_integer() else quantity
    links = {"image": vet_link(item.image), "url": vet_link(item.url)}
    return {**told, **links, "name": item.name or item.sku, "quantity": whole}


def _handoff(handoff: Handoff | None) -> dict[str, Any] | None:
    if handoff is None:
        return None
    told: dict[str, Any] = msgspec.to_builtins(handoff)
    return {
        **{name: None for name in handoff.__struct_fields__},
        **told,
        "items": [_item(each) for each in handoff.items],
    }

"""One click as an event: what a link ended, as the line reads it. Pure."""

from __future__ import annotations

import msgspec

from legato.core.values.ids import derive_id
from legato.core.values.time import MINUTE, Instant
from legato.serving.api.ingest.events import SentEvent
from legato.serving.unsubscribe import Unsubscription

ONE_CLICK = (b"list-unsubscribe", b"one-click")


def is_one_click(body: bytes) -> bool:
    """Does a body say `List-Unsubscribe=One-Click`, as a form of either kind (RFC 8058)?"""
    told = body.lower()
    return all(word in told for word in ONE_CLICK)


def refusal_event(ended: Unsubscription, now: Instant) -> SentEvent:
    """Write the refusal; within a minute, a click that is repeated is the same event.

    Not for longer: whoever agrees again, and then uses the old link once more, means it.
    """
    about = ended.kind, ended.address, ended.purpose, ended.channel, ended.brand
    name = derive_id("unsubscribe", *about, now // MINUTE)
    told: dict[str, object] = {
        "id": f"unsubscribe-{name}",
        "type": "consent.updated",
        "channel": ended.channel,
        "time": now,
        "identifiers": {ended.kind: ended.address},
        "data": {
            "purpose": ended.purpose,
            "channel": ended.channel,
            "status": "revoked",
            "basis": "one_click",
            "proof": ended.action_id,
        },
    }
    if ended.brand:
        told["brand"] = ended.brand
    return SentEvent(msgspec.json.encode(told), str(told["id"]))

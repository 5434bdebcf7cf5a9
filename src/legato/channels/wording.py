"""What a message says: in words of its own, or by a template that was approved before.

WhatsApp takes words of one's own for 24 hours after the customer wrote there, and approved
templates at any time. Whether the customer did is known by the Redis view; where it is not
known, they did not.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from legato.adapter import Failed
from legato.channels.outgoing import Outgoing
from legato.core.values.time import HOUR, MINUTE, Span

WINDOW: Span = 24 * HOUR - MINUTE
"""How long a conversation is open; the minute is for what a message takes on its way."""
WINDOWED = frozenset(("whatsapp",))
OUTSIDE = Failed("outside_window")
NO_CONTENT = Failed("no_content")
BAD_CONTENT = Failed("bad_content")


class Wording(Struct, frozen=True):
    """What is said: `text`, or the name of a template and what fills it, as JSON has it."""

    text: str = ""
    template: str = ""
    variables: Any = None


def needs_window(outgoing: Outgoing) -> bool:
    """Does it matter when the customer last wrote?"""
    return outgoing.action.channel in WINDOWED and bool(outgoing.parts.get("text", "").strip())


def wording_of(outgoing: Outgoing) -> Wording | Failed:
    """Choose from the parts `text`, `template` and `variables` (JSON) what is said."""
    text = outgoing.parts.get("text", "").strip()
    template = outgoing.parts.get("template", "").strip()
    if text and (outgoing.action.channel not in WINDOWED or _is_open(outgoing)):
        return Wording(text=text)
    if not template:
        return OUTSIDE if text else NO_CONTENT
    told = outgoing.parts.get("variables", "").strip()
    try:
        variables = msgspec.json.decode(told) if told else None
    except (msgspec.MsgspecError, RecursionError):
        return BAD_CONTENT
    return Wording(template=template, variables=variables)


def _is_open(outgoing: Outgoing) -> bool:
    written = outgoing.written
    return written is not None and outgoing.now < written + WINDOW

"""What is said of a reference, and what became of it by that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw, Struct

from legato.core.events.event import NO_DATA, TEXT_MAX, Event
from legato.core.events.vocabulary import REFERENCE
from legato.core.values.ids import derive_id
from legato.core.values.time import Instant

VALUE_MOST = 0xFFFF
"""Bytes of the longest value: what is known of one article, not a catalogue."""
CHANNEL = "reference"
"""Where a change happens: nowhere that a customer can be."""

_KIND = re.compile(r"[a-z][a-z0-9_]{0,63}")
_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class ReferenceVersion(Struct, frozen=True, gc=False):
    """What `kind`/`key` is from `time` on: JSON, or nothing once it is gone."""

    kind: str
    key: str
    time: Instant
    value: bytes = b""


class ReferenceChange(Struct, frozen=True, gc=False):
    """A version whose content is another than that of the one before it."""

    version: ReferenceVersion
    before: bytes = b""

    @property
    def event_type(self) -> str:
        """The type of the events that tell customers of it."""
        return REFERENCE + self.version.kind

    def told_to(self, customer_id: str, known: Instant) -> Event:
        """Tell a customer; `known` is how far time has come where it became known.

        The id is the same for all, so that two who turn out to be one were told once.
        """
        version = self.version
        return Event(
            id=derive_id(
                "reference", version.kind, version.key, version.time, version.value.hex()
            ),
            type=self.event_type,
            channel=CHANNEL,
            time=version.time,
            received=max(version.time, known),
            customer_id=customer_id,
            key=version.key,
            data=Raw(version.value) if version.value else NO_DATA,
            before=_decode(self.before) if self.before else None,
        )


def content_of(value: Mapping[str, Any] | None) -> bytes:
    """Write a value so that the same content is the same bytes; nothing if it is gone."""
    return b"" if value is None else _encode(value)


def fault_of(version: ReferenceVersion) -> str | None:
    """Say what is wrong with a version, if anything is; its types are not taken for granted."""
    kind: object = version.kind
    key: object = version.key
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        return "a kind is a word of lower case letters, digits and `_`; name it like `price`"
    if not isinstance(key, str) or not 0 < len(key) <= TEXT_MAX:
        return f"`key` is no text of 1 to {TEXT_MAX} characters"
    if len(version.value) > VALUE_MOST:
        return f"`value` has {len(version.value)} bytes; send at most {VALUE_MOST}"
    return None

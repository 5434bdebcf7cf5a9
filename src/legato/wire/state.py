"""A context as bytes: version (1 byte), revision (8), next_due (8, signed), then MessagePack.

Revision and due time stand in front, big-endian, so that restore can fill the table and the
heap of timers without decoding. Fields are only ever appended to the structs of a context;
what cannot be said by appending raises the version of contexts in `wire/blobs.py`, which is
that of contexts within commands and contexts too, and adds an upcast from the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from struct import Struct as Layout
from typing import Any, cast, get_type_hints

import msgspec

from legato.core.context.codec import Acting, Linked, Naming, StateError
from legato.core.context.context import Context
from legato.core.context.past import PAST
from legato.core.context.reservations import RESERVATION_NEED
from legato.core.identity.state import HELD, IdentityState
from legato.core.values.time import NEVER, Instant
from legato.wire.blobs import TODAY, Blobs
from legato.wire.topics.brake import read_brake, write_brake
from legato.wire.topics.clock import read_clock, write_clock

_head = Layout(">BQq")
_head_of: Callable[[bytes], bytes] = itemgetter(slice(_head.size))
_due_alone = Layout(">9xq")
_contexts = TODAY.contexts
VERSION = _contexts.version
_today = bytes([VERSION])
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Context).decode
_unpack_fields = msgspec.msgpack.Decoder().decode


_NOBODY = Context("")


def _reader(part: str, *wanted: str, **otherwise: object) -> Callable[[Any], Any]:
    """Make what reads some fields of a context, and passes over the others undecoded.

    `otherwise` are fields that are read as another type.
    """
    hints = get_type_hints(Context) | otherwise
    last = max(map(Context.__struct_fields__.index, wanted))
    fields: list[tuple[str, Any, Any]] = [
        (name, hints[name], getattr(_NOBODY, name))
        if name in wanted
        else (name, msgspec.Raw, msgspec.Raw())
        for name in Context.__struct_fields__[: last + 1]
    ]
    made = msgspec.defstruct(part, fields, array_like=True, gc=False)
    return msgspec.msgpack.Decoder(made).decode


_unpack_naming = _reader(
    "ContextNaming",
    *("carts", "orders", "looked_at", "runs", "contact", "identity"),
    runs=dict[str, msgspec.Raw],
)
_unpack_map = msgspec.msgpack.Decoder(dict[str, msgspec.Raw]).decode
_unpack_acting = _reader("ContextActing", "actions")
_unpack_linked = _reader("ContextLinked", "identity")


def read_naming(value: bytes) -> Naming:
    """Read the parts of a context that name something; raises StateError."""
    return cast("Naming", _read_part(value, _read_naming))


def _read_naming(body: memoryview) -> object:
    """Read what names something; of runs their keys, and what is reserved."""
    naming = _unpack_naming(body)
    maps = {word: raw for word, raw in naming.runs.items() if "|" not in word}
    naming.runs = {word: _unpack_map(raw) for word, raw in maps.items()}
    reserved = naming.runs.pop(PAST, {}).get(RESERVATION_NEED.name)
    if reserved is not None:
        naming.runs[PAST] = {RESERVATION_NEED.name: _unpack_fields(reserved)}
    return naming


def read_acting(value: bytes) -> Acting:
    """Read of a context what was to be done; raises StateError."""
    return cast("Acting", _read_part(value, _unpack_acting))


def read_linked(value: bytes) -> IdentityState | None:
    """Read of a context what is known of its identity; raises StateError."""
    return cast("Linked", _read_part(value, _unpack_linked)).identity


def _read_part(value: bytes, unpack: Callable[[Any], Any]) -> object:
    if value[:1] != _today:
        return read_context(value)
    try:
        return unpack(memoryview(value)[_head.size :])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise StateError(f"a context cannot be read: {error}") from error


def write_context(context: Context, contexts: Blobs[Context] = _contexts) -> bytes:
    """Write a context with its revision and due time in front."""
    head = _head.pack(contexts.version, context.revision, context.next_due)
    return head + _pack(context)


def peek(value: bytes) -> tuple[int, Instant]:
    """Read revision and due time alone; raises StateError."""
    if value[:1] != _today:
        _check(value, _contexts)
    if len(value) < _head.size:
        raise StateError(f"a context is cut short within its first {_head.size} bytes")
    _, revision, next_due = _head.unpack_from(value)
    return revision, next_due


def due_times(images: Mapping[str, bytes]) -> dict[str, Instant]:
    """When each customer is next due, less those who never are or are held.

    Raises StateError.
    """
    count, heads = len(images), b"".join(map(_head_of, images.values()))
    if len(heads) == count * _head.size and heads[:: _head.size] == _today * count:
        dues = [due for (due,) in _due_alone.iter_unpack(heads)]
    else:
        dues = [peek(value)[1] for value in images.values()]
    found = zip(images, dues, strict=True)
    return {customer_id: due for customer_id, due in found if HELD < due < NEVER}


def read_context(value: bytes, contexts: Blobs[Context] = _contexts) -> Context:
    """Read a context, of this version or an older one; raises StateError."""
    try:
        if value[0] == contexts.version:
            return _unpack(memoryview(value)[_head.size :])
        _check(value, contexts)
        return contexts.upcast(value[0], _unpack_fields(memoryview(value)[_head.size :]))
    except (msgspec.MsgspecError, IndexError, UnicodeDecodeError, RecursionError) as error:
        raise StateError(f"a context cannot be read: {error}") from error


def _check(value: bytes, contexts: Blobs[Context]) -> None:
    """Raise UnknownVersion unless a chain of upcasts leads to the version of today."""
    if not value:
        raise StateError("a context is empty; only a tombstone may be")
    contexts.check(value[0])


class Snapshots:
    """What lies in customer.contexts, as the engine asks for it."""

    write_snapshot = staticmethod(write_context)
    read_snapshot = staticmethod(read_context)
    read_naming = staticmethod(read_naming)
    read_acting = staticmethod(read_acting)
    due_times = staticmethod(due_times)
    write_clock = staticmethod(write_clock)
    write_brake = staticmethod(write_brake)

    @staticmethod
    def read_clock(blob: bytes) -> dict[str, Instant]:
        """Read the clock of a partition; raises StateError."""
        try:
            return read_clock(blob)
        except msgspec.MsgspecError as error:
            raise StateError(f"the clock of a partition cannot be read: {error}") from error

    @staticmethod
    def read_brake(blob: bytes) -> dict[str, tuple[tuple[Instant, Instant], ...]]:
        """Read the taken slots of a partition; raises StateError."""
        try:
            return read_brake(blob)
        except msgspec.MsgspecError as error:
            raise StateError(f"the slots of a partition cannot be read: {error}") from error


SNAPSHOTS = Snapshots()

"""A context as bytes: version (1 byte), revision (8), next_due (8, signed), then MessagePack.

Revision and due time stand in front, big-endian, so that restore can fill the table and the
heap of timers without decoding. Fields are only ever appended to the structs of a context;
what cannot be said by appending raises VERSION and adds an upcast from the version before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from struct import Struct as Layout
from typing import Any

import msgspec

from legato.core.context import Context
from legato.core.instant import NEVER, Instant
from legato.core.kin import HELD

VERSION = 1
UPCASTS: Mapping[int, Callable[[list[Any]], list[Any]]] = {}
"""Version -> what turns the fields of a context of that version into those of the next."""

_head = Layout(">BQq")
_today = bytes([VERSION])
_head_of: Callable[[bytes], bytes] = itemgetter(slice(_head.size))
_due_alone = Layout(">9xq")
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Context).decode
_unpack_fields = msgspec.msgpack.Decoder(list[Any]).decode


class StateError(Exception):
    """Bytes of customer.contexts are no context; the partition cannot go on."""


class UnknownVersion(StateError):
    """The context was written by a Legato that knows more than this one."""

    def __init__(self, version: int) -> None:
        super().__init__(
            f"a context has version `{version}`, this Legato reads up to `{VERSION}`; "
            "start the newer Legato that wrote it"
        )


def write_context(context: Context) -> bytes:
    """Write a context with its revision and due time in front."""
    return _head.pack(VERSION, context.revision, context.next_due) + _pack(context)


def peek(value: bytes) -> tuple[int, Instant]:
    """Read revision and due time alone; raises StateError."""
    if value[:1] != _today:
        _check(value, UPCASTS)
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


def read_context(
    value: bytes, upcasts: Mapping[int, Callable[[list[Any]], list[Any]]] = UPCASTS
) -> Context:
    """Read a context, of this version or an older one; raises StateError."""
    try:
        if value[0] == VERSION:
            return _unpack(memoryview(value)[_head.size :])
        return _upcast(value, upcasts)
    except (msgspec.MsgspecError, IndexError, UnicodeDecodeError, RecursionError) as error:
        raise StateError(f"a context cannot be read: {error}") from error


def _upcast(value: bytes, upcasts: Mapping[int, Callable[[list[Any]], list[Any]]]) -> Context:
    _check(value, upcasts)
    fields = _unpack_fields(memoryview(value)[_head.size :])
    for version in range(value[0], VERSION):
        fields = upcasts[version](fields)
    return msgspec.convert(fields, Context)


def _check(value: bytes, upcasts: Mapping[int, object]) -> None:
    """Raise UnknownVersion unless a chain of upcasts leads to the version of today."""
    if not value:
        raise StateError("a context is empty; only a tombstone may be")
    if (
        any(version not in upcasts for version in range(value[0], VERSION))
        or value[0] > VERSION
    ):
        raise UnknownVersion(value[0])

"""Versions of the playbook: records of the topic `playbooks`, and lines of a log among events.

A record `3` has `{"version": 3, "from": …, "published": …, "author": …, "note": …, "text": …,
"born": {SITUATION: …}, "paused": […]}`. It is never written anew: what was, stays. A line of a
log is the same value.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, field

from legato.core.playbook.versions import LEAD, PlaybookVersion
from legato.core.values.results import Rejected
from legato.core.values.time import LONG_AGO, Instant, in_words_ms, is_plausible, read_instant

NUMBER_MOST = 1 << 53
"""So far every reader of JSON counts exactly."""


class _Record(Struct, gc=False):
    version: Annotated[int, Meta(ge=1, lt=NUMBER_MOST)]
    start: int | str = field(name="from")
    text: str
    published: int | str | None = None
    author: str = ""
    note: str = ""
    born: dict[str, int | str] = {}
    paused: tuple[str, ...] = ()


class _RecordLine(_Record, gc=False):
    """With an id or a type it is an event, whatever else it has."""

    id: Any = UNSET
    type: Any = UNSET


_decode = msgspec.json.Decoder(_Record).decode
_read_line = msgspec.json.Decoder(_RecordLine).decode


def write_playbook_record(version: PlaybookVersion) -> tuple[bytes, bytes]:
    """Write a version as key and value."""
    record = _Record(
        version=version.number,
        start=in_words_ms(version.since),
        text=version.text,
        published=in_words_ms(version.published),
        author=version.author,
        note=version.note,
        born={name: in_words_ms(at) for name, at in version.born.items()},
        paused=version.paused,
    )
    return str(version.number).encode(), msgspec.json.encode(record)


def read_playbook_record(
    key: bytes | None, value: bytes | None, written: Instant
) -> PlaybookVersion | Rejected:
    """Read a record that the broker took at `written`; it counts LEAD after that at least."""
    if value is None:
        return _rejected("a version is never taken back; publish an earlier one anew")
    try:
        return _version(_under(key, _decode(value)), written)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return _rejected(" ".join(str(error).split()))
    except ValueError as error:
        return _rejected(str(error))


def _under(key: bytes | None, told: _Record) -> _Record:
    if key != str(told.version).encode():
        raise ValueError(f"the key is not `{told.version}`, its `version`")
    return told


def read_playbook_line(line: bytes) -> PlaybookVersion | Rejected | None:
    """Read a line of a version, as the topic has it; None if it is none."""
    if not (b'"version"' in line and b'"text"' in line and b'"from"' in line):
        return None
    try:
        told = _read_line(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if told.id is not UNSET or told.type is not UNSET:
        return None
    try:
        return _version(told)
    except ValueError as error:
        return _rejected(str(error))


def _version(told: _Record, written: Instant = LONG_AGO) -> PlaybookVersion:
    start = _instant("from", told.start)
    since = max(start, written + LEAD)
    born = {name: _instant("born", at) for name, at in told.born.items()}
    return PlaybookVersion(
        told.version,
        since,
        told.text,
        told.author,
        told.note,
        max(written, 0) if told.published is None else _instant("published", told.published),
        # What this version brings is as old as the version itself.
        {name: since if at == start else at for name, at in born.items()},
        told.paused,
    )


def _rejected(why: str) -> Rejected:
    return Rejected("bad_playbook", f"playbook version: {why}", "read")


def _instant(name: str, told: int | str) -> Instant:
    try:
        at = read_instant(told)
    except (ValueError, OverflowError):
        at = 0
    if is_plausible(at):
        return at
    raise ValueError(f"`{name}` is neither RFC 3339 with zone nor epoch ms from 2000 on")

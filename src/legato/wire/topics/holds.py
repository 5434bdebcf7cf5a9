"""Actions that wait long, on the topic `adapter.holds`: compacted, by adapter and action.

A hold is the record of the action as it lay on its topic, with headers that say where that was,
and how it stands with it. Its tombstone says that the action is done with.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from legato.core.values.outputs import Action
from legato.core.values.time import Instant
from legato.wire.formats.registry import Registry
from legato.wire.record import Headers, RawRecord, header
from legato.wire.topics.actions import read_action

_PREFIX = "legato-hold-"


class HoldKey(NamedTuple):
    """Whose hold it is, and of which action."""

    topic: str
    partition: int
    action_id: str


class PartitionClaim(Struct, frozen=True):
    """That a partition is somebody's since then (epoch ms), and what was committed of it."""

    topic: str
    partition: int
    since: Instant
    start: int
    metadata: str


class Release(Struct, frozen=True):
    """That an action is done with, says who has held its partition since then (epoch ms)."""

    key: HoldKey
    since: Instant


class Hold(Struct, frozen=True):
    """An action that waits until `due`, after so many tries; `raw` is its own record.

    `since` is when who says so took the partition: who took it later knows better.
    """

    key: HoldKey
    since: Instant
    offset: int
    time: Instant
    action: Action
    raw: RawRecord
    due: Instant
    tries: int = 0


def write_hold(hold: Hold, group: str) -> RawRecord:
    """Write a hold of a consumer group."""
    told = {
        "partition": hold.key.partition,
        "since": hold.since,
        "offset": hold.offset,
        "time": hold.time,
        "due": hold.due,
        "tries": hold.tries,
    }
    said = tuple((_PREFIX + name, str(fact).encode()) for name, fact in told.items())
    theirs = tuple(each for each in hold.raw.headers if not each[0].startswith(_PREFIX))
    return RawRecord(_key(hold.key, group), hold.raw.value, (*theirs, *said))


def write_release(release: Release, group: str) -> RawRecord:
    """Write that an action is done with; the headers say where it lay."""
    told = {"partition": release.key.partition, "since": release.since}
    said = tuple((_PREFIX + name, str(fact).encode()) for name, fact in told.items())
    return RawRecord(_key(release.key, group), None, said)


def write_claim(claim: PartitionClaim, group: str) -> RawRecord:
    """Write that a partition has a new holder."""
    told = {"since": claim.since, "start": claim.start, "metadata": claim.metadata}
    said = tuple((_PREFIX + name, str(fact).encode()) for name, fact in told.items())
    return RawRecord(f"{group}/{claim.topic}//{claim.partition}".encode(), None, said)


def read_claim(key: bytes | None, headers: Headers, group: str) -> PartitionClaim | None:
    """Tell whose a partition is; None if the record tells something else."""
    whose, _, number = (key or b"").decode(errors="replace").partition("//")
    if not number.isdigit() or not whose.startswith(f"{group}/"):
        return None
    metadata = (header(headers, _PREFIX + "metadata") or b"").decode(errors="replace")
    since, start = (_number(headers, name) for name in ("since", "start"))
    return PartitionClaim(whose.removeprefix(f"{group}/"), int(number), since, start, metadata)


def read_release(key: bytes | None, headers: Headers, group: str) -> Release | None:
    """Tell of which action a record is, and who says it; None if it is another group's."""
    told, number = (key or b"").decode(errors="replace"), header(headers, _PREFIX + "partition")
    whose, _, rest = told.partition("/")
    topic, _, action_id = rest.partition("/")
    if whose != group or not action_id or number is None or not number.isdigit():
        return None
    return Release(HoldKey(topic, int(number), action_id), _number(headers, "since"))


def read_hold(known: Release, record: RawRecord, registry: Registry) -> Hold | None:
    """Read a hold that is no tombstone, where its key is `known`; raises RegistryDown."""
    said = read_action(record.value, record.headers, registry)
    if not isinstance(said, Action):
        return None
    offset, time, due, tries = (
        _number(record.headers, name) for name in ("offset", "time", "due", "tries")
    )
    theirs = tuple(each for each in record.headers if not each[0].startswith(_PREFIX))
    raw = RawRecord(said.customer_id.encode(), record.value, theirs)
    return Hold(known.key, known.since, offset, time, said, raw, due, tries)


def _key(key: HoldKey, group: str) -> bytes:
    return f"{group}/{key.topic}/{key.action_id}".encode()


def _number(headers: Headers, name: str) -> int:
    told = header(headers, _PREFIX + name) or b""
    return int(told) if told.isdigit() else 0

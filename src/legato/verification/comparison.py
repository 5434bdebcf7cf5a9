"""Holding what there is against what should be: by names, by content, with some to look up."""

from __future__ import annotations

from collections import Counter
from typing import TypeAlias

import msgspec
from msgspec import Struct

from legato.core.context.context import Context
from legato.core.values.ids import derive_id
from legato.core.values.outputs import (
    Action,
    Conversion,
    Decision,
    Output,
    Resolution,
    Retracted,
    Revoked,
    Situation,
)
from legato.wire.state import write_context

EXAMPLES = 10
Count: TypeAlias = "Counter[tuple[str, ...]]"
Name: TypeAlias = tuple[str, str]


class Compared(Struct, frozen=True):
    """What should be there and is not, what is there and should not, what was shown again."""

    lost: Count
    doubled: Count
    repeated: int

    @property
    def wrong(self) -> tuple[str, ...]:
        """Name some of what was lost or doubled, to look for in the topics."""
        return (*_some("lost", self.lost), *_some("doubled", self.doubled))


def compared(wanted: Count, found: Count, repeated: int = 0) -> Compared:
    """Compare two counts of the same kind of names."""
    return Compared(wanted - found, found - wanted, repeated)


def name_of(said: Output) -> Name:
    """Name an output by its kind and its derived id, the same at every replay."""
    match said:
        case Situation(situation_id=name):
            return "situation", name
        case Retracted(situation_id=name):
            return "retracted", name
        case Decision(decision_id=name):
            return "decision", name
        case Action(action_id=name):
            return "action", name
        case Revoked(action_id=name):
            return "revoked", name
        case Conversion() | Resolution():
            return _name_of_outcome(said)


def _name_of_outcome(said: Conversion | Resolution) -> Name:
    if isinstance(said, Conversion):
        return "conversion", said.conversion_id
    return "resolution", said.resolution_id


def digest_of(context: Context) -> str:
    """Name a context by its content, less how often it was written."""
    return derive_id(write_context(msgspec.structs.replace(context, revision=0)).hex())


def _some(what: str, names: Count) -> list[str]:
    return [" ".join((what, *name)) for name in sorted(names)[:EXAMPLES]]

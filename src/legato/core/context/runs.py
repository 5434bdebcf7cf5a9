"""What situations keep of a customer between two events: their runs, in `Context.runs`.

A primitive keeps its runs under its own name, `NAME -> {SITUATION|KEY -> run}`, so that a new
one is a key more and no new version of the context. The absences were there before that rule:
theirs lie beside, as `SITUATION|GOAL -> stages fired since the goal's last touch`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeVar

import msgspec

from legato.core.context.context import Context

R = TypeVar("R")


class KeepsRuns(Protocol):
    """What has runs: a context, or a part of one."""

    @property
    def runs(self) -> dict[str, Any]:
        """What situations keep, by primitive."""


def keys_of_runs(runs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name the situation and the key of each run, but of absences that lie beside."""
    for kept in runs.values():
        for name in kept if isinstance(kept, dict) else ():
            situation, _, key = name.partition("|")
            if key:
                yield situation, key


def runs_of(context: Context, primitive: str, run: type[R]) -> dict[str, R]:
    """Return a copy of the runs of a primitive, by situation and key (`SITUATION|KEY`)."""
    return msgspec.convert(context.runs.get(primitive, {}), dict[str, run])  # type: ignore[valid-type]


def keep_runs(context: Context, primitive: str, runs: dict[str, Any]) -> None:
    """Put the runs of a primitive in the place of those that were kept."""
    if runs:
        context.runs[primitive] = runs
    else:
        context.runs.pop(primitive, None)


def stages_fired(runs: dict[str, Any]) -> dict[str, int]:
    """Of all runs, those of absences: the stages fired, by situation and goal."""
    return {key: fired for key, fired in runs.items() if "|" in key}


def reset_stages(context: Context, subject: str) -> None:
    """End the absences of a goal, or of the customer: the next one is new, at stage 1."""
    for key in [key for key in context.runs if key.endswith(f"|{subject}")]:
        del context.runs[key]

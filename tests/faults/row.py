"""A row of the bench: on which line, which fault, and what must hold; and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from tests.faults.stage import Stage

Fault = Callable[["Stage"], None]
"""Does harm within `with stage.fault():`, and has ended when it returns."""
Check = Callable[["Stage"], Iterable[str]]
"""Names what was not as it should be."""


@dataclass(frozen=True)
class Setting:
    """The line that a fault befalls."""

    brokers: int = 1
    workers: int = 2
    per_second: int = 400
    live: bool = False
    """Is time that of the broker? Else it is that of the events, and a replay can judge."""
    world: bool = False
    """Are references and versions of the playbook read, for which all clocks wait?"""
    idle_s: float = 0.0
    """How long nothing happens before and while the fault lasts."""
    proxied: bool = False
    """Do the workers reach Kafka through proxies only?"""
    password: str = ""
    """What the gate of the brokers asks for; empty = nothing."""
    registry: bool = False
    """Is there a registry of schemas of its own?"""
    program: tuple[str, ...] = ()
    """What Python runs as a worker, if not `legato`."""
    environ: Mapping[str, str] = field(default_factory=dict)
    broker: Mapping[str, str] = field(default_factory=dict)
    """Settings of the brokers."""
    log_mb: int = 0
    """How large the file system of the first broker's log is; 0 = that of the folder."""
    events: int = 150_000
    """How many events there are to tell at most."""


@dataclass(frozen=True)
class Row:
    """One line of the table.

    `ends` are the exit codes that workers may end with on the way: each of them is one way,
    and None is any.
    """

    name: str
    about: str
    fault: Fault
    setting: Setting = Setting()
    within_s: float = 60.0
    mend: Fault | None = None
    """What is put right once the line went on without it."""
    signals: Check = lambda stage: ()
    ends: tuple[tuple[int, ...], ...] | None = ((),)
    deadline_s: float = 420.0


class Result(Struct, frozen=True):
    """What a row came to; `recovered_s` is None if the line did not go on by itself."""

    row: str
    outage_s: float = 0.0
    recovered_s: float | None = None
    lost: int = 0
    doubled: int = 0
    made_up: int = 0
    events: int = 0
    memory_mb: float = 0.0
    complaints: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    took_s: float = 0.0

    @property
    def passed(self) -> bool:
        """Did everything hold?"""
        wrong = self.lost or self.doubled or self.made_up or self.complaints or self.faults
        return self.recovered_s is not None and not wrong

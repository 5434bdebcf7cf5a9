"""What every primitive can do: a way to find situations, one class in one file.

An instance is one situation of a playbook, frozen and shared by all customers. What it keeps of
one of them between two events are its *runs*; they lie in the context (`Context.runs`), under
the name of the primitive, so that a new primitive needs no new version of the state. The list
is `core/situations/primitives.py`; `legato.testing.check_primitive` holds one to all of this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from enum import Enum
from typing import Any, ClassVar, Self, TypeAlias

from msgspec import Raw, Struct

from legato.core.conditions.compile import NAMES, Names
from legato.core.conditions.scope import Scope
from legato.core.context.context import Context
from legato.core.context.forgetting import ForgetAfter
from legato.core.context.past import KeptPast
from legato.core.events.event import Event
from legato.core.events.types import EventType
from legato.core.situations.lineage import FIRST, Lineage
from legato.core.values.outputs import Retracted, Situation
from legato.core.values.time import NEVER, Instant, Span

Runs: TypeAlias = dict[str, Any]
"""Entries of `Context.runs`."""


class RunDropped(Struct, frozen=True, gc=False):
    """That a customer had too many runs of a situation, so that the oldest was dropped."""

    situation: str


News: TypeAlias = Situation | Retracted | RunDropped
"""A situation that was found, one that turned out to be none, or a run that was dropped."""
Found: TypeAlias = tuple[News, bool]
"""What time alone showed, and whether its next stage is due as well by now."""
REFERENCES = "references"
"""Where in the evidence of a situation stands which versions of references showed it."""

SAMPLE_START: Instant = 1_772_445_600_000
"""2 March 2026, 10:00 UTC, a Monday: when the stories of samples start."""
SHOE_ADDED = Event(
    id="1",
    type="cart.item_added",
    channel="web",
    time=SAMPLE_START,
    data=Raw(b'{"sku": "SHOE"}'),
)
"""The event with which samples of carts begin; whoever plays it takes a copy."""


class Strict(Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping that people write; a key that it does not know is an error."""


class Wake(Enum):
    """Which events of a type a situation is asked about."""

    NEVER = 0
    ON_CHANNEL_CHANGE = 1
    """Those by which the customer comes to another channel than they were on."""
    ALWAYS = 2
    """Each; one that it does not pass over cannot take the fast path."""


class Upcoming(Struct, frozen=True):
    """A stage of a situation that comes about at `time` unless something happens.

    `stage` counts from 1, `subject` is what it is about: a goal (`cart:-`) or the customer.
    """

    situation: str
    stage: int
    subject: str
    time: Instant


class Sample(Struct, frozen=True):
    """How a situation is written, and what it finds in a story of one customer.

    `written` stands under the primitive's word in a playbook. `events` are told in order of
    time, then time goes on for `then`; `found` are (time, stage) of what is found.
    """

    title: str
    written: dict[str, Any]
    events: tuple[Event, ...]
    then: Span
    found: tuple[tuple[Instant, int | None], ...]


class Primitive(Struct, frozen=True):
    """A situation of a playbook, and the way in which it is found.

    What it does not say of itself it does not do: no event wakes it, nothing is due, it keeps
    no runs.
    """

    word: ClassVar[str]
    """Its key in a playbook, and the name under which its runs are kept."""
    text: ClassVar[type[Strict]]
    """What people write under that key."""

    looks_again: ClassVar[bool] = False
    """Is it asked about an event once more, when that is applied (`on_applied`)?"""

    name: str
    """The name of the situation."""

    @property
    def lineage(self) -> Lineage:
        """What counted before it, and since when it counts."""
        return FIRST

    @property
    def shape(self) -> tuple[object, ...]:
        """What must stay as it is for its runs to go on under another definition."""
        return (type(self),)

    def with_lineage(self, lineage: Lineage) -> Self:
        """Take what counted before."""
        return self

    @classmethod
    def parse(cls, name: str, text: Any, names: Names = NAMES) -> Primitive:  # noqa: ANN401 - it is of type `cls.text`
        """Compile what people wrote; raises ValueError with one sentence.

        `names` are what its conditions may say.
        """
        raise NotImplementedError

    def placed(self, goal: str, time_zone: str) -> Self:
        """Take what else the playbook says of it: the goal that its key names, and the zone.

        Raises ValueError if it cannot be said of it.
        """
        if goal:
            raise ValueError("it has no key that names a goal; leave out `goal`")
        return self

    @property
    def types(self) -> tuple[str, ...]:
        """The types and globs of the events that show it; none if that may be any, or none."""
        return ()

    def keeping(self, reads: frozenset[str]) -> Self:
        """Keep of an event what its actions read, should they be decided later."""
        return self

    @property
    def needs(self) -> tuple[KeptPast, ...]:
        """What must be kept of the past of each customer, so that it can be found."""
        return ()

    @property
    def stages(self) -> int:
        """How many stages it has; 0 if it happens once."""
        return 0

    def check(self, forget: ForgetAfter) -> Iterator[str]:
        """Say what cannot be meant, and what to write instead."""
        return iter(())

    def describe(self) -> str:
        """Say in a few words what it looks for."""
        raise NotImplementedError

    def wakes_on(self, kind: EventType) -> Wake:
        """Tell which events of this type it is to be asked about."""
        return Wake.NEVER

    def passes_over(self, scope: Scope, event: Event) -> bool:
        """Would `on_event` do and find nothing? False where that is not easily told."""
        return False

    def on_event(self, scope: Scope, event: Event) -> Sequence[News]:
        """Judge an event for which it wakes; asked before the event is applied.

        All situations share the scope of an event, which has the context, and keeps what was
        read.
        """
        return ()

    def on_applied(self, scope: Scope, event: Event) -> Sequence[News]:
        """Judge an event for which it wakes once more, after it is applied."""
        return ()

    def told_of(self, scope: Scope) -> frozenset[str] | None:
        """Name what was told of that the event speaks of, by situation id; None if of all."""
        return None

    def next_due(self, context: Context) -> Instant:
        """Return when time alone shows something, or lets a run go; NEVER if it does not."""
        return NEVER

    def take_anew(self, context: Context, stores: Set[str], clock: Instant) -> None:
        """Take what holds now without a word: these stores know more of the past than before.

        So far time has come; nothing may be due of before.
        """

    def upcoming(self, context: Context) -> list[Upcoming]:
        """List what time will show; nothing is due before `next_due`."""
        return []

    def on_timer(self, scope: Scope, clock: Instant) -> list[Found]:
        """Tell what is due at the instant of the scope, and note in its runs that it was told.

        `clock` is how far time is known; it is later than that if we were away.
        """
        return []

    @classmethod
    def merge(
        cls, situations: Mapping[str, Self], ours: Context, theirs: Context, since: Instant
    ) -> Runs:
        """Return the runs of two contexts that turned out `since` then to be one customer's.

        `situations` are those of the playbook, by name; runs may be of others as well. Which
        side is whose must not matter.
        """
        return {}

    @classmethod
    def rebuilt(cls, before: Context, after: Context) -> Runs:
        """Return the runs of a context that was made anew from the log.

        Nothing is said while it is made, so `before` knows what was told in truth.
        """
        return {key: run for key, run in after.runs.items() if key == cls.word}

    @classmethod
    def samples(cls) -> tuple[Sample, ...]:
        """Show what it finds, and what not."""
        raise NotImplementedError

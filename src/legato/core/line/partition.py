"""All customers of one partition: their contexts, the heap of what is due, and the clock."""

from __future__ import annotations

import sys
from collections.abc import Callable, Container, Iterable
from heapq import heapify, heappop, heappush

from legato.core.conditions.scope import Scope
from legato.core.context.codec import Codec
from legato.core.context.context import Context
from legato.core.context.past import is_aligned
from legato.core.decisions.asking import Asking
from legato.core.decisions.brake import Brake
from legato.core.decisions.judges import Judges, nobody
from legato.core.decisions.reports import Report
from legato.core.events.event import Event
from legato.core.events.types import EventType
from legato.core.identity.commands import Command
from legato.core.identity.state import HELD
from legato.core.line.fast_path import try_fast_path
from legato.core.line.pipeline import LineParts, on_event, on_tick
from legato.core.line.touchpoints import touchpoint_of
from legato.core.playbook.definition import Playbook
from legato.core.references.airings import exposure_before
from legato.core.references.as_of import references_at
from legato.core.references.table import ReferenceTable
from legato.core.situations.protocol import Primitive
from legato.core.values.outputs import JourneyTouchpoint, Output
from legato.core.values.results import WAITING, Ignored, Rejected
from legato.core.values.time import LONG_AGO, NEVER, Instant


class TimerFailed(Exception):
    """Letting time pass for a customer raised; the cause is the exception's cause."""

    def __init__(self, customer_id: str) -> None:
        super().__init__("a timer failed")
        self.customer_id = customer_id


def _nobody(_: str) -> None:
    """Find no context: all there are were made here."""


def _stay(_: Instant) -> None:
    """Go on by the only playbook there is."""


def _leave(_: Context) -> tuple[Output, ...]:
    """Take nothing back: there is nothing that it does not do any more."""
    return ()


def _is_of_none(context: Context, kind: EventType, event: Event) -> bool:
    """Does a report of an action come to one who has none that it could be about?"""
    if context.actions or context.reserved:
        return False
    return not isinstance(kind.read_payload(event), Rejected)


class Partition:
    """The line for the customers of one partition, over contexts that somebody else stores.

    After each call, `outputs` holds what came of it in order (the caller takes and clears it),
    and `dirty` the contexts that changed (the caller may take it and put an empty one in its
    place). `cache` are all contexts that were touched; the caller may take out those that are
    not dirty, and from then on `load` must return them. The clock never goes back. For
    customers in `suspended` no time passes; one whose timer fails is named by TimerFailed.

    With `continuous`, time is taken to have passed evenly between two events (replay, and
    sources whose clock follows event time); without, a jump of the clock means that this
    process was away, and of several stages due at once only the latest is decided.

    `references` are what conditions read as `ref`; somebody else keeps them.
    `judges` names whom to ask about an address; `commands` holds what is to be sent to them.
    `brake` knows the free slots of channels that have a rate; without, nothing waits for one.

    With `touchpoints`, those hold one for each event that was followed, for the caller to take;
    with `reports`, what was reported of actions, and which runs were dropped.

    `changed` are the contexts that changed since somebody who wants to know put a dict there.

    With `timers_most`, a jump of the clock fires so many timers at most, and the clock comes as
    far as that; the next entry goes on from there. So however much became due while nobody was
    there, neither a turn nor a checkpoint grows beyond bounds, and each log has one way to go.

    As the clock reaches `turns_at`, what is due before fires; then `turn` is called, which must
    put `turns_at` off. `withdraw` takes back what was decided by a playbook before.
    """

    def __init__(  # noqa: PLR0913 - all that differs between a worker, a replay and a rebuild
        self,
        playbook: Playbook,
        codec: Codec,
        load: Callable[[str], Context | None] = _nobody,
        *,
        continuous: bool,
        touchpoints: bool = False,
        reports: bool = False,
        judges: Judges = nobody,
        references: ReferenceTable | None = None,
        brake: Brake | None = None,
        timers_most: int = 0,
    ) -> None:
        self.codec = codec
        self._most = timers_most or sys.maxsize
        self.touchpoints: list[JourneyTouchpoint] | None = [] if touchpoints else None
        self.load = load
        self.continuous = continuous
        self.clock: Instant = LONG_AGO
        self.outputs: list[Output] = []
        self.cache: dict[str, Context] = {}
        self.dirty: dict[str, Context] = {}
        self.changed: dict[str, Context] | None = None
        self.timers: dict[str, Instant] = {}
        self.suspended: Container[str] = ()
        self.commands: list[Command] = []
        self.references = ReferenceTable() if references is None else references
        self.brake = brake
        self.asking = Asking(playbook, codec, judges, self.commands, self.references)
        self.reports: list[Report] | None = [] if reports else None
        self.turns_at: Instant = NEVER
        self.turn: Callable[[Instant], None] = _stay
        self.withdraw: Callable[[Context], tuple[Output, ...]] = _leave
        self._heap: list[tuple[Instant, str]] = []
        self.follow_playbook(playbook)

    def follow_playbook(self, playbook: Playbook) -> None:
        """Go by this playbook from now on."""
        self.playbook = self.asking.playbook = playbook
        if self.brake is not None:
            self.brake.go_by(playbook.rates)
        self.asking.brake = self.brake if playbook.rates else None
        self._rules, self._of, self._past = playbook.by_type, playbook.rules_of, playbook.past
        self._line = LineParts(
            playbook,
            self.codec,
            self.asking,
            self.references,
            self.touchpoints,
            self.reports,
        )

    def feed(self, event: Event, clock: Instant) -> Rejected | Ignored | None:
        """Move the clock, fire what is due before the event, then follow the event.

        None means followed. A rejected or repeated event has changed nothing.
        """
        customer_id = event.customer_id
        if clock > self.clock:
            if clock >= self.turns_at or (self._heap and self._heap[0][0] <= clock):
                self._reach(clock, customer_id, event.time)
            else:
                self.clock = clock
        context = self.cache.get(customer_id) or self._wake(customer_id)
        rules = self._rules[event.type] if event.initiated is None else self._of(event)
        routine = (
            (rules.plain or (rules.of_actions and _is_of_none(context, rules.kind, event)))
            and is_aligned(context, self._past)
            and (event.location is None or not self._is_brought(event))
            and (not rules.always or self._is_passed_over(rules.always, context, event))
        )
        if routine and try_fast_path(context, event, rules.kind, self.clock):
            context.revision += 1
            self.dirty[customer_id] = context
            if self.changed is not None:
                self.changed[customer_id] = context
            if self.touchpoints is not None:
                self._note_touchpoint(context, event, rules.kind)
            return None
        return self._follow(context, event)

    def _note_touchpoint(self, context: Context, event: Event, kind: EventType) -> None:
        """Tell of an event that took the fast path."""
        told = kind.read_payload(event)
        if self.touchpoints is not None and not isinstance(told, Rejected):
            self.touchpoints.append(touchpoint_of(context, event, told))

    def _is_passed_over(
        self, asked: Iterable[Primitive], context: Context, event: Event
    ) -> bool:
        """Does the event mean nothing to any of the situations that are asked about it?"""
        references = references_at(self.references, event.time)
        scope = Scope(event.time, context, event, None, references)
        for some in asked:  # noqa: SIM110 - `all` would take as long as one of them does
            if not some.passes_over(scope, event):
                return False
        return True

    def _is_brought(self, event: Event) -> bool:
        """Was something aired before an event that may have led to it?"""
        return exposure_before(self.references, event) is not None

    def advance(self, clock: Instant) -> None:
        """Move the clock and fire what is due."""
        if clock > self.clock:
            self._reach(clock, "", clock)

    def _reach(self, clock: Instant, feeding: str, until: Instant) -> None:
        """Move the clock and fire what is due; where another playbook counts, go by that."""
        while (at := self.turns_at) <= clock:
            if not self._fire_to(max(self.clock, at - 1), feeding, until):
                return
            self.clock = max(self.clock, at)
            self.turn(at)
        self._fire_to(clock, feeding, until)

    def _fire_to(self, clock: Instant, feeding: str, until: Instant) -> bool:
        """Move the clock and fire what is due by then; say whether it came that far."""
        before, self.clock = self.clock, clock
        left = self._sweep(feeding, until, self._most)
        if left > clock:
            return True
        self.clock = max(before, left - 1)
        return False

    def restore_timers(self, dues: dict[str, Instant]) -> None:
        """Start from when everybody is next due, as restore and undo read it off the bytes."""
        self.timers = dues
        self._heap = list(zip(dues.values(), dues, strict=True))
        heapify(self._heap)

    def schedule(self, customer_id: str, due: Instant) -> None:
        """Note when a customer is next due."""
        if HELD < due < self.timers.get(customer_id, NEVER):
            self._set_timer(customer_id, due)

    @property
    def next_due(self) -> Instant:
        """When something may be due next; customers who moved on may be looked at in vain."""
        return self._heap[0][0] if self._heap else NEVER

    @property
    def dues(self) -> dict[str, Instant]:
        """When each customer is next due, of those who ever will be."""
        dues = {
            customer_id: self.context_of(customer_id).next_due for customer_id in self.timers
        }
        return {name: due for name, due in dues.items() if HELD < due < NEVER}

    def _follow(self, context: Context, event: Event) -> Rejected | Ignored | None:
        """Take an event through the whole pipeline, and see when its customer is due then."""
        due, turned_away = context.next_due, None
        answer = on_event(self._line, context, event, self.clock)
        if isinstance(answer, tuple):
            self.outputs += answer
        else:
            turned_away = answer
        if turned_away is None or turned_away is WAITING:
            self._note(context)
            if context.next_due != due:
                self.schedule(context.customer_id, context.next_due)
        if context.next_due <= self.clock:
            self._sweep("", self.clock)
        return turned_away

    def _wake(self, customer_id: str) -> Context:
        """Get a context that is not live; a new one becomes so once something came of it."""
        context = self.load(customer_id)
        if context is None:
            return Context(customer_id)
        self.cache[customer_id] = context
        return context

    def _note(self, context: Context) -> None:
        """A context changed."""
        if not context.revision:
            self.cache[context.customer_id] = context
        context.revision += 1
        self.dirty[context.customer_id] = context
        if self.changed is not None:
            self.changed[context.customer_id] = context

    def context_of(self, customer_id: str) -> Context:
        """Get a context as of now, or an empty one."""
        return self.cache.get(customer_id) or self._wake(customer_id)

    def tell(self, context: Context, outputs: tuple[Output, ...]) -> None:
        """Something came of a context, though neither by an event nor in time."""
        self.outputs += outputs
        self._note(context)

    def replace(self, context: Context) -> None:
        """Take a context that was changed by what is no event; let time catch up with it."""
        self.outputs += self.withdraw(context)
        if context.next_due != HELD:
            self.outputs += on_tick(self._line, context, LONG_AGO)
            while context.next_due <= self.clock:
                until = context.next_due if self.continuous else self.clock
                self.outputs += on_tick(self._line, context, until)
        self.cache[context.customer_id] = context
        self._note(context)
        self.schedule(context.customer_id, context.next_due)

    def _set_timer(self, customer_id: str, at: Instant) -> None:
        """Look at this customer at this instant, and not at another."""
        self.timers[customer_id] = at
        heappush(self._heap, (at, customer_id))

    def _sweep(self, feeding: str, until: Instant, room: int = sys.maxsize) -> Instant:
        """Fire what the clock reached; the customer being fed only up to their event.

        Returns when the next is due for whom there was no room; NEVER if there was for all.
        """
        heap, held, left = self._heap, None, NEVER
        while heap and heap[0][0] <= self.clock:
            due, customer_id = heappop(heap)
            if self.timers.get(customer_id) != due:
                continue
            now_due = self.context_of(customer_id).next_due
            if now_due != due:
                self._look_later(customer_id, now_due)
            elif customer_id != feeding:
                if not room:
                    heappush(heap, (due, customer_id))
                    left = due
                    break
                room -= 1
                self._tick(customer_id, due, self.clock)
            elif due <= until:
                self._tick(customer_id, due, min(until, self.clock))
            else:
                held = due, customer_id
        if held is not None:
            heappush(heap, held)
        return left

    def _look_later(self, customer_id: str, due: Instant) -> None:
        """Most due times move on before they come: one entry a customer follows them."""
        if due in (NEVER, HELD):
            del self.timers[customer_id]
        else:
            self._set_timer(customer_id, due)

    def _tick(self, customer_id: str, due: Instant, clock: Instant) -> None:
        """Let time pass for one customer; the one being fed must not run ahead of the event."""
        del self.timers[customer_id]
        if customer_id in self.suspended:
            return
        try:
            context = self.context_of(customer_id)
            until = due if self.continuous else clock
            self.outputs += on_tick(self._line, context, until)
        except Exception as error:
            raise TimerFailed(customer_id) from error
        self._note(context)
        self.schedule(customer_id, context.next_due)

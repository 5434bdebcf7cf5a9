"""Makes two contexts of one from the log, after an identifier was split off.

What the log holds is followed anew, in order of receipt, each event for the customer whose it
is now. What is older cannot be told apart: it stays where it is. Nothing that comes of it is
said again; which actions were taken, and which stages were told, stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from legato.core.context.as_of import context_as_of
from legato.core.context.cart_log import digest_of
from legato.core.context.codec import Codec
from legato.core.context.consent import stricter
from legato.core.context.context import SEEN_ENTRY, Context
from legato.core.context.erasure import erasures_before, united_erasures
from legato.core.context.identifiers import keep_identifiers
from legato.core.context.past import PAST, know_since, rebuilt_past
from legato.core.context.retention import SEEN_ALWAYS
from legato.core.context.runs import keep_runs
from legato.core.decisions.attribution import keep_conversions
from legato.core.decisions.resolution import keep_told, trails_before
from legato.core.decisions.touches import without_touches
from legato.core.events.event import Event
from legato.core.identity.split import SplitPlan
from legato.core.line.partition import Partition
from legato.core.line.pipeline import followed_id
from legato.core.merge.merge import copy_of, merge
from legato.core.playbook.definition import Playbook
from legato.core.references.table import ReferenceTable
from legato.core.situations.entry_policy import LAST_ENTRIES
from legato.core.values.time import Instant


class Log(Struct, frozen=True):
    """What the log holds of the two: events in any order, each once or more.

    From `start` on it holds all (LONG_AGO: all that there ever was). `clock` is how far time
    had come when the customer's context was written. `references` are as they are known now.
    """

    events: tuple[Event, ...]
    start: Instant
    clock: Instant
    references: ReferenceTable = field(default_factory=ReferenceTable)


class SplitResult(Struct, frozen=True):
    """What the two should be: how many events went to each, of which none is in the other."""

    customer: Context
    other: Context
    stayed: int
    went: int


def rebuild(
    playbook: Playbook, codec: Codec, parting: SplitPlan, context: Context, log: Log
) -> SplitResult:
    """Rebuild a customer's context, which is not changed, and that of what was split off."""
    known = _KnownIds(playbook, codec, context)
    shared = _shared(parting, known, log)
    partition = Partition(playbook, codec, continuous=True, references=log.references)
    line = _follow(partition, shared, log.clock)
    mine, theirs = parting.customer_id, parting.split
    went = {followed_id(playbook, event) for event in shared if event.customer_id == theirs}
    past = context_as_of(context, log.start)
    past.trails = trails_before(context, log.start)
    past.waiting = tuple(each for name, each in known.waiting.items() if name not in went)
    customer, _ = merge(playbook, past, line.get(mine) or Context(mine))
    keep_identifiers(customer, parting.stays)
    gone = {*map(digest_of, went)}
    customer.seen = _without(context.seen, gone)
    customer.actions = copy_of(context).actions
    keep_conversions(customer, context)
    keep_told(customer, context)
    customer.asks, customer.questions = context.asks, context.questions
    customer.reserved, customer.rejections = context.reserved, context.rejections
    customer.assigned = context.assigned
    _keep_runs(playbook, context, customer, gone)
    other = line.get(theirs) or Context(theirs)
    _bring_along(context, other, log)
    return SplitResult(customer, other, len(shared) - len(went), len(went))


def _keep_runs(playbook: Playbook, before: Context, after: Context, gone: set[bytes]) -> None:
    """Let each primitive keep what it knew, and of the past all but what is another's now."""
    past = rebuilt_past(before, after, gone)
    after.runs = {
        key: run
        for primitive in playbook.primitives
        for key, run in primitive.rebuilt(before, after).items()
    }
    keep_runs(after, LAST_ENTRIES, before.runs.get(LAST_ENTRIES, {}))
    keep_runs(after, PAST, past)
    after.next_due = playbook.next_due(after)


class _KnownIds:
    """Which events a context has followed, as far as it remembers."""

    def __init__(self, playbook: Playbook, codec: Codec, context: Context) -> None:
        self._playbook = playbook
        self._digests = frozenset(context.digests)
        full = len(context.seen) >= SEEN_ALWAYS * SEEN_ENTRY
        self._since = int.from_bytes(context.seen[:4], "little") if full else 0
        self.waiting = {
            self.name_of(codec.read_event(each.event)): each for each in context.waiting
        }

    def name_of(self, event: Event) -> str:
        """Return the id by which an event is remembered."""
        return followed_id(self._playbook, event)

    def has(self, event: Event) -> bool:
        """Was it followed? One that is older than what is remembered counts as if."""
        seen = digest_of(self.name_of(event)) in self._digests
        return seen or event.received // 1000 < self._since


def _shared(parting: SplitPlan, known: _KnownIds, log: Log) -> list[Event]:
    """Share the events out, each once, and leave out what the customer is still to follow."""
    shared: dict[str, Event] = {}
    for event in log.events:
        name = known.name_of(event)
        if event.received < log.start or name in shared:
            continue
        whose = parting.owner_of(event)
        if whose == parting.split:
            counts = event.received <= parting.time or known.has(event)
        else:
            counts = bool(whose) and known.has(event) and name not in known.waiting
        if counts:
            own = parting.own(event, whose)
            shared[name] = replace(event, customer_id=whose, identifiers=own)
    return sorted(shared.values(), key=_order)


def _order(event: Event) -> tuple[Instant, Instant, str]:
    return event.received, event.time, event.id


def _follow(line: Partition, events: list[Event], clock: Instant) -> Mapping[str, Context]:
    """Follow events in silence: what they lead to was said, or will be."""
    for event in events:
        line.feed(event, event.received)
        line.outputs.clear()
    line.advance(clock)
    for context in line.cache.values():
        context.actions, context.rejections, context.assigned = (), (), {}
    return line.cache


def _without(seen: bytearray, gone: set[bytes]) -> bytearray:
    entries = (seen[at : at + SEEN_ENTRY] for at in range(0, len(seen), SEEN_ENTRY))
    return bytearray().join(entry for entry in entries if bytes(entry[4:]) not in gone)


def _bring_along(context: Context, other: Context, log: Log) -> None:
    """Let what was split off keep what protects it: caps that it used up, what was
    rejected there, old refusals, and whether anybody asked to be forgotten back then."""
    know_since(other, log.start)
    addresses = {value for values in other.identifiers.values() for value in values}
    other.actions = tuple(
        replace(without_touches(taken), goals=(), scope={}, handoff=False, retry=None)
        for taken in context.actions
        if taken.address in addresses and taken.not_before <= log.clock
    )
    sent = {taken.action_id for taken in other.actions}
    other.rejections = tuple(each for each in context.rejections if each.action_id in sent)
    other.reserved = tuple(
        each for each in context.reserved if each.ask.to == other.customer_id
    )
    for name, wish in context.consents.items():
        if wish.time < log.start and wish.status != "granted":
            other.consents[name] = stricter(other.consents.get(name, wish), wish)
    asked = erasures_before(context.erasures, log.start)
    other.erasures = united_erasures(other.erasures, asked)

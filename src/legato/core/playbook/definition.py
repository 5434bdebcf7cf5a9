"""The compiled playbook: which situations to look for, and what may be done about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from legato.core.conditions.aggregates import AggregateCall
from legato.core.conditions.compile import Condition
from legato.core.conditions.past import kept_of
from legato.core.context.context import Context
from legato.core.context.forgetting import ForgetAfter
from legato.core.context.past import PAST, KeptPast, PastNeeds, past_due, united_needs
from legato.core.events.event import Event
from legato.core.events.globs import fits_type
from legato.core.events.payloads import READERS, ActionFeedback
from legato.core.events.types import MOST_EVENT_TYPES, EventType, EventTypes
from legato.core.events.vocabulary import REFERENCE, REPLY, VIEWED, VOCABULARY, Vocabulary
from legato.core.playbook.learning import Learning
from legato.core.playbook.rules import NO_RULES, ContactRules
from legato.core.playbook.templates import Template
from legato.core.situations.change import Change, ChangeRun, change_runs
from legato.core.situations.entries import EntryRun, entry_runs, situation_of
from legato.core.situations.entry_primitive import EntryPrimitive
from legato.core.situations.options import SituationOptions
from legato.core.situations.primitives import PRIMITIVES
from legato.core.situations.protocol import Primitive, Upcoming, Wake
from legato.core.values.time import DAY, HOUR, NEVER, Instant, Span


class Requirement(Struct, frozen=True):
    """What must hold for a candidate; every field that is not empty is asked.

    `value_at_least` is one number for carts of one currency, or one for each by its code.
    """

    to: tuple[str, ...] = ()
    come_from: tuple[str, ...] = ()
    goal: tuple[str, ...] = ()
    stage: tuple[int, ...] = ()
    value_at_least: float | dict[str, float] = 0.0


When: TypeAlias = Requirement | Condition
"""What must hold: named in the short form, or written as a condition."""


class Weight(Struct, frozen=True):
    """A context weight: `percent` more (or less) when it holds."""

    when: When
    percent: float


class ActionDefinition(Struct, frozen=True):
    """An action that may be taken in a situation, on one channel, for one purpose.

    `params` go along as they are, `templates` once they are filled. An `offer` that it makes is
    the only one until the action expires. While it is `paused`, it always loses.
    """

    name: str
    situation: str
    channel: str
    purpose: str
    content_ref: str
    when: When = Requirement()
    propensity: float = 1.0
    value: float = 1.0
    lever: float = 1.0
    weights: tuple[Weight, ...] = ()
    expires: Span = 4 * HOUR
    handoff: bool = False
    params: dict[str, str] = {}
    offer: str = ""
    templates: dict[str, Template] = {}
    paused: bool = False

    @property
    def reads(self) -> frozenset[str]:
        """The fields that its conditions and templates look at."""
        whens = (self.when, *(weight.when for weight in self.weights))
        found = [each.reads for each in whens if isinstance(each, Condition)]
        return frozenset().union(*found, *(each.reads for each in self.templates.values()))


Calendar = Literal["", "day", "week", "month"]
"""What a cap may count by besides a span: weeks begin on Monday."""


class FrequencyCap(Struct, frozen=True):
    """At most `most` actions `per` span among those that match the other fields.

    With a `calendar`, no more either in a day, week or month of the customer's own; then `per`
    may be 0, which is no span.
    """

    name: str
    most: int
    per: Span
    purpose: str = ""
    channel: str = ""
    situation: str = ""
    calendar: Calendar = ""

    def counts(self, purpose: str, channel: str, situation: str) -> bool:
        """Tell whether an action of this kind falls under the cap."""
        return (
            self.purpose in ("", purpose)
            and self.channel in ("", channel)
            and self.situation in ("", situation)
        )


class QuietHours(Struct, frozen=True):
    """No delivery between two minutes of the customer's day; an unknown zone is all `zones`."""

    start: int
    end: int
    channels: tuple[str, ...]
    zones: tuple[str, ...] = ("UTC",)


class ChannelSpec(Struct, frozen=True):
    """How a channel is addressed: by an identifier (push), or where the customer is (pull)."""

    name: str
    identifiers: tuple[str, ...] = ()
    pull: bool = False


NO_OPTIONS = SituationOptions()
_NEVER_DUE = Primitive.next_due


class Playbook(Struct, frozen=True, dict=True):
    """Everything that marketing and service people decide.

    `primitives` are the ways to find situations that it knows, those without a situation too:
    contexts may hold runs of what an older playbook looked for. `attribution` is how long
    after it reached the customer what they do is put down to an action.
    `asked` is what its conditions ask of the past; without `learning`, nothing is learned.
    `rates` say of channels how many actions may go out in an hour, over all partitions.
    """

    situations: tuple[Primitive, ...] = ()
    actions: dict[str, tuple[ActionDefinition, ...]] = {}
    caps: tuple[FrequencyCap, ...] = ()
    quiet_hours: QuietHours | None = None
    channels: dict[str, ChannelSpec] = {}
    implied: frozenset[str] = frozenset(("service",))
    muted_by_case: frozenset[str] = frozenset(("promotion",))
    forget: ForgetAfter = ForgetAfter()
    attribution: Span = 3 * DAY
    version: str = ""
    options: dict[str, SituationOptions] = {}
    time_zone: str = "UTC"
    primitives: tuple[type[Primitive], ...] = PRIMITIVES
    vocabulary: Vocabulary = VOCABULARY
    rules: ContactRules = NO_RULES
    asked: tuple[AggregateCall, ...] = ()
    written: dict[str, str] = {}
    """Situation -> a digest of how it is written: another means another definition."""
    learning: Learning | None = None
    rates: dict[str, int] = {}

    @cached_property
    def past(self) -> PastNeeds:
        """What is kept of the past of each customer, by the names of the stores."""
        needs = (need for each in self.situations for need in each.needs)
        return united_needs((*kept_of(self.asked).values(), *needs))

    @cached_property
    def action_names(self) -> frozenset[str]:
        """The names of all that it may do."""
        return frozenset(
            plan.name for plans in self.actions.values() for plan in plans if not plan.paused
        )

    @cached_property
    def pulls(self) -> frozenset[str]:
        """The channels on which customers come to us, where somebody sees to what is open."""
        return frozenset(name for name, each in self.channels.items() if each.pull)

    @cached_property
    def of_references(self) -> frozenset[str]:
        """The situations that changes of references alone show.

        What they keep of a key must not let more be told of it: that would never end.
        """
        return frozenset(
            each.name
            for each in self.situations
            if each.types and all(kind.startswith(REFERENCE) for kind in each.types)
        )

    @cached_property
    def by_type(self) -> RulesByType:
        """What is to be done with events, by their type."""
        return RulesByType(self)

    @cached_property
    def by_type_of_others(self) -> RulesByType:
        """What is to be done with events that no customer caused, whatever their type."""
        return RulesByType(self, by_others=True)

    def rules_of(self, event: Event) -> EventRules:
        """What is to be done with this event."""
        rules = self.by_type if event.initiated is not False else self.by_type_of_others
        return rules[event.type]

    def options_of(self, situation: str) -> SituationOptions:
        """What is said of a situation besides how it is found."""
        return self.options.get(situation, NO_OPTIONS)

    @cached_property
    def consent_channels(self) -> frozenset[str]:
        """The channels that a consent may be about, besides those that everybody knows."""
        return frozenset(self.channels)

    def next_due(self, context: Context) -> Instant:
        """Return the earliest instant at which time alone changes something; NEVER if none."""
        due = self.forget.next_due(context)
        for question in context.questions:
            due = min(due, question.time)
        for situation in self._deriving:
            if (next_due := situation.next_due(context)) < due:
                due = next_due
        return min(due, self._next_run(context)) if context.runs else due

    def _next_run(self, context: Context) -> Instant:
        """Return when what situations keep is due, or the past is to be let go."""
        due = past_due(context, self.past) if PAST in context.runs else NEVER
        for names, runs in self._timed_runs(context):
            for name, run in runs.items():
                if run.due < due and situation_of(name) in names:
                    due = run.due
        return due

    def shown_by_time(self, context: Context, now: Instant) -> Sequence[Primitive]:
        """The situations to ask what time shows now: of those that note when, whose is due."""
        due = {
            situation_of(name)
            for names, runs in self._timed_runs(context)
            for name, run in runs.items()
            if run.due <= now
        }
        if not due:
            return self._deriving
        asked = due.union(each.name for each in self._deriving)
        return [each for each in self.situations if each.name in asked]

    def _timed_runs(
        self, context: Context
    ) -> Iterator[tuple[frozenset[str], Mapping[str, ChangeRun | EntryRun]]]:
        """The runs that note when they are due, with the situations whose they may be."""
        for word in context.runs:
            names = self._by_word.get(word)
            if names is not None:
                is_change = word == Change.word
                yield names, change_runs(context) if is_change else entry_runs(context, word)

    @cached_property
    def _deriving(self) -> tuple[Primitive, ...]:
        """The situations that are due by what the context holds anyway, if they ever are."""
        timed = [each for each in self.situations if type(each).next_due is not _NEVER_DUE]
        return tuple(each for each in timed if not isinstance(each, EntryPrimitive | Change))

    @cached_property
    def _by_word(self) -> dict[str, frozenset[str]]:
        """Word of a primitive -> its situations, of those that note when they are due.

        A run of another playbook, be it of a situation of the same name, is due for nobody.
        """
        kept = [each for each in self.situations if isinstance(each, EntryPrimitive | Change)]
        return {
            word: frozenset(each.name for each in kept if each.word == word)
            for word in {each.word for each in kept}
        }

    def upcoming(self, context: Context) -> list[Upcoming]:
        """List what time will show of a customer, if nothing comes between."""
        return [each for situation in self.situations for each in situation.upcoming(context)]


class EventRules(Struct, frozen=True, gc=False):
    """What is to be done with events of one type.

    `always` are the situations to ask about each, `elsewhere` those to ask as well when it
    comes on another channel, `ended` those that it may end. `plain` says that it tells nothing
    more: such an event can take the fast path, if all that are asked about each pass it over.
    `brief` says that none is asked, so that it moves nothing that is due. It is kept in the
    stores `kept`; `watching` are asked again once it is. `of_actions` says that it tells what
    became of an action, and nothing more: it is plain to whom none was sent.
    """

    kind: EventType
    always: tuple[Primitive, ...]
    elsewhere: tuple[Primitive, ...]
    plain: bool
    ended: tuple[Primitive, ...] = ()
    kept: tuple[KeptPast, ...] = ()
    watching: tuple[Primitive, ...] = ()
    of_actions: bool = False

    @property
    def brief(self) -> bool:
        """Does it tell nothing, and is nobody asked about it?"""
        return self.plain and not self.always


class RulesByType(dict[str, EventRules]):
    """Event type -> what is to be done with it, found out when it is first asked for."""

    def __init__(self, playbook: Playbook, *, by_others: bool = False) -> None:
        self._situations, self._options = playbook.situations, playbook.options
        self._past = (*playbook.past.values(),)
        self._by_others = by_others
        self._types = EventTypes(playbook.vocabulary)

    def __missing__(self, event_type: str) -> EventRules:
        kind = self._types[event_type]
        if self._by_others:
            kind = replace(kind, initiated=False, is_look=False)
        wakes = [(each, each.wakes_on(kind)) for each in self._situations]
        always = tuple(each for each, wake in wakes if wake is Wake.ALWAYS)
        elsewhere = tuple(each for each, wake in wakes if wake is not Wake.NEVER)
        ended = tuple(each for each in self._situations if self._may_end(each, event_type))
        kept = tuple(each for each in self._past if fits_type(each.types, event_type))
        told = kind.is_reference or kind.is_awaiting or event_type == REPLY
        alone = not (told or ended or kept or kind.is_outcome or event_type == VIEWED)
        of_actions = alone and kind.read is READERS[ActionFeedback]
        plain = alone and kind.read is None
        watching = tuple(each for each in always if each.looks_again)
        asked = always, elsewhere
        rules = EventRules(kind, *asked, plain, ended, kept, watching, of_actions)
        if len(self) < MOST_EVENT_TYPES:
            self[event_type] = rules
        return rules

    def _may_end(self, situation: Primitive, event_type: str) -> bool:
        options = self._options.get(situation.name)
        return options is not None and options.ends.knows(event_type)

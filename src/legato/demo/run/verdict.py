"""The verdict of a run: was anything lost or done twice, and what was it good for?

The first hop is held against the source (`hop.py`), and the contexts: each event is counted in
one of them, which may have it. Who is one customer is held against what the events prove
(`proofs.py`). The rest of the line is held against the reference: situations, decisions,
actions and revocations, what is said of identity, and the contexts, down to their last byte.
An email that was sent for real must have arrived once, and the context of its customer know it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.identity.commands import Command
from legato.core.identity.events import IdentityOutput
from legato.core.playbook.definition import Playbook
from legato.core.values.outputs import Action, Decision, Output, Revoked, Situation
from legato.demo.run.arrived_mail import ArrivedMail
from legato.demo.run.good import Avoided, Carried, Day, find_avoided, find_carried
from legato.demo.run.identity_counts import IdentityCounts
from legato.demo.run.player import CLOSING
from legato.demo.run.single_channel import hear_alone
from legato.settings import IdentitySettings
from legato.verification.comparison import Compared, Count, compared, digest_of, name_of
from legato.verification.identify_check import check, read_source
from legato.verification.identity_oracle import compare
from legato.verification.logbook import Logbook
from legato.verification.reference import Reference
from legato.verification.slots import ContextSlots

_encode = msgspec.json.Encoder(order="deterministic").encode


class VerdictRules(Struct, frozen=True):
    """How to judge: `strict` counts records, else what has the same id and content is one."""

    playbook: Playbook
    identity: IdentitySettings
    sources: tuple[str, ...]
    strict: bool


class Mailed(Struct, frozen=True):
    """The emails sent for real: ids of the actions that were handed on, and what arrived."""

    handed: tuple[str, ...] = ()
    arrived: tuple[ArrivedMail, ...] = ()


NO_MAIL = Mailed()


class Verdict(Struct, frozen=True, kw_only=True):
    """What was found; `repeated` are records shown again that were not counted as doubled.

    `customers` have events of the day; of the links that brought them together, `merges` made
    one of two customers, `refused` would have made one of two people, and `changed_hands`
    counts devices on which somebody else logged in. `emails_sent` are those that were handed to
    an adapter to be sent for real; of them that many arrived, and that many are delivered by
    the contexts. `wrong` names some of what was lost or doubled, to look for in the topics.
    """

    customers: int
    linked: int
    merges: int
    refused: int
    changed_hands: int
    situations: int
    decisions: int
    actions: int
    revoked: int
    delivered: int
    lost: int
    doubled: int
    repeated: int
    wrong: tuple[str, ...]
    dead_letters: int
    emails_sent: int
    emails_arrived: int
    emails_reported: int
    avoided: tuple[Avoided, ...]
    carried: tuple[Carried, ...]

    @property
    def clean(self) -> bool:
        """Is everything there, and nothing twice?"""
        return self.lost == self.doubled == 0


class FollowedDay(Struct, frozen=True):
    """What the reference made of all partitions."""

    said: list[Output]
    told: list[IdentityOutput]
    sent: list[Command | Event]
    contexts: dict[str, Context]


def judge(log: Logbook, rules: VerdictRules, mailed: Mailed = NO_MAIL) -> Verdict:
    """Follow the log once more, and compare."""
    events = [event for _, event in read_source(log.source)]
    slots = ContextSlots(log.contexts, rules.identity)
    told = _told_delivered(log.contexts.values(), mailed.handed)
    result = _compare(log, rules, (events, slots), _emails(mailed, told))
    said = list({name_of(each): each for each in log.said}.values())
    day = Day(said, log.delivered, _orders(events, slots), slots.root)
    blind = list(hear_alone(_as_heard(log), rules.playbook, rules.identity))
    ties = _heard(log, rules)
    return Verdict(
        customers=_customers(events, slots),
        linked=ties.linked,
        merges=len(ties.merges),
        refused=len(ties.refused),
        changed_hands=ties.changed_hands,
        situations=_number(said, Situation),
        decisions=_number(said, Decision),
        actions=_number(said, Action),
        revoked=_number(said, Revoked),
        lost=result.lost.total(),
        doubled=result.doubled.total(),
        repeated=result.repeated,
        wrong=result.wrong,
        dead_letters=log.dead_letters,
        emails_sent=len(mailed.handed),
        emails_arrived=len(mailed.arrived),
        emails_reported=len(told),
        delivered=len(log.delivered),
        avoided=tuple(find_avoided(blind, day)),
        carried=tuple(find_carried(day)),
    )


def _compare(
    log: Logbook,
    rules: VerdictRules,
    day: tuple[Sequence[Event], ContextSlots],
    emails: tuple[Count, Count],
) -> Compared:
    """Hold all that there is against what should be: log, outputs, contexts, customers."""
    events, slots = day
    again = _replayed(log, rules)
    hop = check(log.source, log.customer_events, again.sent, strict=rules.strict)
    wanted, repeated = _told(again.said) + _ties(again.told), hop.repeated
    found = _told(log.said) + _ties(log.identity)
    if not rules.strict:
        wanted, once = Counter(wanted.keys()), Counter(found.keys())
        repeated += found.total() - once.total()
        found = once
    for ours, theirs in (
        (hop.wanted, hop.found),
        _counted(events, slots),
        compare(events, slots, log.identity),
        (_states(again.contexts), _states(log.contexts)),
        emails,
    ):
        wanted += ours
        found += theirs
    return compared(wanted, found, repeated)


def _replayed(log: Logbook, rules: VerdictRules) -> FollowedDay:
    followed = FollowedDay([], [], [], {})
    for records in log.customer_events.values():
        reference = Reference(rules.playbook, rules.sources, rules.identity)
        followed.said.extend(reference.follow(records))
        followed.told.extend(reference.told)
        followed.sent.extend(reference.sent)
        followed.contexts.update(reference.contexts)
    return followed


def _told(said: Iterable[Output]) -> Count:
    """Count outputs by kind, id and content."""
    return Counter((*name_of(each), _encode(each).decode()) for each in said)


def _ties(told: Iterable[IdentityOutput]) -> Count:
    return Counter(("identity", _encode(each).decode()) for each in told)


def _counted(events: Iterable[Event], slots: ContextSlots) -> tuple[Count, Count]:
    """Count each event once, and each context that has it; it must be one that may."""
    wanted: Count = Counter()
    found: Count = Counter()
    for event in events:
        wanted["counted", event.id] += 1
        rightful = slots.rightful(event)
        for holder in slots.holders(event):
            by = () if holder in rightful else (holder,)
            found["counted", event.id, *by] += 1
    return wanted, found


def _told_delivered(contexts: Iterable[Context], handed: Collection[str]) -> list[str]:
    """List the actions among these whose customer's context knows when they were delivered."""
    return [
        action.action_id
        for context in contexts
        for action in context.actions
        if action.action_id in handed and action.delivered is not None
    ]


def _emails(mailed: Mailed, told: Iterable[str]) -> tuple[Count, Count]:
    """Count each email that was sent for real, as arrived and as delivered: once."""
    arrived, delivered = "email arrived", "email delivered"
    wanted: Count = Counter(
        (way, each) for each in mailed.handed for way in (arrived, delivered)
    )
    found: Count = Counter((arrived, each.action_id) for each in mailed.arrived)
    found.update((delivered, each) for each in told)
    return wanted, found


def _states(contexts: Mapping[str, Context]) -> Count:
    """Count contexts by their content, less how often they were written."""
    return Counter(("context", name, digest_of(each)) for name, each in contexts.items())


def _customers(events: Iterable[Event], slots: ContextSlots) -> int:
    """Count who has events, tills aside."""
    people = (event for event in events if event.type != CLOSING)
    return len({holder for event in people for holder in slots.holders(event)})


def _heard(log: Logbook, rules: VerdictRules) -> IdentityCounts:
    ties = IdentityCounts(rules.identity.rules)
    for told in log.identity:
        ties.hear(told)
    return ties


def _orders(events: Iterable[Event], slots: ContextSlots) -> dict[str, list[Event]]:
    orders: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.type == "order.completed":
            for holder in slots.holders(event):
                orders[holder].append(event)
    return orders


def _as_heard(log: Logbook) -> Sequence[Event]:
    """Read the source in the order in which the town heard of it."""
    records = [record for listed in log.source.values() for record in listed]
    ordered = sorted(records, key=lambda each: (each.time, each.partition, each.offset))
    return [event for _, event in read_source({0: ordered})]


def _number(said: Iterable[Output], kind: type[Output]) -> int:
    return sum(isinstance(each, kind) for each in said)

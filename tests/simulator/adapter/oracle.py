"""What must hold of all that an adapter's processes did, found from the outside alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from legato.core.values.outputs import Action
from legato.core.values.time import Instant, Span
from tests.simulator.adapter.kafka import SKEW_MOST, AdapterWorld, Call

UNDER_WAY: Span = 8_000
"""How long before a crash something may have been sent of which no commit tells yet."""
UNCOUNTED: Span = 600
"""How long before a crash a try may have begun of which no commit tells yet."""


def find_faults(world: AdapterWorld, attempts: int, *, strict: bool) -> list[str]:
    """Say what is wrong; `strict` where all was read to its end before anything was sent."""
    return [
        *_lost(world),
        *_unwanted(world, strict=strict),
        *_repeated(world),
        *_tried_too_often(world, attempts),
        *_reported(world),
        *_out_of_order(world, strict=strict),
        *_unsettled(world),
    ]


def _actions(world: AdapterWorld) -> dict[str, Action]:
    told = (record.said for log in world.logs.values() for record in log)
    return {each.action_id: each for each in told if isinstance(each, Action)}


def _lost(world: AdapterWorld) -> Iterator[str]:
    """Each action ends: by a report, or as taken back."""
    for action_id in _actions(world):
        if world.over_since(action_id) is None and world.revoked_since(action_id) is None:
            yield f"lost: {action_id} never ended"
    delivered = {each.action.action_id for each in world.calls if each.answer == "Delivered"}
    for outcome, _ in world.outcomes:
        if outcome.status == "delivered" and outcome.action_id not in delivered:
            yield f"untrue: {outcome.action_id} was not delivered"


def _unwanted(world: AdapterWorld, *, strict: bool) -> Iterator[str]:
    """Nothing is sent early, late, or after what was known when sending began."""
    for call in world.calls:
        action, revoked = call.action, world.revoked_since(call.action.action_id)
        at, ahead = call.at, SKEW_MOST
        if at < action.not_before - ahead or at >= action.expires_at + ahead:
            yield f"at the wrong time: {action.action_id}"
        if any(each.start + ahead <= at < each.end - ahead for each in action.quiet):
            yield f"in quiet hours: {action.action_id}"
        if strict and revoked is not None and revoked <= call.known:
            yield f"after its revocation: {action.action_id}"
        if world.refused.get(action.customer_id, call.at + 1) <= call.at:
            yield f"after a refusal: {action.action_id}"


def _repeated(world: AdapterWorld) -> Iterator[str]:
    """At most one repeat a crash, and only of what was under way when it came."""
    calls: dict[str, list[Call]] = defaultdict(list)
    for call in world.calls:
        calls[call.action.action_id].append(call)
    letters = {each.at.offset for each in world.letters}
    for action_id, made in calls.items():
        done = [each for each in made if each.answer == "Delivered"]
        for former, later in pairwise(done):
            over = [
                at
                for at in world.disruptions[former.tp]
                if former.at <= at <= later.at or at - UNDER_WAY <= former.at <= at
            ]
            if not over:
                yield f"repeated without cause: {action_id} {former.at} {later.at} {letters}"
            elif min(over) - former.at > UNDER_WAY:
                yield f"repeated though not under way: {action_id}"
        for former, later in pairwise(made):
            struck = any(
                former.at - UNDER_WAY <= at <= later.at for at in world.disruptions[former.tp]
            )
            if former.not_before > later.at + 2 * SKEW_MOST and not struck:
                yield f"tried before the provider wanted: {action_id}"


def _tried_too_often(world: AdapterWorld, attempts: int) -> Iterator[str]:
    """Tries are bounded whatever befalls: a crash costs the count of what had just begun.

    What a crash cut off is tried once more, though it was the last time.
    """
    counted: dict[str, int] = defaultdict(int)
    cut_off = {each.action.action_id for each in world.calls if not each.ended}
    for call in world.calls:
        action_id, began = call.action.action_id, range(call.at, call.at + UNCOUNTED)
        crashed = any(at in began for at in world.disruptions[call.tp])
        counted[action_id] += not (crashed or call.evicted)
        over = counted[action_id] - attempts - (action_id in cut_off)
        if over > 0 and not _is_redriven(world, call):
            yield f"tried too often: {action_id}"


def _reported(world: AdapterWorld) -> Iterator[str]:
    """What was reported when a partition was taken over is not sent once more."""
    for call in world.calls:
        known = world.over_since(call.action.action_id)
        taken = world.opened.get((call.member, call.tp), 0)
        late = known is not None and known < taken <= call.at
        if late and not _is_redriven(world, call):
            yield f"repeated though reported: {call.action.action_id}"


def _is_redriven(world: AdapterWorld, call: Call) -> bool:
    """Was it a dead letter that somebody sent again?"""
    told = (each for each in world.logs[call.tp] if each.redriven)
    return any(
        isinstance(each.said, Action) and each.said.action_id == call.action.action_id
        for each in told
    )


def _out_of_order(world: AdapterWorld, *, strict: bool) -> Iterator[str]:
    """One at a time for each customer, and the one before is done with."""
    before: dict[str, list[tuple[Instant, Action]]] = defaultdict(list)
    for log in world.logs.values():
        for record in log:
            if isinstance(record.said, Action) and not record.redriven:
                before[record.said.customer_id].append((record.time, record.said))
    first: dict[tuple[int, str], Call] = {}
    for call in world.calls:
        last = first.get((call.member, call.action.customer_id))
        if last is not None and (not last.ended or last.ended > call.at):
            yield f"two at once: {last.action.action_id} {call.action.action_id}"
        first[call.member, call.action.customer_id] = call
        if strict:
            yield from _overtaken(world, call, before[call.action.customer_id])


def _overtaken(
    world: AdapterWorld, call: Call, theirs: list[tuple[Instant, Action]]
) -> Iterator[str]:
    own = next(at for at, each in theirs if each.action_id == call.action.action_id)
    for at, each in theirs:
        if at >= own or each.not_before > call.action.not_before:
            continue
        over = world.over_since(each.action_id)
        revoked = world.revoked_since(each.action_id)
        void = each.expires_at - SKEW_MOST
        ended = [time for time in (over, revoked, void) if time is not None]
        if min(ended) > call.at and each.action_id != call.action.action_id:
            yield f"overtaken: {each.action_id} by {call.action.action_id}"


def _unsettled(world: AdapterWorld) -> Iterator[str]:
    """In the end nothing is held, and the frontier is at the end."""
    for key in world.holds:
        yield f"still held: {key.action_id}"
    for tp, end in world.ends.items():
        if world.logs[tp] and world.places.get(tp, (0, ""))[0] != end:
            yield f"the frontier of {tp} is at {world.places.get(tp)}, not {end}"

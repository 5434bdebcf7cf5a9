"""Frequency caps count where actions go out, and what they count is remembered for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo

from legato.core.context.context import ActionRecord, Context, Reservation
from legato.core.context.retention import REMEMBER, REMEMBER_MONTH, REMEMBER_MOST
from legato.core.playbook.definition import Calendar, FrequencyCap, Playbook
from legato.core.values.time import Instant, Span

RELEASED = frozenset(("failed", "expired", "revoked"))
"""What an action may have become so that it no longer counts against a cap."""


def stands(taken: ActionRecord) -> bool:
    """Does an action count, or did it come to nothing?"""
    return taken.status not in RELEASED


def out_at(taken: ActionRecord) -> Instant:
    """Say when an action reached the customer, or is to go out as far as is known."""
    return taken.not_before if taken.delivered is None else taken.delivered


def counted_actions(context: Context, asked_for: str = "") -> tuple[ActionRecord, ...]:
    """List what counts in caps: what was taken, asked for, and allowed to others; each once.

    An action does not count against itself while it is `asked_for`, by its id: whoever asks
    may turn out to have the address, and so has allowed it to themselves.
    """
    counted = context.actions
    if context.asks or context.reserved:
        others = (_record_of(each) for each in context.reserved)
        asked = (each.action for each in context.asks)
        known = {each.action_id: each for each in (*others, *asked, *context.actions)}
        counted = tuple(known.values())
    if not asked_for:
        return counted
    return tuple(each for each in counted if each.action_id != asked_for)


def _record_of(reserved: Reservation) -> ActionRecord:
    ask = reserved.ask
    return ActionRecord(
        ask.action_id,
        "",
        ask.name,
        ask.situation,
        ask.purpose,
        ask.channel,
        ask.time,
        ask.not_before,
        ask.expires,
        delivered=reserved.delivered,
        offer=ask.offer or None,
    )


def is_used_up(
    cap: FrequencyCap,
    actions: Iterable[ActionRecord],
    at: Instant,
    zones: Sequence[tzinfo] = (UTC,),
) -> bool:
    """Would one more action at this instant be too many in some span around it?

    Spans are half open: what went out exactly `per` ago is over. What was promised for later
    counts as well, so it need not be broken. A calendar must allow it in each of the zones.
    """
    outs = sorted(out_at(taken) for taken in actions if _counts(cap, taken))
    if cap.calendar and any(_fills(cap, outs, at, zone) for zone in zones):
        return True
    if len(outs) < cap.most:
        return False
    near = [out for out in outs if at - cap.per < out < at + cap.per]
    starts = [*(out for out in near if out < at), at]
    return any(
        sum(start <= out < start + cap.per for out in near) >= cap.most for start in starts
    )


def _fills(cap: FrequencyCap, outs: Sequence[Instant], at: Instant, zone: tzinfo) -> bool:
    """Are there as many as may be in the day, week or month of this instant?"""
    page = _page(cap.calendar, at, zone)
    return sum(_page(cap.calendar, out, zone) == page for out in outs) >= cap.most


def _page(calendar: Calendar, at: Instant, zone: tzinfo) -> int:
    """Number the days, weeks or months: the local date says it, whatever clocks do that day."""
    local = datetime.fromtimestamp(at / 1000, zone)
    if calendar == "month":
        return local.year * 12 + local.month
    day = local.toordinal()
    return day if calendar == "day" else (day - 1) // 7


def to_remember(
    playbook: Playbook, actions: Iterable[ActionRecord]
) -> tuple[ActionRecord, ...]:
    """Of actions in order of time, keep the last ones, and those that a rule still counts.

    Of each cap that is as many of the newest as it allows, and all that are promised for later:
    older ones cannot use it up for what goes out from now on. A cooldown asks for the newest
    alone, an exclusion for that of each kind, and of each offer the newest holds.
    """
    known = tuple(actions)
    since = max(map(_last_of, known), default=0) - remembered_for(playbook)
    recent = [taken for taken in known if _last_of(taken) > since]
    if len(recent) <= REMEMBER_MOST:
        return tuple(recent)
    counted = set(_counted_by(playbook, [taken for taken in recent if stands(taken)]))
    others = [taken.action_id for taken in recent if taken.action_id not in counted]
    room = max(REMEMBER_MOST - len(counted), 0)
    kept = counted | {*others[len(others) - room :]}
    return tuple(taken for taken in recent if taken.action_id in kept)


def remembered_for(playbook: Playbook) -> Span:
    """Say how long an action may count."""
    by_month = any(cap.calendar == "month" for cap in playbook.caps)
    return REMEMBER_MONTH if by_month else REMEMBER


def _counted_by(playbook: Playbook, standing: Sequence[ActionRecord]) -> Iterator[str]:
    """Name the actions that rules need; of each rule those that can still matter."""
    now = max((taken.decided for taken in standing), default=0)
    for cap in playbook.caps:
        yield from _newest([taken for taken in standing if _counts(cap, taken)], cap.most, now)
    for cooldown in playbook.rules.cooldowns:
        yield from _newest([each for each in standing if cooldown.among.covers(each)], 1, now)
    yield from {each.offer: each.action_id for each in standing if each.offer}.values()
    for name in {name for rule in playbook.rules.exclusions for name in rule.actions}:
        yield from _newest([each for each in standing if each.name == name], 1, now)


def _newest(actions: list[ActionRecord], most: int, now: Instant) -> Iterator[str]:
    """Name the newest that went out by now, and all that are to go out later."""
    actions.sort(key=out_at)
    later = sum(out_at(taken) > now for taken in actions)
    for taken in actions[max(len(actions) - most - later, 0) :]:
        yield taken.action_id


def _counts(cap: FrequencyCap, taken: ActionRecord) -> bool:
    return stands(taken) and cap.counts(taken.purpose, taken.channel, taken.situation)


def _last_of(taken: ActionRecord) -> Instant:
    return max(taken.decided, out_at(taken))

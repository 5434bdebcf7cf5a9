"""Quiet hours: when a message may go out, by the customer's own clock."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from legato.core.playbook.definition import QuietHours
from legato.core.values.outputs import QuietSpan
from legato.core.values.time import DAY, MINUTE, NEVER, Instant, Span
from legato.core.values.zones import find_zone

FORESEEN: Span = 14 * DAY
"""How far ahead an action says when it will be quiet: nothing is tried for longer."""
_DAY_MINUTES = 24 * 60
_HORIZON = 3 * DAY


def release(quiet: QuietHours, zone: str | None, now: Instant) -> Instant:
    """Return the first instant from now on that is not quiet; NEVER if there is none.

    An unknown zone is taken for all of `quiet.zones` at once: it must be day in each.
    """
    zones, at = zones_of(quiet, zone), now
    while at < now + _HORIZON:
        later = max((_awake(quiet, each, at) for each in zones), default=at)
        if later == at:
            return at
        at = later
    return NEVER


def quiet_spans(
    quiet: QuietHours, zone: str | None, start: Instant, end: Instant
) -> tuple[QuietSpan, ...]:
    """Return when it is quiet between two instants, for 14 days at most, in order."""
    zones, at, end = zones_of(quiet, zone), start, min(end, start + FORESEEN)
    spans: list[QuietSpan] = []
    while (begin := min((_asleep(quiet, each, at) for each in zones), default=NEVER)) < end:
        at = min(release(quiet, zone, begin), end)
        spans.append(QuietSpan(begin, at))
    return tuple(spans)


def zones_of(quiet: QuietHours | None, zone: str | None) -> list[tzinfo]:
    """Return the customer's zone; if it is unknown, those of which any may be theirs."""
    known = find_zone(zone) if zone else None
    if known is not None:
        return [known]
    names = ("UTC",) if quiet is None else quiet.zones
    return [each for name in names if (each := find_zone(name))]


def _awake(quiet: QuietHours, zone: tzinfo, at: Instant) -> Instant:
    """Return `at`, or the end of the quiet hours that it lies in. Half-open: [start, end)."""
    if not _is_quiet(quiet, zone, at):
        return at
    return next((stamp for stamp in _next(quiet.end, zone, at) if stamp > at), at)


def _asleep(quiet: QuietHours, zone: tzinfo, at: Instant) -> Instant:
    """Return `at` if it is quiet, or when it will be next; NEVER if it never is."""
    if _is_quiet(quiet, zone, at):
        return at
    if quiet.start == quiet.end:
        return NEVER
    first, last = sorted(_next(quiet.start, zone, at))
    # Where clocks go forward past that minute, or back to it, the first one that is quiet.
    minutes = range(max(first, at - at % MINUTE + MINUTE), last, MINUTE)
    return next((each for each in minutes if _is_quiet(quiet, zone, each)), last)


def _is_quiet(quiet: QuietHours, zone: tzinfo, at: Instant) -> bool:
    length = (quiet.end - quiet.start) % _DAY_MINUTES
    return (
        _minute(datetime.fromtimestamp(at / 1000, zone)) - quiet.start
    ) % _DAY_MINUTES < length


def _next(minute: int, zone: tzinfo, at: Instant) -> tuple[Instant, Instant]:
    """Return when it is next that minute of the day: both times, if clocks go back to it."""
    local = datetime.fromtimestamp(at / 1000, zone)
    wait = timedelta(minutes=(minute - _minute(local)) % _DAY_MINUTES)
    then = local.replace(second=0, microsecond=0, tzinfo=zone) + wait
    before, after = (round(then.replace(fold=fold).timestamp() * 1000) for fold in (0, 1))
    return before, after


def _minute(local: datetime) -> int:
    return local.hour * 60 + local.minute

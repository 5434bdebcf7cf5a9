"""Quiet hours: when a message may go out, by the customer's own clock."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from legato.core.playbook.definition import QuietHours
from legato.core.values.time import DAY, NEVER, Instant
from legato.core.values.zones import find_zone

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


def zones_of(quiet: QuietHours | None, zone: str | None) -> list[tzinfo]:
    """Return the customer's zone; if it is unknown, those of which any may be theirs."""
    known = find_zone(zone) if zone else None
    if known is not None:
        return [known]
    names = ("UTC",) if quiet is None else quiet.zones
    return [each for name in names if (each := find_zone(name))]


def _awake(quiet: QuietHours, zone: tzinfo, at: Instant) -> Instant:
    """Return `at`, or the end of the quiet hours that it lies in. Half-open: [start, end)."""
    local = datetime.fromtimestamp(at / 1000, zone)
    minute = local.hour * 60 + local.minute
    length = (quiet.end - quiet.start) % _DAY_MINUTES
    if (minute - quiet.start) % _DAY_MINUTES >= length:
        return at
    wait = timedelta(minutes=(quiet.end - minute) % _DAY_MINUTES)
    end = local.replace(second=0, microsecond=0, tzinfo=zone) + wait
    stamps = (round(end.replace(fold=fold).timestamp() * 1000) for fold in (0, 1))
    return next((stamp for stamp in stamps if stamp > at), at)

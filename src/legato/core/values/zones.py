"""Time zones by name: those of the tz database, and what other systems call them."""

from __future__ import annotations

import re
from datetime import timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from legato.core.values.zone_names import RAILS, RAILS_CITIES, WINDOWS, WINDOWS_WHOLE

ZONES_TOLD = "a name of the tz database (Europe/Berlin), of Windows or of Rails"
_OFFSET = re.compile(
    r"(?:UTC|GMT|Z)?\s*(?:([+\-\u2212])\s*([0-9]{1,2})(?::?([0-5][0-9]))?)?", re.IGNORECASE
)
_FIXED = re.compile(
    r"Etc/(?:GMT([+-][0-9]{1,2})?|GMT0|UTC|UCT|Universal|Greenwich|Zulu)", re.IGNORECASE
)
_MOST_HOURS = 14


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Name the zones of the tz database."""
    return frozenset(available_timezones())


@lru_cache(maxsize=1_024)
def find_zone(name: str) -> tzinfo | None:
    """Return the time zone of this name, or of this offset; None if there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        offset, called = _offset_of(name), zone_called(name)
    if offset is not None:
        return timezone(timedelta(minutes=offset))
    return None if called is None else ZoneInfo(called)


@lru_cache(maxsize=1_024)
def zone_called(word: str) -> str | None:
    """Return how the tz database calls this zone, or an offset as `+01:00`; None if neither.

    Names are those of the tz database, of Windows and of Rails, in any case.
    """
    offset = _offset_of(word)
    if offset is not None:
        sign = "-" if offset < 0 else "+"
        return f"{sign}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
    return _names().get(_plain(word))


def is_offset(name: str) -> bool:
    """Is this only how far a clock was from UTC? It has no summer, so it is no zone."""
    return _offset_of(name) is not None


@lru_cache(maxsize=1_024)
def is_zone(name: str) -> bool:
    """Is this a zone that there is, and more than an offset?"""
    return not is_offset(name) and find_zone(name) is not None


@lru_cache(maxsize=1_024)
def _offset_of(word: str) -> int | None:
    """Read an offset in minutes: `+01:00`, `-0330`, `UTC+1`, `Z`, and zones that are one."""
    word = word.strip()
    if fixed := _FIXED.fullmatch(word):
        return -60 * int(fixed[1] or 0)
    found = _OFFSET.fullmatch(word)
    if not found or not word:
        return None
    hours, minutes = int(found[2] or 0), int(found[3] or 0)
    if hours > _MOST_HOURS:
        return None
    size = hours * 60 + minutes
    return size if found[1] in (None, "+") else -size


def _plain(word: str) -> str:
    return word.strip().casefold().replace(" ", "_")


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """All names there are, plainly written; the tz database's own come last, so they count."""
    cities = {
        city: f"{region}/{city}"
        for region, listed in RAILS_CITIES.items()
        for city in listed.split()
    }
    windows = {f"{name} Standard Time": zone for name, zone in WINDOWS.items()}
    mexico = {
        f"{name.removesuffix(' (Mexico)')} Standard Time (Mexico)": zone
        for name, zone in WINDOWS.items()
        if name.endswith(" (Mexico)")
    }
    own = {zone: zone for zone in zone_names()}
    told = {**cities, **RAILS, **windows, **mexico, **WINDOWS_WHOLE, **own}
    return {_plain(name): zone for name, zone in told.items()}

"""Values as people write them: money, numbers and times, by language, currency and zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal, format_percent
from jinja2 import pass_context
from jinja2.runtime import Context

from legato.core.events.words import CURRENCIES
from legato.core.values.time import Instant, is_plausible, read_instant
from legato.core.values.zones import find_zone

LINK_MOST = 2_000
SPEAKS, ZONE = "_speaks", "_zone"
"""Under which names the language and the zone of values lie in what a template sees."""


def vet_link(url: object) -> str | None:
    """Return a link that may be followed from a message; None for what is none, or a script."""
    if not isinstance(url, str) or len(url) > LINK_MOST or not url.isprintable():
        return None
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    return url if sound and " " not in url else None


@pass_context
def money(context: Context, amount: object, currency: object = "") -> str:
    """Write an amount in a currency; without one, as a number with two digits behind."""
    number, locale = _number(amount), _locale(context)
    code = CURRENCIES.read(currency)
    if code is None:
        return format_decimal(number, format="#,##0.00", locale=locale)
    return str(format_currency(number, code, locale=locale))


@pass_context
def number(context: Context, amount: object) -> str:
    """Write a number: `1,234.5` in English, `1.234,5` in German."""
    return str(format_decimal(_number(amount), locale=_locale(context)))


@pass_context
def percent(context: Context, amount: object) -> str:
    """Write percent: 10 is `10%`."""
    return str(format_percent(_number(amount) / 100, locale=_locale(context)))


@pass_context
def day(context: Context, at: object, form: str = "long") -> str:
    """Write the day of an instant: short, medium, long, full, or a pattern of CLDR."""
    return str(format_date(_day(context, at), format=form, locale=_locale(context)))


@pass_context
def clock(context: Context, at: object, form: str = "short") -> str:
    """Write the time of day of an instant."""
    zone = _zone(context)
    return str(format_time(_moment(at), format=form, tzinfo=zone, locale=_locale(context)))


@pass_context
def moment(context: Context, at: object, form: str = "medium") -> str:
    """Write the day and the time of day of an instant."""
    zone = _zone(context)
    return str(format_datetime(_moment(at), format=form, tzinfo=zone, locale=_locale(context)))


OWN_FILTERS: Mapping[str, Callable[..., Any]] = {
    "money": money,
    "number": number,
    "percent": percent,
    "date": day,
    "time": clock,
    "moment": moment,
    "link": vet_link,
}


def _number(amount: object) -> float:
    """Read a number, also one that stands in a text; raises ValueError."""
    if isinstance(amount, str | int | float) and not isinstance(amount, bool):
        try:
            return float(amount)
        except (ValueError, OverflowError):
            """It is none; what it is stays untold."""
    raise ValueError("this is no number; ask for it by `if` where it may be missing")


def _moment(at: object) -> datetime:
    """Read an instant, also one that stands in a text; raises ValueError."""
    found: Instant | None = None
    if isinstance(at, int) and not isinstance(at, bool):
        found = at
    elif isinstance(at, str):
        try:
            found = int(at) if at.isascii() and at.isdigit() else read_instant(at)
        except ValueError:
            """It is none; what it is stays untold."""
    if found is None or not is_plausible(found):
        raise ValueError("this is no time; ask for it by `if` where it may be missing")
    return datetime.fromtimestamp(found / 1_000, UTC)


def _day(context: Context, at: object) -> date:
    if isinstance(at, str) and len(at) == len("2026-03-02"):
        try:
            return date.fromisoformat(at)
        except ValueError:
            """It is none; what it is stays untold."""
    return _moment(at).astimezone(_zone(context)).date()


def _zone(context: Context) -> tzinfo:
    return find_zone(str(context[ZONE])) or UTC


def _locale(context: Context) -> Locale:
    return _locale_of(str(context[SPEAKS]))


@lru_cache(maxsize=256)
def _locale_of(language: str) -> Locale:
    """Find how a language writes; what CLDR has not is written as English is."""
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        shorter = language.rpartition("-")[0]
        return _locale_of(shorter) if shorter else Locale("en")

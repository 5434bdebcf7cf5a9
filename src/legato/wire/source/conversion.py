"""What foreign texts and numbers stand for: times in any spelling, amounts in small units."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from legato.wire.source.shape import to_bool, to_number, to_text

Conversion: TypeAlias = Callable[[object], object]
"""What cannot be converted is returned as it was: the check of the field says what is wrong."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_SCHEME = re.compile(r"^\s*(tel|sms|smsto|whatsapp|mailto):", re.IGNORECASE)
AMOUNTS = {"cents": 2, "micros": 6}
"""How many digits of an amount stand behind the point."""

_DIGITS = 40
"""What is larger or smaller than any time or amount is no number worth its while."""
_WITHOUT_CENTS = frozenset(
    (
        *("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"),
        *("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"),
    )
)
_WITH_MILLS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


def conversion_of(form: str, zone: str) -> Conversion | None:
    """Find what `as` and `zone` ask for; raises ValueError for what is not known."""
    if form in AMOUNTS:
        return lambda found: _amount(found, AMOUNTS[form])
    if form in PER_SECOND:
        return lambda found: _counted(found, PER_SECOND[form])
    if form in _KINDS:
        return _KINDS[form]
    if form == "rfc2822":
        return _guarded(_rfc2822, UTC if not zone else _zone(zone))
    if "%" in form:
        return _guarded(lambda text: _by_format(text, form), _zone(zone))
    if form:
        known = ", ".join(f"`{word}`" for word in (*PER_SECOND, "rfc2822", *AMOUNTS, *_KINDS))
        raise ValueError(f"`as` is `{form}`; known are {known}, and formats such as `%d.%m.%Y`")
    return _guarded(datetime.fromisoformat, _zone(zone)) if zone else None


def _address(found: object) -> object:
    """Leave out what kind of address a text says it is: `tel:+49…` and `mailto:…`."""
    return _SCHEME.sub("", found) if isinstance(found, str) else found


_KINDS: dict[str, Conversion] = {
    "address": _address,
    "number": to_number,
    "bool": to_bool,
    "text": to_text,
}


def milliseconds(at: datetime) -> int:
    """Count an aware time in epoch milliseconds."""
    return round((at - EPOCH) / timedelta(milliseconds=1))


def _zone(name: str) -> tzinfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"`zone` is `{name}`, which is no zone; write for example `Europe/Berlin`"
        ) from None


def _guarded(read: Callable[[str], datetime], zone: tzinfo | None) -> Conversion:
    """Read a text as a time, in `zone` if it names none; else leave it as it is."""

    def convert(found: object) -> object:
        if isinstance(found, datetime):
            return _zoned(found, zone) or found
        if not isinstance(found, str):
            return found
        try:
            return _zoned(read(found.strip()), zone) or found
        except (ValueError, TypeError, OverflowError):
            return found

    return convert


def _zoned(at: datetime, zone: tzinfo | None) -> datetime | None:
    if at.tzinfo is not None:
        return at
    return None if zone is None else at.replace(tzinfo=zone)


def _rfc2822(text: str) -> datetime:
    return parsedate_to_datetime(text)


def _by_format(text: str, form: str) -> datetime:
    return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is given afterwards


def _counted(found: object, per_second: int) -> object:
    number = _number(found)
    if number is None:
        return found
    try:
        return EPOCH + timedelta(microseconds=int(number * 1_000_000 / per_second))
    except (OverflowError, ValueError):
        return found


def amount_of(found: object, currency: object) -> object:
    """Turn an amount in the smallest unit of its currency into one in whole ones."""
    word = str(currency).strip().upper()
    return _amount(found, 0 if word in _WITHOUT_CENTS else 3 if word in _WITH_MILLS else 2)


def _amount(found: object, digits: int) -> object:
    number = _number(found)
    return found if number is None else float(number.scaleb(-digits))


def _number(found: object) -> Decimal | None:
    """Read a number, also from a text; None if it is none."""
    if isinstance(found, bool) or not isinstance(found, int | float | str | Decimal):
        return None
    try:
        number = Decimal(found.strip() if isinstance(found, str) else str(found))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < _DIGITS else None

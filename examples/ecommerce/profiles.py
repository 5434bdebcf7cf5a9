"""Addresses and consents of the customers: seeded, for the data set tells neither."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chance import draw, pick
from source import Click

Json = dict[str, Any]

MINUTE = 60_000
ZONES = ("Europe/Berlin", "Europe/Berlin", "Europe/London", "America/New_York")
LANGUAGES = {"Europe/Berlin": "de", "Europe/London": "en", "America/New_York": "en"}
# Of ten customers, how many said what; nobody asked the rest.
WISHES = {
    ("promotion", "email"): ("granted",) * 6 + ("denied",) * 2 + (None,) * 2,
    ("promotion", "sms"): ("granted",) * 3 + ("denied",) * 3 + (None,) * 4,
    ("promotion", "mobile"): ("granted",) * 4 + ("denied",) * 2 + (None,) * 4,
    ("service", "email"): ("granted",) * 9 + ("denied",),
    ("service", "sms"): ("granted",) * 7 + ("denied",) + (None,) * 2,
    ("service", "mobile"): ("granted",) * 8 + (None,) * 2,
}


def to_profiles(clicks: Iterable[Click]) -> list[Json]:
    """Tell who each customer is and what they wish, a minute before they are first seen."""
    firsts: dict[str, Click] = {}
    mobile = {click.user for click in clicks if click.platform == "mobile"}
    for click in sorted(clicks, key=lambda click: click.time):
        firsts.setdefault(click.user, click)
    events = []
    for user, first in firsts.items():
        known = _identifiers(user, has_app=user in mobile)
        events += [_updated(first, known), _consented(first, known)]
    return sorted(events, key=lambda event: event["time"])


def _identifiers(user: str, has_app: bool) -> Json:
    """Four of five left an email address, three of five a number; app users have a device.

    Addresses are of names reserved for documentation and of numbers reserved for drama.
    """
    number = int(user.removeprefix("user_"))
    known = {"user_id": user}
    if draw(10, "email", user) < 8:
        known["email"] = f"{user}@example.com"
    if draw(10, "phone", user) < 6:
        known["phone"] = f"+447700900{number:03d}"
    if has_app:
        known["device_id"] = f"app-{user}"
    return known


def _updated(first: Click, known: Json) -> Json:
    zone = pick(ZONES, "zone", first.user)
    facts: Json = {"language": LANGUAGES[zone], "time_zone": zone}
    facts["traits"] = {"came_by": first.came_by, "cohort": first.cohort}
    return _event(first, "customer.updated", known, facts)


def _consented(first: Click, known: Json) -> Json:
    said = {wish: pick(answers, wish, first.user) for wish, answers in WISHES.items()}
    consents = [
        {"purpose": purpose, "channel": channel, "status": status}
        for (purpose, channel), status in said.items()
        if status
    ]
    return _event(first, "consent.updated", known, {"consents": consents})


def _event(first: Click, kind: str, known: Json, data: Json) -> Json:
    return {
        "id": f"{first.user}-{kind}",
        "type": kind,
        "channel": "web",
        "time": first.time - MINUTE,
        "identifiers": known,
        "data": data,
    }

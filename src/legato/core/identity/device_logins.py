"""Who authenticated on a device, and when: the last one has it."""

from __future__ import annotations

from legato.core.identity.state import DeviceLogin
from legato.core.values.time import Instant

MOST_LOGINS = 8


def add_login(claims: tuple[DeviceLogin, ...], claim: DeviceLogin) -> tuple[DeviceLogin, ...]:
    """Note a claim in order of time; of many by the same in a row, keep the first and last."""
    told: list[DeviceLogin] = []
    for each in sorted({*claims, claim}, key=_order):
        if len(told) > 1 and told[-1].by == told[-2].by == each.by:
            told.pop()
        told.append(each)
    return tuple(told[-MOST_LOGINS:])


def latest_login(claims: tuple[DeviceLogin, ...]) -> DeviceLogin | None:
    """The claim that counts: the last, of several at the same time the best-named."""
    return claims[-1] if claims else None


def had_device(claims: tuple[DeviceLogin, ...], time: Instant) -> str:
    """Say who had the device then; what was before the first login belongs to the first."""
    by = claims[0].by
    for claim in claims:
        if claim.time <= time:
            by = claim.by
    return by


def _order(claim: DeviceLogin) -> tuple[Instant, tuple[int, ...]]:
    """By time; the better, that is smaller, name comes last."""
    return claim.time, tuple(-ord(letter) for letter in claim.by)

"""Who authenticated on a device, and when: the last one has it."""

from __future__ import annotations

from legato.core.identity.state import Claim
from legato.core.values.time import Instant

MOST_CLAIMS = 8


def add_claim(claims: tuple[Claim, ...], claim: Claim) -> tuple[Claim, ...]:
    """Note a claim in order of time; of many by the same in a row, keep the first and last."""
    told: list[Claim] = []
    for each in sorted({*claims, claim}, key=_order):
        if len(told) > 1 and told[-1].by == told[-2].by == each.by:
            told.pop()
        told.append(each)
    return tuple(told[-MOST_CLAIMS:])


def latest(claims: tuple[Claim, ...]) -> Claim | None:
    """The claim that counts: the last, of several at the same time the best-named."""
    return claims[-1] if claims else None


def had_it(claims: tuple[Claim, ...], time: Instant) -> str:
    """Say who had the device then; what was before the first login belongs to the first."""
    by = claims[0].by
    for claim in claims:
        if claim.time <= time:
            by = claim.by
    return by


def _order(claim: Claim) -> tuple[Instant, tuple[int, ...]]:
    """By time; the better, that is smaller, name comes last."""
    return claim.time, tuple(-ord(letter) for letter in claim.by)

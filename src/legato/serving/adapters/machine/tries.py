"""How long to wait before the next try, and when to try nothing for a while."""

from __future__ import annotations

from legato.adapter import Retry
from legato.core.values.ids import derive_id
from legato.core.values.time import MINUTE, SECOND, Instant, Span

FIRST_WAIT: Span = SECOND
LONGEST_WAIT: Span = 5 * MINUTE
ASKED_MOST = 1e9
_DIGITS = 1 << 32


def wait_before(action_id: str, tries: int, asked: Span = 0) -> Span:
    """Say how long to wait after so many tries; `asked` is what the provider asks for.

    It doubles from 1 s to 5 min, less up to half by a hash of action and try, so that what
    failed together does not come again together.
    """
    longest = min(FIRST_WAIT << min(tries - 1, 20), LONGEST_WAIT)
    share = int(derive_id("wait", action_id, tries)[:8], 16) / _DIGITS
    return max(longest - int(longest / 2 * share), asked)


def asked_by(answer: object) -> Span:
    """Say how long a provider asks to wait; 0 if it does not, or for what is no span."""
    asked = answer.after_s if isinstance(answer, Retry) else None
    return int(asked * SECOND) if asked is not None and 0 < asked < ASKED_MOST else 0


class Breaker:
    """Lets nothing pass for a while after so many failures in a row, then one, to see."""

    def __init__(self, failures: int, first: Span, longest: Span) -> None:
        self.until: Instant = 0
        self._most, self._first, self._longest = failures, first, longest
        self._failed = 0
        self._span: Span = 0

    @property
    def is_open(self) -> bool:
        """Has it opened, and has no try got through since?"""
        return self._span > 0

    def passes(self, now: Instant, in_flight: int) -> bool:
        """May one more be tried?"""
        return not self._span or (now >= self.until and in_flight == 0)

    def succeeded(self) -> None:
        """There was an answer."""
        self._failed, self._span, self.until = 0, 0, 0

    def failed(self, now: Instant) -> None:
        """A try came to nothing; one that began before it opened says nothing new."""
        self._failed += 1
        if self._failed >= self._most and now >= self.until:
            self._span = min(self._span * 2, self._longest) or self._first
            self.until = now + self._span

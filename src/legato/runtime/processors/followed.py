"""A partition of the line whose timers cannot take their neighbours down."""

from __future__ import annotations

from collections.abc import Callable, Container

from legato.core.context.codec import Codec
from legato.core.context.context import Context
from legato.core.line.partition import Partition
from legato.core.playbook.definition import Playbook
from legato.core.values.time import Instant
from legato.runtime.machine.errors import TimerFailed


class IsolatedPartition(Partition):
    """Says whose timer failed, and lets no time pass for those who are muted."""

    def __init__(
        self,
        playbook: Playbook,
        codec: Codec,
        find: Callable[[str], Context | None],
        *,
        continuous: bool,
        muted: Container[str],
    ) -> None:
        super().__init__(playbook, codec, find, continuous=continuous)
        self._muted = muted

    def _tick(self, customer_id: str, due: Instant, clock: Instant) -> None:
        if customer_id in self._muted:
            del self.timers[customer_id]
            return
        try:
            super()._tick(customer_id, due, clock)
        except Exception as error:
            raise TimerFailed(customer_id) from error

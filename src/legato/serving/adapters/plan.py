"""What one process of an adapter is to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from legato.core.values.results import Unreadable
from legato.core.values.time import SECOND
from legato.serving.adapters.machine.commands import DeliveryResult
from legato.serving.adapters.machine.ledger import DeliveryLimits
from legato.settings import AdapterSettings, Settings

Watcher: TypeAlias = Callable[[DeliveryResult | Unreadable], None]


def group_of(settings: Settings, name: str) -> str:
    """Name the group whose members share the actions of an adapter."""
    return f"{settings.worker.group}-adapter-{name}"


class AdapterPlan(Struct, frozen=True):
    """What one process runs: which adapter, by which settings, for which channels.

    No channels means those of all topics of actions. `watch` hears what becomes of each.
    """

    name: str
    settings: Settings
    adapter: AdapterSettings
    channels: tuple[str, ...]
    watch: Watcher | None = None

    @property
    def group(self) -> str:
        """Name the group whose members share the actions."""
        return group_of(self.settings, self.name)

    @property
    def limits(self) -> DeliveryLimits:
        """Say what the machine holds to."""
        told = self.adapter
        hold_after = int(told.hold_after_s * SECOND)
        return DeliveryLimits(told.concurrency, told.attempts, told.window, hold_after)

"""What a worker tells on HTTP: how much it does, whether it lives, whether it is ready."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.registry import Collector

from legato.probes import Pages, Probes
from legato.runtime.lane import State
from legato.runtime.line import Line, now_ms
from legato.runtime.metrics import WorkerMetrics
from legato.settings import Metrics

FindLine = Callable[[], Line | None]
"""The line, once there is one."""


def open_web(settings: Metrics, slot: int, line: FindLine) -> Probes:
    """Listen for the worker of a slot; raises SettingsError where its port is taken."""
    registry = CollectorRegistry()
    registry.register(_Lately(line))
    checks = {"/livez": lambda: _not_alive(line()), "/readyz": lambda: _not_ready(line())}
    port = settings.port + slot if settings.port else 0
    return Probes(settings.host, port, Pages(registry, checks))


class _Lately(Collector):
    """Collects from the line that there is when somebody asks."""

    def __init__(self, line: FindLine) -> None:
        self._line = line

    def collect(self) -> Iterator[Metric]:
        line = self._line()
        if line is not None:
            yield from WorkerMetrics(
                line.totals,
                lambda: line.machine.lanes,
                lambda: line.restored,
                now_ms,
                lambda: line.aliases,
            ).collect()


def _not_alive(line: Line | None) -> str:
    if line is not None and line.machine.watch.stalled(now_ms()):
        return "there is work, and nothing was committed for too long; start the worker again"
    return ""


def _not_ready(line: Line | None) -> str:
    lanes = line.machine.lanes if line is not None else ()
    if not lanes:
        return "the group has given no partition yet"
    restoring = sum(lane.state is State.RESTORING for lane in lanes)
    return f"restoring {restoring} of {len(lanes)} groups of partitions" if restoring else ""

"""What a worker tells on HTTP: how much it does, whether it lives, whether it is ready."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from legato.core.values.time import SECOND
from legato.probes import Pages, Probes
from legato.runtime.host.loop import WorkerLoop, now_ms
from legato.runtime.host.metrics import GAUGES, WorkerMetrics
from legato.runtime.kafka.admin import StartUp
from legato.runtime.machine.liveness import Away
from legato.runtime.machine.task import TaskState
from legato.settings import MetricsSettings

LOOP_S = 15.0
"""An event loop that has not turned for so long does not answer for anything else."""
OTHER_PORT = (
    "set `metrics.port` to another, or to 0 (the worker of index N listens on "
    "`metrics.port` + N)"
)

FindLine = Callable[[], WorkerLoop | None]
"""The line, once there is one."""


def open_web(settings: MetricsSettings, index: int, line: FindLine, start: StartUp) -> Probes:
    """Listen for the worker of an index; raises SettingsError where its port is taken."""
    registry = CollectorRegistry()
    registry.register(_Lately(line, start))
    checks = {
        "/livez": lambda: _not_alive(line()),
        "/readyz": lambda: _not_ready(line(), start),
    }
    port = settings.port + index if settings.port else 0
    return Probes(settings.host, port, Pages(registry, checks), OTHER_PORT)


class _Lately(Collector):
    """Collects from the line that there is when somebody asks; before, if Kafka is away."""

    def __init__(self, line: FindLine, start: StartUp) -> None:
        self._line, self._start = line, start

    def collect(self) -> Iterator[Metric]:
        line = self._line()
        if line is not None:
            yield from WorkerMetrics(line.totals, line, now_ms).collect()
        elif self._start.away is not None:
            yield GaugeMetricFamily("legato_kafka_up", GAUGES["kafka_up"][0], value=0)


def _not_alive(line: WorkerLoop | None) -> str:
    """Say what stands still though Kafka answers; that Kafka is away is no reason to end us."""
    if line is None:
        return ""
    still = line.still_s
    if still > LOOP_S:
        return f"the event loop has not turned for {still:.0f} s; start the worker again"
    stall = line.machine.watch.stall
    return stall and f"{stall}; start the worker again"


def _not_ready(line: WorkerLoop | None, start: StartUp) -> str:
    """Say what the line waits for, the cause before what comes of it."""
    if line is None:
        if start.away is not None:
            return _away(start.away, answers=False)
        return "starting: Kafka has not told yet what there is to read"
    if away := line.machine.watch.away:
        return _away(away, answers=line.machine.watch.silent is None)
    tasks = line.machine.tasks
    if not tasks:
        return "the group has given no partition yet"
    restoring = sum(task.state is TaskState.RESTORING for task in tasks)
    return f"restoring {restoring} of {len(tasks)} groups of partitions" if restoring else ""


def _away(away: Away, *, answers: bool) -> str:
    since = datetime.fromtimestamp(away.since / SECOND, UTC).strftime("%H:%M:%S")
    seconds = round((now_ms() - away.since) / SECOND)
    what = "taken no checkpoint" if answers else "not answered"
    return f"kafka has {what} since {since} UTC ({seconds} s): {away.reason}"

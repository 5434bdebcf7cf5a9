"""The alerts of deploy/prometheus, as a Prometheus of one's own sees the line."""

from __future__ import annotations

import shutil
import time
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import yaml

from legato.local import Prometheus, wait_until
from tests.faults.row import Row
from tests.faults.signals import AWAY_ALERT
from tests.faults.slot import Slot
from tests.faults.stage import Stage

RULES = Path(__file__).parents[2] / "deploy" / "prometheus"
FIRES_S, ENDS_S = 120.0, 120.0
LOOK_S = 1.0


class Alerted:
    """A broker that is away until an alert says so; later none may."""

    def __init__(self) -> None:
        self._eyes: Prometheus | None = None

    def fault(self, stage: Stage) -> None:
        """Kill the broker until an alert says so, and bring it back."""
        broker, config = stage.cluster.nodes[0], _config(stage.folder, stage.slots)
        self._eyes = stage.keep(Prometheus.start(config, stage.folder / "seen"))
        with stage.fault():
            broker.kill()
            self._wait({AWAY_ALERT}, f"`{AWAY_ALERT}` to fire alone", FIRES_S)
            broker.restart()

    def ended(self, _: Stage) -> None:
        """Wait until no alert fires."""
        self._wait(set(), "all alerts to end", ENDS_S)

    def _wait(self, wanted: set[str], what: str, deadline_s: float) -> None:
        assert self._eyes is not None
        wait_until(_fires(self._eyes, wanted), what, deadline_s=deadline_s)


def _config(folder: Path, slots: Iterable[Slot]) -> Path:
    """Write the configuration that we ship, with the workers of this line in it."""
    place = folder / "prometheus"
    shutil.copytree(RULES, place)
    file = place / "prometheus.yml"
    told = yaml.safe_load(file.read_text())
    targets = [f"127.0.0.1:{slot.port}" for slot in slots]
    workers = [each for each in told["scrape_configs"] if each["job_name"] == "legato-worker"]
    workers[0]["static_configs"] = [{"targets": targets}]
    told["scrape_configs"] = workers
    file.write_text(yaml.safe_dump(told))
    return file


def _fires(eyes: Prometheus, wanted: set[str]) -> Callable[[], bool]:
    """Make a probe that asks whether just these alerts fire, of those about workers."""

    def probe() -> bool:
        time.sleep(LOOK_S)
        with urllib.request.urlopen(f"{eyes.url}/api/v1/alerts", timeout=10) as answer:
            alerts = msgspec.json.decode(answer.read())["data"]["alerts"]
        firing = {each["labels"]["alertname"] for each in alerts if each["state"] == "firing"}
        return firing - {VIEW} == wanted

    return probe


VIEW = "LegatoViewDown"
"""There is no view here, which is no fault of the line's."""
AWAY = Alerted()
ROWS = (
    Row(
        "broker-kill-alerts",
        "The broker is killed until an alert says so",
        AWAY.fault,
        mend=AWAY.ended,
    ),
)

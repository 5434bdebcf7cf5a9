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


def alerted(stage: Stage) -> None:
    """Kill the broker until an alert says so, bring it back, and wait until none does."""
    broker = stage.cluster.nodes[0]
    with Prometheus.start(_config(stage.folder, stage.slots), stage.folder / "seen") as eyes:
        with stage.fault():
            broker.kill()
            wait_until(_fires(eyes, {AWAY_ALERT}), f"`{AWAY_ALERT}`", deadline_s=FIRES_S)
            broker.restart()
        wait_until(_fires(eyes, set()), "all alerts to end", deadline_s=ENDS_S)


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
ROWS = (Row("broker-kill-alerts", "The broker is killed until an alert says so", alerted),)

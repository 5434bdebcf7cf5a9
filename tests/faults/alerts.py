"""The alerts of deploy/prometheus, as a Prometheus of one's own sees the line."""

from __future__ import annotations

import shutil
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import msgspec
import yaml
from confluent_kafka import Producer

from legato.local import Prometheus, wait_until
from tests.faults.cluster import live
from tests.faults.ground import PREFIX
from tests.faults.row import Row, Setting
from tests.faults.signals import AWAY_ALERT
from tests.faults.slot import Slot
from tests.faults.stage import Stage

RULES = Path(__file__).parents[2] / "deploy" / "prometheus"
FIRES_S, ENDS_S = 300.0, 120.0
LOOK_S = 1.0
SCRAPED_S = 12.0
"""Within so long Prometheus has seen a worker twice."""
KILLS = 5
ANSWER_S = 10.0
VIEW = "LegatoViewDown"
"""There is no view here, which is no fault of the line's."""
RESTARTS = frozenset(("LegatoRebalancesFrequent", "LegatoCheckpointsAborted"))
"""What else workers that end again and again may set off."""

Harm = Callable[[Stage], AbstractContextManager[None]]
"""Does harm as it is entered, and mends it as it is left."""


class Alerted:
    """A fault that lasts until an alert says so; no other may, but for those that go along."""

    def __init__(self, alert: str, harm: Harm, beside: frozenset[str] = frozenset()) -> None:
        self._alert, self._harm, self._beside = alert, harm, beside | {VIEW}
        self._eyes: Prometheus | None = None

    def fault(self, stage: Stage) -> None:
        """Do harm until the alert fires."""
        config = _config(stage.folder, stage.slots)
        self._eyes = stage.keep(Prometheus.start(config, stage.folder / "seen"))
        with stage.fault(), self._harm(stage):
            self._wait({self._alert}, f"`{self._alert}` to fire alone", FIRES_S)

    def ended(self, _: Stage) -> None:
        """Wait until no alert fires."""
        self._wait(set(), "all alerts to end", ENDS_S)

    def _wait(self, wanted: set[str], what: str, deadline_s: float) -> None:
        wait_until(lambda: self._firing() == wanted, what, deadline_s=deadline_s)

    def _firing(self) -> set[str]:
        """Ask which alerts fire, less those that do not count here."""
        assert self._eyes is not None
        time.sleep(LOOK_S)
        with urllib.request.urlopen(f"{self._eyes.url}/api/v1/alerts", timeout=10) as answer:
            alerts = msgspec.json.decode(answer.read())["data"]["alerts"]
        firing = {each["labels"]["alertname"] for each in alerts if each["state"] == "firing"}
        return firing - self._beside


@contextmanager
def away(stage: Stage) -> Iterator[None]:
    """Kill the broker, and bring it back."""
    broker = stage.cluster.nodes[0]
    broker.kill()
    yield
    broker.restart()


@contextmanager
def left_open(stage: Stage) -> Iterator[None]:
    """Let a transaction of upstream stay open: nobody may read behind it, so no clock moves."""
    upstream = Producer(
        {
            "bootstrap.servers": stage.cluster.bootstrap,
            "transactional.id": "left-open",
            "transaction.timeout.ms": 900_000,
            "log_level": 0,
        }
    )
    upstream.init_transactions(ANSWER_S)
    upstream.begin_transaction()
    upstream.produce(f"{PREFIX}web", b"never seen", partition=0)
    upstream.flush(ANSWER_S)
    yield
    upstream.abort_transaction(ANSWER_S)


@contextmanager
def killed_again_and_again(stage: Stage) -> Iterator[None]:
    """Kill one worker each time it was seen to be ready."""
    for _ in range(KILLS):
        stage.slots[0].kill()
        wait_until(stage.ready, "all to be ready again", deadline_s=60)
        time.sleep(SCRAPED_S)
    yield


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


AWAY = Alerted(AWAY_ALERT, away)
CLOCK = Alerted("LegatoClockStandsStill", left_open)
AGAIN = Alerted("LegatoWorkerRestarts", killed_again_and_again, RESTARTS)
ROWS = (
    Row(
        "broker-kill-alerts",
        "The broker is killed until an alert says so",
        AWAY.fault,
        mend=AWAY.ended,
    ),
    Row(
        "clock-alerts",
        "A transaction of upstream stays open until an alert says so",
        CLOCK.fault,
        Setting(live=True),
        mend=CLOCK.ended,
        signals=live,
        deadline_s=900,
    ),
    Row(
        "worker-kill-alerts",
        "A worker is killed again and again until an alert says so",
        AGAIN.fault,
        within_s=15,
        ends=((-9,) * KILLS,),
        deadline_s=900,
    ),
)

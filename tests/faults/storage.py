"""Rows in which something happens to what Kafka keeps, or to whom it lets in."""

from __future__ import annotations

import time
from collections.abc import Iterator

from confluent_kafka.admin import NewPartitions, NewTopic

from legato.core.events.event import Event
from legato.local import wait_until
from legato.runtime.kafka.admin import create
from tests.faults.cluster import live
from tests.faults.ground import PREFIX
from tests.faults.guard import set_password
from tests.faults.row import Row, Setting
from tests.faults.signals import tells_of_absence
from tests.faults.stage import Stage
from tests.faults.tale import PARTITIONS, Act
from tests.integration.line_story import closing

PASSWORD = "not-a-secret"
MB = 1 << 20
WORD = "until the workers restart"
EXPIRING = {
    "transactional.id.expiration.ms": "8000",
    "transaction.remove.expired.transaction.cleanup.interval.ms": "1000",
    "producer.id.expiration.ms": "8000",
    "producer.id.expiration.check.interval.ms": "1000",
}


def full(stage: Stage) -> None:
    """Fill the file system of the broker's log until it gives up; later make room."""
    broker, filler = stage.cluster.nodes[0], stage.folder / "small" / "filler"
    with stage.fault():
        with filler.open("wb") as file:
            try:
                while True:
                    file.write(bytes(MB))
                    file.flush()
            except OSError:
                pass
        wait_until(lambda: not broker.alive, "the broker to give up", deadline_s=60)
        time.sleep(10)
        filler.unlink()
        broker.restart()


def made_anew(stage: Stage) -> None:
    """Delete a source of which all was followed, and create it again."""
    stage.case.wait_until_done(60)
    topic, admin = f"{PREFIX}web", stage.admin
    with stage.fault():
        admin.delete_topics([topic])[topic].result(30)
        wait_until(lambda: topic not in admin.list_topics(timeout=10).topics, "its end")
        create(admin, [NewTopic(topic, PARTITIONS["web"], 1)])


def widened(stage: Stage) -> None:
    """Add partitions to a source that is not trusted."""
    topic = f"{PREFIX}web"
    with stage.fault():
        wider = NewPartitions(topic, PARTITIONS["web"] + 2)
        stage.admin.create_partitions([wider])[topic].result(30)


def restarted(stage: Stage) -> None:
    """Wait until a worker asks for a restart, and restart all: they read the new ones too."""
    wait_until(lambda: any(WORD in slot.said for slot in stage.slots), f"`{WORD}`")
    added = range(PARTITIONS["web"], PARTITIONS["web"] + 2)
    now = time.time_ns() // 1_000_000
    stage.upstream.tell(Act("web", _late(number, now), number) for number in added)
    for slot in stage.slots:
        slot.ask_to_end()
        wait_until(lambda s=slot: s.ends, "its end", deadline_s=40)  # type: ignore[misc]
    wait_until(stage.ready, "all to be ready again", deadline_s=60)


def _late(number: int, now: int) -> Event:
    return closing(f"in-partition-{number}", now)


def expired(stage: Stage) -> None:
    """Do nothing: while the line was idle, Kafka forgot its transactional ids."""
    with stage.fault():
        time.sleep(1)


def password_changed(stage: Stage) -> None:
    """Change the password for 30 s, and break all connections, so that it is asked for."""
    with stage.fault():
        set_password(stage.admin, "another")
        for mode in ("reset", "pass"):
            stage.proxies[0].become(mode)
        time.sleep(30)
        set_password(stage.admin, PASSWORD)


def away(stage: Stage) -> Iterator[str]:
    """For the workers, Kafka was away."""
    assert stage.span is not None
    yield from tells_of_absence(stage.watch, stage.slots, stage.span)


ROWS = (
    Row(
        "log-full", "The file system of the log is full", full, Setting(log_mb=96), signals=live
    ),
    Row(
        "topic-anew",
        "A source is deleted and made anew",
        made_anew,
        Setting(idle_s=5),
        # A worker may end with a sentence, and the next one finds the new topic.
        ends=((), (1,), (1, 1)),
    ),
    Row(
        "partitions-added",
        "A source gets more partitions",
        widened,
        Setting(live=True),
        within_s=15,
        mend=restarted,
        ends=((0, 0),),
    ),
    Row(
        "id-expired",
        "Transactional ids expire while the line is idle",
        expired,
        Setting(idle_s=30, broker=EXPIRING),
        within_s=15,
        signals=live,
    ),
    Row(
        "password-changed",
        "The password is another one for 30 s",
        password_changed,
        Setting(proxied=True, password=PASSWORD),
        signals=away,
    ),
)

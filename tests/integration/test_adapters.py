"""An adapter in one file, run on a real Kafka and Redis: what it promises, it keeps."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest
import redis
from confluent_kafka import Producer

from legato.core.values.time import HOUR, SECOND
from legato.kafka import client_config
from legato.local import free_port, wait_until
from legato.queries.topic_reader import TopicReader
from legato.serving.adapters.plan import group_of
from legato.serving.adapters.restorer import AdapterRestorer
from legato.serving.redis_view.keys import Keys
from legato.settings import KafkaSettings, RedisSettings, Settings, WorkerSettings
from legato.wire.topics.actions import action_headers, write_action
from tests.integration.actions import REGISTRY, action, publish, revoked
from tests.integration.conftest import Kafka
from tests.integration.legato_command import Legato, Running
from tests.integration.said import create_topics
from tests.integration.test_cli_adapter import outcomes, reported

PROVIDER = '''
"""A provider as a file: it writes down each call, and does what the name of the action says."""
import asyncio, os, time
from pathlib import Path
from legato.adapter import Delivered, Retry

HERE = Path(__file__).parent
seen = set()

async def deliver(action):
    with (HERE / "calls.txt").open("a") as calls:
        calls.write(f"{action.action_id} {time.time_ns() // 1_000_000} {os.getpid()}\\n")
    kind, again = action.action_id.partition("-")[0], action.action_id in seen
    seen.add(action.action_id)
    if kind == "slow":
        await asyncio.sleep(4)
    if kind == "deadly":
        await asyncio.sleep(1)
        os._exit(9)
    if kind == "busy" and not again:
        return Retry("slow_down", 3.0)
    if kind == "broken" and not (HERE / "mended").exists():
        raise ValueError(action.address)
    return Delivered()
'''
TABLE = """
[adapters.fake]
use = "./provider.py"
channels = ["email"]
attempts = 2
hold_after_s = 2
concurrency = 50
port = {port}
"""


class FakeAdapter:
    """The adapter in its folder, and what its provider was asked."""

    def __init__(self, legato: Legato, port: int) -> None:
        self.legato, self.settings, self.port = legato, legato.settings, port

    @contextmanager
    def running(self) -> Iterator[Running]:
        """Run one process of it."""
        with self.legato.running("adapter", "run", "fake") as running:
            yield running

    @property
    def calls(self) -> list[tuple[str, int]]:
        """Which action the provider was given, and when."""
        path = self.legato.folder / "calls.txt"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(line.split()[0], int(line.split()[1])) for line in lines]

    @property
    def counted(self) -> Counter[str]:
        """How often the provider was given each action."""
        return Counter(name for name, _ in self.calls)

    def left(self) -> int:
        """How many records lie behind what is committed."""
        restorer = AdapterRestorer(self.settings, group_of(self.settings, "fake"))
        topic = f"{self.settings.kafka.prefix}actions.email"
        with TopicReader(self.settings) as reader:
            tps = [(topic, number) for number in reader.partitions(topic.__eq__)[topic]]
            ends = {tp: reader.begins_at(*tp) + reader.count(*tp) for tp in tps}
        return sum(
            ends[told.topic, told.partition] - max(told.offset, 0)
            for _, told in restorer._committed(tps)
        )


@pytest.fixture
def fake(bootstrap: str, redis_url: str, topic_prefix: str, tmp_path: Path) -> FakeAdapter:
    settings = Settings(
        kafka=KafkaSettings(bootstrap=bootstrap, prefix=topic_prefix),
        worker=WorkerSettings(group=topic_prefix),
        redis=RedisSettings(url=redis_url, prefix=topic_prefix),
    )
    create_topics(settings)
    legato, port = Legato(settings, tmp_path), free_port()
    legato.environ |= {
        "LEGATO_REDIS_URL": redis_url,
        "LEGATO_REDIS_PREFIX": topic_prefix,
    }
    (tmp_path / "provider.py").write_text(PROVIDER)
    (tmp_path / "legato.toml").write_text(TABLE.format(port=port))
    return FakeAdapter(legato, port)


def delivered(*names: str) -> list[tuple[str, str]]:
    return [(name, "action.delivered") for name in names]


@pytest.mark.long
def test_killed_between_send_and_report_it_sends_once_more_what_was_under_way(
    fake: FakeAdapter,
) -> None:
    slow = [f"slow-{number}" for number in range(10)]
    publish(fake.settings, *map(action, ["a", "b", *slow]))
    with fake.running() as first:
        reported(fake.legato, *delivered("a", "b"))
        wait_until(lambda: len(fake.calls) == 12 and fake.left() <= 30, "all to be under way")
        wait_until(lambda: fake.left() < 12, "what is reported to be committed")
        first.ends(signal.SIGKILL)
    with fake.running():
        reported(fake.legato, *delivered("a", "b", *slow))
    counted = fake.counted
    assert {name: counted[name] for name in ("a", "b")} == {"a": 1, "b": 1}
    assert all(1 <= counted[name] <= 2 for name in slow)


def test_two_of_them_share_the_work_and_hand_it_over(fake: FakeAdapter) -> None:
    names: list[str] = []

    def more(count: int) -> None:
        new = [f"n{number}" for number in range(len(names), len(names) + count)]
        names.extend(new)
        publish(fake.settings, *map(action, new))

    more(40)
    with fake.running() as first:
        reported(fake.legato, *delivered(*names))
        (fake.legato.folder / "legato.toml").write_text(TABLE.format(port=0))
        with fake.running():
            more(100)
            reported(fake.legato, *delivered(*names))
            more(40)
            assert first.ends(signal.SIGTERM) == 0
            more(40)
            reported(fake.legato, *delivered(*names))
    assert fake.counted == Counter(names)


def test_a_revocation_behind_a_backlog_is_seen_before_anything_is_sent(
    fake: FakeAdapter,
) -> None:
    names = [f"n{number}" for number in range(600)]
    publish(fake.settings, *map(action, names))
    publish(fake.settings, *map(revoked, names[::2]))
    with fake.running():
        reported(fake.legato, *delivered(*names[1::2]))
    assert fake.counted == Counter(names[1::2])


def test_a_refusal_that_the_view_knows_ends_it(fake: FakeAdapter, redis_url: str) -> None:
    keys = Keys.of(fake.settings)
    refusal = {"purpose": "promotion", "channel": "email", "status": "withdrawn", "time": 1}
    with redis.Redis.from_url(redis_url) as view:
        view.set(keys.customer("1-refused"), msgspec.json.encode({"consents": [refusal]}))
        view.set(keys.customer("1-moved"), b'{"revision":2,"index":[],"forward":"1-refused"}')
        view.set(keys.customer("1-gone"), b'{"revision":3,"erased":42}')
        view.set(keys.erased("1-gone"), action("a").time + HOUR)
        for name, status in (("1-asked", "requested"), ("1-back", "withdrawn")):
            word = {"erasure": {"status": status, "time": 1}, "consents": []}
            view.set(keys.customer(name), msgspec.json.encode(word))
        against, allowed = ["refused", "moved", "gone", "asked"], ["back", "other"]
        publish(fake.settings, *map(action, [*against, *allowed]))
        with fake.running():
            expected = [(name, "action.failed") for name in against]
            reported(fake.legato, *expected, *delivered(*allowed))
    assert fake.counted == Counter(allowed)


def test_without_redis_nothing_is_sent_and_it_says_so(fake: FakeAdapter) -> None:
    fake.legato.environ["LEGATO_REDIS_URL"] = f"redis://127.0.0.1:{free_port()}/0"
    publish(fake.settings, action("a"))
    with fake.running() as running:
        url = f"http://127.0.0.1:{fake.port}"
        running.says("delivering as")

        def waits() -> bool:
            ready = httpx.get(f"{url}/readyz")
            return ready.status_code == 503 and "redis does not answer" in ready.text

        wait_until(waits, "it to say that Redis is away")
        assert httpx.get(f"{url}/livez").status_code == 200
        assert 'legato_adapter_view_up{adapter="fake"} 0.0' in wait_until(
            lambda: (
                text
                if "view_up" in (text := httpx.get(f"{url}/metrics").text)
                and 'view_up{adapter="fake"} 0.0' in text
                else ""
            ),
            "the metric to say so",
        )
        assert running.ends(signal.SIGTERM) == 0
    assert fake.calls == []


@pytest.mark.long
def test_a_long_hold_outlives_a_restart_and_pins_no_offset(fake: FakeAdapter) -> None:
    held = action("held", wait=20 * SECOND)
    publish(fake.settings, held, action("wrong", wait=20 * SECOND), action("a"))
    with fake.running() as first:
        reported(fake.legato, *delivered("a"))
        wait_until(lambda: fake.left() == 0, "all offsets to be passed")
        first.ends(signal.SIGKILL)
    publish(fake.settings, revoked("wrong"))
    with fake.running():
        reported(fake.legato, *delivered("held"))
        wait_until(lambda: fake.left() == 0, "all offsets to be passed")
    assert fake.counted == Counter(["a", "held"])
    assert min(at for name, at in fake.calls if name == "held") >= held.not_before


def test_what_a_transaction_took_back_is_not_sent_and_keeps_nobody_waiting(
    fake: FakeAdapter, real_kafka: Kafka
) -> None:
    settings = fake.settings
    producer = Producer(client_config(settings, **{"transactional.id": settings.kafka.prefix}))
    producer.init_transactions(30)

    def write(*names: str, commit: bool) -> None:
        producer.begin_transaction()
        for name in names:
            told = action(name)
            value, headers = write_action(told, REGISTRY), action_headers(told)
            topic = f"{settings.kafka.prefix}actions.email"
            producer.produce(topic, value, told.customer_id, headers=list(headers))
        producer.flush(30)
        producer.commit_transaction(30) if commit else producer.abort_transaction(30)

    write("a", "b", "c", "d", commit=True)
    write("x", "y", "z", commit=False)
    with fake.running():
        reported(fake.legato, *delivered("a", "b", "c", "d"))
        write("e", "f", "g", commit=True)
        write("u", "v", "w", commit=False)
        reported(fake.legato, *delivered("e", "f", "g"))
        wait_until(lambda: fake.left() == 0, "all offsets to be passed")
    assert fake.counted == Counter("abcdefg")


def test_it_comes_again_when_the_provider_says_so(fake: FakeAdapter) -> None:
    publish(fake.settings, action("busy-1"))
    with fake.running():
        reported(fake.legato, *delivered("busy-1"))
    first, second = (at for _, at in fake.calls)
    assert second - first >= 3 * SECOND


def test_what_the_adapter_fails_on_is_a_dead_letter_and_done_once_mended(
    fake: FakeAdapter,
) -> None:
    publish(fake.settings, action("broken-1"))
    with fake.running():
        reported(fake.legato, ("broken-1", "action.failed"))
        (letter,) = fake.legato("dlq", "list", "--json").objects
        assert (letter["reason"], letter["stage"]) == ("adapter_failed", "adapter")
        assert "ValueError" in letter["message"]
        assert "example.org" not in letter["message"]
        (fake.legato.folder / "mended").touch()
        for _ in range(2):
            told = fake.legato("dlq", "redrive", "--reason", "adapter_failed", "--yes")
            assert told.code == 0, told.err
        publish(fake.settings, action("after"))
        reported(fake.legato, *delivered("broken-1", "after"))
        wait_until(lambda: fake.left() == 0, "all offsets to be passed")
    assert fake.counted == Counter({"broken-1": 3, "after": 1})
    assert outcomes(fake.legato)[("broken-1", "action.delivered")] == 1


@pytest.mark.long
def test_an_action_that_kills_its_process_is_tried_no_more_often_than_it_may(
    fake: FakeAdapter,
) -> None:
    """Twice, as the settings say, and once more since the second was cut off."""
    publish(fake.settings, action("deadly-1"))
    for _ in range(3):
        with fake.running() as running:
            assert running.process.wait(120) == 9
    with fake.running():
        reported(fake.legato, ("deadly-1", "action.failed"))
    assert fake.counted == {"deadly-1": 3}
    (letter,) = fake.legato("dlq", "list", "--json").objects
    assert letter["message"] == "it was tried 3 times, at last without an answer"


def test_what_is_under_way_is_finished_when_it_is_told_to_end(fake: FakeAdapter) -> None:
    publish(fake.settings, action("slow-1"), action("slow-2", wait=HOUR))
    with fake.running() as running:
        wait_until(lambda: fake.calls, "the provider to be asked")
        began = time.monotonic()
        assert running.ends(signal.SIGTERM) == 0
        assert time.monotonic() - began < 20
    assert outcomes(fake.legato) == Counter(delivered("slow-1"))

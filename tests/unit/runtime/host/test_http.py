"""What a worker answers to probes: what it waits for, and whether it is to be started again."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from legato.core.values.time import SECOND
from legato.local import free_port
from legato.runtime.host.http import open_web
from legato.runtime.host.loop import Delivery, WorkerLoop, WorkerResources
from legato.runtime.kafka.admin import StartUp
from legato.runtime.machine.commands import Restore
from legato.runtime.machine.facts import GroupMetadata, KafkaSilent, PartitionsAssigned
from legato.runtime.machine.liveness import Away
from legato.settings import MetricsSettings
from tests.unit.runtime.bench import A, B, Bench, of
from tests.unit.runtime.home import plan

OK = (200, "ok")


class Web:
    """The probes of one worker."""

    def __init__(self, port: int) -> None:
        self._port = port

    def __getitem__(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/{path}") as answer:
                return answer.status, answer.read().decode().strip()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode().strip()


async def _nowhere(_: Delivery) -> None:
    """Nobody listens."""


@contextmanager
def web_of(bench: Bench | None, start: StartUp | None = None) -> Iterator[Web]:
    """Ask about a machine on the table, or a worker that has none yet."""
    line = None
    if bench is not None:
        line = WorkerLoop(WorkerResources(bench.machine, plan(), None), _nowhere)
    port = free_port()
    with open_web(MetricsSettings(port=port), 0, lambda: line, start or StartUp()):
        yield Web(port)


async def test_one_that_starts_is_alive_and_not_ready() -> None:
    with web_of(None) as web:
        assert web["livez"] == OK
        assert web["readyz"] == (503, "starting: Kafka has not told yet what there is to read")


async def test_one_that_starts_while_kafka_is_away_says_so_and_since_when() -> None:
    start = StartUp()
    start.away = Away(0, "refused")
    with web_of(None, start) as web:
        code, why = web["readyz"]
        assert (code, why[:42]) == (503, "kafka has not answered since 00:00:00 UTC ")
        assert why.endswith("s): refused")
        assert "legato_kafka_up 0.0" in web["metrics"][1]
        assert web["livez"] == OK
        start.away = None
        assert "legato_kafka_up" not in web["metrics"][1]


async def test_it_names_what_it_waits_for_until_it_is_ready() -> None:
    bench = Bench()
    bench.renewed()
    bench.tell(GroupMetadata(b"me"))
    with web_of(bench) as web:
        assert web["readyz"] == (503, "the group has given no partition yet")
        first, second = of(Restore, bench.tell(PartitionsAssigned((A, B))))
        assert web["readyz"] == (503, "restoring 2 of 2 groups of partitions")
        bench.restored(first, 0)
        assert web["readyz"] == (503, "restoring 1 of 2 groups of partitions")
        bench.restored(second, 0)
        assert web["readyz"] == web["livez"] == OK


async def test_a_kafka_that_is_away_comes_before_all_else_and_is_no_reason_to_be_ended() -> (
    None
):
    bench = Bench()
    bench.run(A)
    with web_of(bench) as web:
        bench.batch(A, 0, b"x")
        bench.tick(SECOND)
        bench.refused("not enough replicas")
        code, why = web["readyz"]
        assert (code, why[:36]) == (503, "kafka has taken no checkpoint since ")
        assert why.endswith(": not enough replicas")
        for _ in range(600):
            bench.tell(KafkaSilent("timed out"))
            bench.tick(SECOND)
        code, why = web["readyz"]
        assert (code, why[:29]) == (503, "kafka has not answered since ")
        assert why.endswith(": timed out")
        assert web["livez"] == OK


async def test_work_that_nobody_commits_is_a_reason() -> None:
    bench = Bench()
    bench.run(A)
    for _ in range(48):
        bench.tick(SECOND)
        bench.answer(bench.now, {A: 9})
    with web_of(bench) as web:
        code, why = web["livez"]
        assert code == 503
        assert why.startswith("`a/0` has had work for 4")
        assert why.endswith("and none is committed; start the worker again")
        assert web["readyz"] == OK

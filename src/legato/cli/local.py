"""`legato local`: a Kafka, a worker and an API on this machine, to play with."""

from __future__ import annotations

import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
from msgspec.structs import replace

from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.verbs import Failure
from legato.local import (
    Child,
    EmbeddedKafka,
    RealKafka,
    RedisServer,
    free_port,
    is_free,
    wait_until,
)
from legato.runtime.host.supervisor import own_command
from legato.runtime.host.topic_commands import create_missing
from legato.serving.api.trial import TrialApi
from legato.settings import Settings

READY = """\
a Kafka, a worker and an API are up. In another terminal:

  export LEGATO_KAFKA_BOOTSTRAP={bootstrap}
  export API={address}
  export KEY={token}
  legato adapter log

and in a third, with the same exports, `legato send …`, or
`curl -sf $API/v1/customers/loyalty_id/42 -H "Authorization: Bearer $KEY"`.
Ctrl-C here ends it, and forgets all."""
MOVED = "`metrics.port` {taken} is taken here, so the worker tells its metrics on port {port}."

START_S = 60.0


@click.command()
@click.option(
    "--kafka",
    type=click.Choice(["embedded", "real"]),
    default="embedded",
    help="The broker: one from a wheel, or Apache Kafka, which needs Java and Maven.",
)
@click.option(
    "--shop",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Serve the pages of a shop too, the desk, and a mail catcher.",
)
@pass_invocation
def local(invocation: Invocation, kafka: str, shop: Path | None) -> None:
    """Start a Kafka with all topics, a worker, a Redis view and an API here, until Ctrl-C.

    \b
      legato local
      legato local --kafka real
      legato local --shop examples/shop

    With a shop, its settings are those of that shop, and each mail that Legato sends is shown.

    For trying things out: everything is in memory or in a temporary folder, and gone at the
    end. Where another worker has the port of its metrics, it takes a free one. It needs the
    extra `legato[local]`.
    """
    with tempfile.TemporaryDirectory(prefix="legato-local-") as name, _stopped() as stopped:
        folder = Path(name)
        if shop is not None:
            _by_hand(kafka, shop, folder, stopped)
            return
        start = RealKafka.start if kafka == "real" else EmbeddedKafka.start
        with start(folder / "kafka") as broker, RedisServer.start(folder / "redis") as redis:
            create_missing(_at(invocation.settings, broker.bootstrap))
            trial = TrialApi.prepare(folder, _api_port(invocation.settings))
            aimed = {
                "LEGATO_KAFKA_BOOTSTRAP": broker.bootstrap,
                "LEGATO_METRICS_PORT": str(_port(invocation.settings)),
                "LEGATO_REDIS_URL": redis.url,
                "LEGATO_VIEW_PORT": "0",
                **trial.environ,
            }
            with _processes(invocation, folder, aimed) as processes:
                what, gone = "the API to answer", processes["api"].exited
                wait_until(trial.answers, what, deadline_s=START_S, cancelled=gone)
                told = {"address": trial.address, "token": trial.token}
                click.echo(READY.format(bootstrap=broker.bootstrap, **told))
                _watch(processes, stopped)


def _by_hand(kafka: str, shop: Path, folder: Path, stopped: threading.Event) -> None:
    from legato.demo.by_hand.by_hand import ByHand, ProcessGone

    try:
        ByHand(kafka, shop, click.echo).run(folder, stopped)
    except ProcessGone as error:
        raise Failure(str(error)) from None


def _at(settings: Settings, bootstrap: str) -> Settings:
    return replace(settings, kafka=replace(settings.kafka, bootstrap=bootstrap))


@contextmanager
def _processes(
    invocation: Invocation, folder: Path, aimed: dict[str, str]
) -> Iterator[dict[str, Child]]:
    words = ["--settings", str(invocation.path)] if invocation.path else []
    verbs = {"worker": ("worker",), "view": ("view", "redis"), "api": ("api",)}
    with ExitStack() as stack:
        running = {}
        for name, verb in verbs.items():
            child = Child(own_command(*words, *verb), folder / f"{name}.log", aimed)
            stack.callback(child.stop)
            running[name] = child
        yield running


def _port(settings: Settings) -> int:
    """Where the worker's `metrics.port` may be: as set, but where somebody else listens."""
    metrics, index = settings.metrics, settings.worker.index
    if not metrics.port or is_free(metrics.port + index, metrics.host):
        return metrics.port
    port = free_port(metrics.host)
    click.echo(MOVED.format(taken=metrics.port + index, port=port))
    return port - index  # the worker of index N listens on `port + N`


def _api_port(settings: Settings) -> int:
    port = settings.api.port
    return port if is_free(port, "127.0.0.1") else free_port("127.0.0.1")


def _watch(processes: dict[str, Child], stopped: threading.Event) -> None:
    """Wait for Ctrl-C, or for an end that nobody asked for."""
    while not stopped.wait(0.5):
        for name, process in processes.items():
            if process.exited.is_set():
                raise Failure(f"the {name} is gone: {process.last_words()}")


@contextmanager
def _stopped() -> Iterator[threading.Event]:
    """Let SIGTERM end it in order, as Ctrl-C does."""
    stopped = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGTERM, before)

"""`legato local`: a Kafka and a worker on this machine, to play with."""

from __future__ import annotations

import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from msgspec.structs import replace

from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.verbs import Failure
from legato.local import Child, EmbeddedKafka, RealKafka, free_port, is_free
from legato.runtime.host.supervisor import own_command
from legato.runtime.host.topic_commands import create_missing
from legato.settings import Settings

READY = """\
a Kafka and a worker are up. In another terminal:

  export LEGATO_KAFKA_BOOTSTRAP={bootstrap}
  legato adapter log

and in a third, with the same export, `legato send …`. Ctrl-C here ends it, and forgets all."""
MOVED = "`metrics.port` {taken} is taken here, so the worker tells its metrics on port {port}."


@click.command()
@click.option(
    "--kafka",
    type=click.Choice(["embedded", "real"]),
    default="embedded",
    help="The broker: one from a wheel, or Apache Kafka, which needs Java and Maven.",
)
@pass_invocation
def local(invocation: Invocation, kafka: str) -> None:
    """Start a Kafka with all topics and a worker here, until Ctrl-C.

    \b
      legato local
      legato local --kafka real

    For trying things out: everything is in memory or in a temporary folder, and gone at the
    end. Where another worker has the port of its metrics, it takes a free one. It needs the
    extra `legato[local]`.
    """
    with tempfile.TemporaryDirectory(prefix="legato-local-") as name, _stopped() as stopped:
        folder = Path(name)
        start = RealKafka.start if kafka == "real" else EmbeddedKafka.start
        with start(folder / "kafka") as broker:
            create_missing(_at(invocation.settings, broker.bootstrap))
            with _worker(invocation, broker.bootstrap, folder / "worker.log") as worker:
                click.echo(READY.format(bootstrap=broker.bootstrap))
                _watch(worker, stopped)


def _at(settings: Settings, bootstrap: str) -> Settings:
    return replace(settings, kafka=replace(settings.kafka, bootstrap=bootstrap))


@contextmanager
def _worker(invocation: Invocation, bootstrap: str, log: Path) -> Iterator[Child]:
    words = ["--settings", str(invocation.path)] if invocation.path else []
    port = _port(invocation.settings)
    aimed = {"LEGATO_KAFKA_BOOTSTRAP": bootstrap, "LEGATO_METRICS_PORT": str(port)}
    worker = Child(own_command(*words, "worker"), log, aimed)
    try:
        yield worker
    finally:
        worker.stop()


def _port(settings: Settings) -> int:
    """Where the worker's `metrics.port` may be: as set, but where somebody else listens."""
    metrics, index = settings.metrics, settings.worker.index
    if not metrics.port or is_free(metrics.port + index, metrics.host):
        return metrics.port
    port = free_port(metrics.host)
    click.echo(MOVED.format(taken=metrics.port + index, port=port))
    return port - index  # the worker of index N listens on `port + N`


def _watch(worker: Child, stopped: threading.Event) -> None:
    """Wait for Ctrl-C, or for the worker's own end, which nobody asked for."""
    while not stopped.wait(0.5):
        if worker.exited.is_set():
            raise Failure(f"the worker is gone: {worker.last_words()}")


@contextmanager
def _stopped() -> Iterator[threading.Event]:
    """Let SIGTERM end it in order, as Ctrl-C does."""
    stopped = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGTERM, before)

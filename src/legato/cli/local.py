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
from legato.local import Child, EmbeddedKafka, RealKafka
from legato.runtime.supervisor import own_command
from legato.runtime.topics_verbs import create_missing
from legato.settings import Settings

READY = """\
a Kafka and a worker are up. In another terminal:

  export LEGATO_KAFKA_BOOTSTRAP={bootstrap}
  legato adapter log

and in a third, with the same export, `legato send …`. Ctrl-C here ends it, and forgets all."""


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

    For trying things out, with nothing else running: everything is in memory or in a
    temporary folder, and gone at the end. It needs the extra `legato[local]`.
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
    aimed = {"LEGATO_KAFKA_BOOTSTRAP": bootstrap}
    worker = Child(own_command(*words, "worker"), log, aimed)
    try:
        yield worker
    finally:
        worker.stop()


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

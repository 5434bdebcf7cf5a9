"""`legato local`: a Kafka, a worker and an API on this machine, to play with."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from legato.cli.browser import open_pages
from legato.cli.invocation import Invocation, leave_settings_behind, pass_invocation
from legato.local import Processes, RedisServer, free_port, is_free, port_or_free, start_kafka
from legato.runtime.host.supervisor import own_command
from legato.runtime.host.topic_commands import create_missing
from legato.serving.api.trial import TrialApi, wait_for_api
from legato.settings import Settings

if TYPE_CHECKING:
    from legato.local import KafkaKind

READY = """\
a Kafka, a worker and an API are up. In another terminal:

  export LEGATO_KAFKA_BOOTSTRAP={bootstrap}
  export LEGATO_REDIS_URL={redis}
  export API={address}
  export KEY={token}
  legato adapter log

and in a third, with the same exports, `legato send …`, or
`curl -sf $API/v1/customers/loyalty_id/42 -H "Authorization: Bearer $KEY"`.
Ctrl-C here ends it, and forgets all."""
MOVED = "`metrics.port` {taken} is taken here, so the worker tells its metrics on port {port}."

LOOK_S = 0.5
VERBS = {"worker": ("worker",), "view": ("view", "redis"), "API": ("api",)}


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
    help="Serve the pages of a shop too, the desk, and the mails that arrive.",
)
@click.option(
    "--no-browser",
    is_flag=True,
    help="Do not open shop and tablet in a browser; that is done on a terminal alone.",
)
@pass_invocation
def local(
    invocation: Invocation, kafka: KafkaKind, shop: Path | None, no_browser: bool
) -> None:
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
        if shop is None:
            _play_along(invocation, kafka, Path(name), stopped)
        else:
            shows = sys.stdout.isatty() and not no_browser
            _by_hand(kafka, shop, Path(name), stopped, open_pages if shows else None)


def _play_along(
    invocation: Invocation, kafka: KafkaKind, folder: Path, stopped: threading.Event
) -> None:
    settings = invocation.settings
    with (
        start_kafka(kafka, folder / "kafka") as broker,
        RedisServer.start(folder / "redis") as redis,
        Processes(folder) as processes,
    ):
        create_missing(_at(settings, broker.bootstrap))
        trial = TrialApi.prepare(folder, port_or_free(settings.api.port))
        aimed = {
            "LEGATO_KAFKA_BOOTSTRAP": broker.bootstrap,
            "LEGATO_METRICS_PORT": str(_port(settings)),
            "LEGATO_REDIS_URL": redis.url,
            "LEGATO_VIEW_PORT": "0",
            **trial.environ,
        }
        words = ["--settings", str(invocation.path)] if invocation.path else []
        for name, verb in VERBS.items():
            processes.start(name, own_command(*words, *verb), aimed)
        wait_for_api(trial.port, processes)
        told = {"address": trial.address, "token": trial.token}
        click.echo(READY.format(bootstrap=broker.bootstrap, redis=redis.url, **told))
        while not stopped.wait(LOOK_S):
            processes.see()


def _by_hand(
    kafka: KafkaKind,
    shop: Path,
    folder: Path,
    stopped: threading.Event,
    show: Callable[[Sequence[str]], object] | None,
) -> None:
    from legato.demo.by_hand.by_hand import ByHand

    leave_settings_behind()
    ByHand(kafka, shop, click.echo, show).run(folder, stopped)


def _at(settings: Settings, bootstrap: str) -> Settings:
    return replace(settings, kafka=replace(settings.kafka, bootstrap=bootstrap))


def _port(settings: Settings) -> int:
    """Where the worker's `metrics.port` may be: as set, but where somebody else listens."""
    metrics, index = settings.metrics, settings.worker.index
    if not metrics.port or is_free(metrics.port + index, metrics.host):
        return metrics.port
    port = free_port(metrics.host)
    click.echo(MOVED.format(taken=metrics.port + index, port=port))
    return port - index  # the worker of index N listens on `port + N`


@contextmanager
def _stopped() -> Iterator[threading.Event]:
    """Let SIGTERM end it in order, as Ctrl-C does."""
    stopped = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGTERM, before)

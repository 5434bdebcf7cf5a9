"""`legato demo`: a day of customers, a worker that is killed, and the verdict."""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType
from typing import TYPE_CHECKING

import click
from rich.console import Console

from legato.cli.format.screen import show_json
from legato.cli.invocation import leave_settings_behind

if TYPE_CHECKING:
    from legato.demo.view.renderers import Face
    from legato.local import KafkaKind

EVENTS, SECONDS, WORKERS = 20_000, 45.0, 2


@click.command()
@click.option("--customers", metavar="N", type=click.IntRange(1), help="How many may come.")
@click.option("--events", metavar="N", type=click.IntRange(100), help="How many; 20,000.")
@click.option("--seconds", metavar="S", type=click.FloatRange(1), help="In how long; 45.")
@click.option("--seed", default=1, metavar="N", help="The same seed tells the same day; 1.")
@click.option("--workers", metavar="N", type=click.IntRange(1, 4), help="How many; 2.")
@click.option(
    "--kafka",
    type=click.Choice(["embedded", "real"]),
    default="embedded",
    help="The broker of a wheel, or Apache Kafka, which needs Java 17 and Maven.",
)
@click.option("--json", "as_json", is_flag=True, help="No live view; last line: one object.")
def demo(
    customers: int | None,
    events: int | None,
    seconds: float | None,
    seed: int,
    workers: int | None,
    kafka: KafkaKind,
    as_json: bool,
) -> None:
    """Watch a simulated day of customers, a kill -9 in mid-run, and the verdict.

    \b
      legato demo
      legato demo --kafka real
      legato demo --events 3000 --seconds 10 --json | tail -1 | jq .lost

    It starts a broker, a Redis, workers, a Redis view, an API and a mail server of its own in a
    temporary folder, and takes all of it away at the end. Each channel knows people by its own
    identifiers; logins, cards, orders and verified callers show who is one customer, and some
    never show it. Exit code 0 only if nothing was lost and nothing doubled, compared with a
    single-threaded replay of the same log, if each event is counted in the context of one
    customer, and if customers are what the events prove.

    One email is sent for real, by `legato adapter run email`, and shown as it arrives. It must
    arrive once, and its outcome come back to the context of its customer. The adapter lives by
    the clock on the wall, so it is told of that action in the time of this machine.

    False reminders avoided are those that a shop would have sent that knows nothing but one
    channel: a second replay, of that channel alone, finds them. Counted are the carts that the
    same customer bought elsewhere by then, and of which nobody was reminded here.
    """
    from legato.demo.run.show import Script, play

    begun = time.monotonic()
    leave_settings_behind()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    script = Script(
        kafka=kafka,
        customers=customers or events or EVENTS,
        events=events or EVENTS,
        seconds=seconds or SECONDS,
        seed=seed,
        workers=workers or WORKERS,
        begun=begun,
    )
    console = Console(stderr=as_json, highlight=False, markup=False, emoji=False)
    report = play(script, _face(console))
    for line in report.lines():
        console.print(line, soft_wrap=True)
    if as_json:
        show_json(report.as_object())
    sys.exit(0 if report.verdict.clean else 1)


def _face(console: Console) -> Face:
    from legato.demo.view.renderers import LiveFace, PlainFace

    live = console.is_terminal and not console.is_dumb_terminal
    return LiveFace(console) if live else PlainFace(console)


def _end(number: int, _: FrameType | None) -> None:
    """Unwind as for ctrl-c, so that all is stopped in order; the code is that of the signal."""
    sys.exit(128 + number)

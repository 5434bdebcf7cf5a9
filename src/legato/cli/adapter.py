"""`legato adapter`: what brings actions to customers. `log` brings them to the terminal."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Iterator

import click
from rich.text import Text

from legato.cli.format.output import OutputLine, moment, tell_handoff
from legato.cli.format.screen import screen, show, show_json
from legato.cli.invocation import Invocation, pass_invocation
from legato.core.values.outputs import Action, Revoked
from legato.core.values.results import Unreadable
from legato.queries.topic_filter import is_action_topic, topics_of
from legato.queries.topic_reader import TopicReader
from legato.serving.adapters.console import ConsoleAdapter
from legato.serving.adapters.deliveries import DeliveryResult
from legato.settings import Settings

_STYLES = {
    "held": "bold",
    "delivered": "bold green",
    "expired": "bold yellow",
    "revoked": "bold magenta",
    "revoked_too_late": "bold red",
}


@click.group()
def adapter() -> None:
    """Run an adapter: it delivers actions, and reports what became of them."""


@adapter.command()
@click.option("--channels", metavar="NAMES", default="", help="Such as `email,sms`; else all.")
@click.option("--json", "as_lines", is_flag=True, help="One JSON object a line.")
@pass_invocation
def log(invocation: Invocation, channels: str, as_lines: bool) -> None:
    """Deliver actions to this terminal, and report them as delivered.

    \b
      legato adapter log
      legato adapter log --channels store,call

    As any adapter must, it holds an action until its `not_before`, drops it after its
    `expires_at` or when it is revoked, knows it again by its id, and reports `delivered`,
    `expired` or `revoked_too_late` to action.outcomes. SIGTERM ends it.
    """
    # Its members tell of every passing trouble; what matters ends as one sentence.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    names = tuple(name.strip() for name in channels.split(",") if name.strip())
    _greet(invocation.settings, names)
    asyncio.run(_until_stopped(invocation.settings, names, _json_say if as_lines else _say()))


async def _until_stopped(
    settings: Settings,
    channels: tuple[str, ...],
    say: Callable[[DeliveryResult | Unreadable], None],
) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await ConsoleAdapter(settings, say).run(channels, stop)


def _greet(settings: Settings, channels: tuple[str, ...]) -> None:
    """See that Kafka is there, and say what is being waited for."""
    with TopicReader(settings) as reader:
        listed = reader.partitions(is_action_topic(settings, channels))
    head = topics_of(settings).actions("")
    told = ", ".join(name.removeprefix(head) for name in listed) or "once there is a topic"
    click.secho(f"delivering {told} at {settings.kafka.bootstrap}", dim=True, err=True)


def _say() -> Callable[[DeliveryResult | Unreadable], None]:
    console = screen()
    return lambda done: show(console, tell_done(done))


def _json_say(done: DeliveryResult | Unreadable) -> None:
    show_json(done)


def tell_done(done: DeliveryResult | Unreadable) -> Iterator[OutputLine]:
    """Tell what became of an action, and what its receiver gets to read."""
    if isinstance(done, Unreadable):
        yield OutputLine(Text(f"an action cannot be read: {done.message}", "red"))
        return
    of = done.of
    told = Text.assemble(
        (f"{done.what.replace('_', ' ')} ", _STYLES[done.what]),
        (f"{of.channel} ", "bold magenta"),
        _what(of, done.what),
        (f"  {of.customer_id}", "dim blue"),
    )
    yield OutputLine(told, done.time)
    if isinstance(of, Action) and done.what == "delivered":
        yield from tell_handoff(of.handoff)


def _what(of: Action | Revoked, what: str) -> str:
    if isinstance(of, Revoked):
        return f"{of.action_id}, revoked because {of.reason}"
    wait = f", until {moment(of.not_before)}" if what == "held" else ""
    return f"{of.action} → {of.address}  ({of.content_ref}{wait})"

"""`legato adapter`: run what brings actions to customers, write one, hold it to its word."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.leaving import leave
from legato.cli.verbs import Failure

if TYPE_CHECKING:
    from legato.settings import Settings

channels_option = click.option(
    "--channels", metavar="NAMES", default="", help="Such as `email,sms`; else all of its own."
)


@click.group()
def adapter() -> None:
    """Run an adapter: it delivers actions, and reports what became of them."""


@adapter.command()
@click.argument("name", metavar="NAME|FILE")
@channels_option
@pass_invocation
def run(invocation: Invocation, name: str, channels: str) -> None:
    """Deliver the actions of an adapter's channels, until SIGTERM.

    \b
      legato adapter run email
      legato adapter run ./fax.py --channels fax

    NAME is that of a table `[adapters.NAME]`, of a ready-made adapter or of one that an
    installed package brings along; `legato adapter list` shows them. A FILE has the table of
    its own name, such as `[adapters.fax]`. SIGTERM lets it finish what is under way, for 20 s
    at most.
    """
    from legato.cli.adapter.telling import watcher
    from legato.logs import start_logging
    from legato.serving.adapters.start import plan_adapter, run_adapter

    settings = invocation.settings
    table = settings.adapters.get(name)
    shows = ((table.use if table else "") or name) == "log"
    watch = watcher(as_lines=False) if shows else None
    planned = plan_adapter(settings, name, _names(channels), watch)
    start_logging(settings)
    # What its members tell of each rebalance is nobody's business but theirs.
    logging.getLogger("aiokafka").setLevel(logging.WARNING)
    sys.exit(run_adapter(planned, leave))


@adapter.command()
@channels_option
@click.option("--json", "as_lines", is_flag=True, help="One JSON object a line.")
@pass_invocation
def log(invocation: Invocation, channels: str, as_lines: bool) -> None:
    """Deliver actions to this terminal, and report them as delivered.

    \b
      legato adapter log
      legato adapter log --channels store,call

    As any adapter, it holds an action until its `not_before`, drops it after its `expires_at`
    or when it is revoked, knows it again by its id, and reports `delivered`, `expired` or
    `revoked_too_late` to action.outcomes. It asks nobody for consent, and opens no port, unless
    `[adapters.log]` says so. SIGTERM ends it.
    """
    from legato.cli.adapter.telling import watcher
    from legato.serving.adapters.start import plan_adapter, run_adapter, with_table
    from legato.settings import AdapterSettings

    # Its members tell of every passing trouble; what matters ends as one sentence.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    plain = AdapterSettings(check="none", port=0)
    settings = with_table(invocation.settings, "log", plain)
    watch = watcher(as_lines=as_lines)
    planned = plan_adapter(settings, "log", _names(channels), watch)
    _greet(settings, _names(channels))
    sys.exit(run_adapter(planned, leave))


@adapter.command()
@click.argument("name")
def new(name: str) -> None:
    """Write NAME.py, an adapter that runs as it is, and test_NAME.py, its test.

    \b
      legato adapter new fax
      legato adapter run ./fax.py
    """
    from legato.cli.adapter.writing import write_adapter

    for path in write_adapter(name, Path()):
        click.echo(f"wrote {path}")
    click.echo(f"try it: `legato adapter check ./{name}.py`")


@adapter.command()
@click.argument("name", metavar="NAME|FILE")
@channels_option
@click.option(
    "--sandbox", is_flag=True, help="Let it leave this machine: the provider is one for trials."
)
@pass_invocation
def check(invocation: Invocation, name: str, channels: str, sandbox: bool) -> None:
    """Hold an adapter to what each must: the conformance kit.

    \b
      legato adapter check ./fax.py
      legato adapter check sms --sandbox

    It is given actions of people who do not exist: ordinary ones, odd ones, one twice, twenty
    at once; it is cut off in the middle; and it must keep the loop free. Nothing leaves this
    machine unless you say --sandbox. What it prints meanwhile goes to stderr, marked with `┊`.
    """
    from legato.cli.adapter.prints import plain_text, prints_apart
    from legato.serving.adapters.start import opened_adapter, plan_adapter
    from legato.testing.adapters import ConformanceKit

    faults = 0
    with prints_apart() as report:
        planned = plan_adapter(invocation.settings, name, _names(channels))
        opened = partial(opened_adapter, planned)
        kit = ConformanceKit(planned.module, planned.plan.channels, opened, sandbox=sandbox)
        for story, fault in kit.run():
            mark = click.style("✗", fg="red") if fault else click.style("✓", fg="green")
            told = f": {plain_text(fault)}" if fault else ""
            click.echo(f"{mark} {story}{told}", file=report)
            faults += bool(fault)
    if faults:
        count = "once" if faults == 1 else f"{faults} times"
        raise Failure(f"`{name}` falls short {count}; mend that first")


@adapter.command("list")
@pass_invocation
def list_adapters(invocation: Invocation) -> None:
    """List what there is to run: of the settings, ready-made, and of installed packages."""
    for line in _listed(invocation.settings):
        click.echo(line)


def _listed(settings: Settings) -> Iterator[str]:
    from legato.adapter_module import names_of_packages
    from legato.serving.adapters.ready_made import READY_MADE

    for name, table in settings.adapters.items():
        channels = ", ".join(table.channels) or "the channels of its own"
        yield f"{name:<16} settings     use = {table.use or name}, {channels}"
    for name in READY_MADE:
        yield f"{name:<16} ready-made"
    for name, place in names_of_packages().items():
        yield f"{name:<16} package      {place}"


def _names(channels: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in channels.split(",") if name.strip())


def _greet(settings: Settings, channels: tuple[str, ...]) -> None:
    """See that Kafka is there, and say what is being waited for."""
    from legato.queries.topic_filter import is_action_topic, topics_of
    from legato.queries.topic_reader import TopicReader

    with TopicReader(settings) as reader:
        listed = reader.partitions(is_action_topic(settings, channels))
    head = topics_of(settings).actions("")
    told = ", ".join(name.removeprefix(head) for name in listed) or "once there is a topic"
    click.secho(f"delivering {told} at {settings.kafka.bootstrap}", dim=True, err=True)

"""`legato worker`: run the line in this process, or supervise several that do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.leaving import leave
from legato.cli.verbs import Failure

if TYPE_CHECKING:
    from legato.runtime.machine.commands import Exit


def _refuse(_: click.Context, option: click.Parameter, given: str | None) -> None:
    """Refuse a flag that has another name now, as its setting has."""
    from legato.settings import RENAMED, SettingsError, flag_of

    if given is not None:
        old = f"worker.{option.name}"
        raise SettingsError(f"`{flag_of(old)}` is called `{flag_of(RENAMED[old])}` now")


@click.command()
@click.option("--slot", hidden=True, expose_value=False, callback=_refuse)
@click.option(
    "--processes",
    type=click.IntRange(1),
    default=1,
    metavar="N",
    help="Supervise N workers that share the partitions.",
)
@click.option(
    "--index",
    type=click.IntRange(0),
    metavar="N",
    help="Which of the workers of this name it is; no two may run with the same.",
)
@pass_invocation
def worker(invocation: Invocation, /, processes: int, index: int | None) -> None:
    """Run the line: events in, contexts kept, situations found, actions out.

    \b
      legato worker
      legato worker --processes 2
      LEGATO_WORKER_NAME=worker-eu-1 legato worker

    It ends with 0 on SIGTERM or ctrl-c, when what it did is committed; with 1 and a sentence
    when it cannot go on; with 70 when something hangs, within 25 s of SIGTERM whatever that is.
    A worker that was killed is made good by the next one.

    With --processes, workers that fail are started again. It ends with 2 when one of them
    cannot work with these settings, and with 1 when one fails 5 times within 10 minutes.
    """
    from legato.logs import start_logging

    settings = invocation.settings
    number = settings.worker.index if index is None else index
    start_logging(settings, "" if processes > 1 else f"{settings.worker.name}-{number}")
    if processes > 1:
        _supervise(invocation, processes)
        return
    from legato.runtime.host.faust_app import run

    end = run(settings, number, _leave)
    if end.code:
        Failure(end.sentence, end.code).show()
    _leave(end)


def _leave(end: Exit) -> None:
    """End the process at once: no thread that hangs in a call to Kafka can keep it."""
    leave(end.code)


def _supervise(invocation: Invocation, processes: int) -> None:
    from legato.runtime.host.supervisor import Supervisor, own_command

    words = ["--settings", str(invocation.path)] if invocation.path else []

    async def supervise() -> Exit:
        return await Supervisor(own_command(*words, "worker"), processes).run()

    end = asyncio.run(supervise())
    if end.code:
        raise Failure(end.sentence, end.code)

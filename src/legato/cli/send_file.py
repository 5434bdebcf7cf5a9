"""`legato send --file`: JSON lines to a topic, with a bar that shows how far."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click
import msgspec
from msgspec import Struct
from rich.console import Console
from rich.progress import wrap_file

from legato.operations.errors import NotSent
from legato.operations.sender import Sender
from legato.queries.identifier_lookup import IdentifierLookup
from legato.settings import Settings
from legato.wire.formats.envelope import texts_of
from legato.wire.record import BOM


class EventLine(Struct):
    """All that must be known of a line in order to send it: who."""

    identifiers: dict[str, Any]


_read_line = msgspec.json.Decoder(EventLine).decode


def send_file(settings: Settings, topic: str, name: str) -> None:
    """Send each line as it stands; raises NotSent at the first that is no event."""
    who = IdentifierLookup(settings)
    with _opened(name) as file, Sender(settings) as sender:
        sender.partitions(topic)
        for number, line in enumerate(file, start=1):
            if value := line.removeprefix(BOM).strip():
                place = f"line {number} of `{name}`"
                sender.send(topic, _key_of(who, value, place).encode(), value)
    click.echo(f"sent {sender.arrived:,} events to {topic}")


def _key_of(who: IdentifierLookup, line: bytes, place: str) -> str:
    try:
        return who.key_of(texts_of(_read_line(line).identifiers))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotSent(f"{place} is no event: {error}; nothing from there on was sent") from None


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
        return
    path = Path(name)
    console = Console(stderr=True)
    with (
        path.open("rb") as file,
        wrap_file(
            file,
            total=path.stat().st_size,
            description=f"sending {path.name}",
            console=console,
            transient=True,
            disable=not console.is_terminal,
        ) as watched,
    ):
        yield watched

"""`legato send`: one event told on the command line, or a file of them."""

from __future__ import annotations

import click
import msgspec

from legato.cli.envelope import Envelope, ToldEvent, envelope_of, event_of, wall_clock
from legato.cli.invocation import Invocation, pass_invocation
from legato.cli.send_file import send_file
from legato.operations.sender import Sender
from legato.queries.identifier_lookup import IdentifierLookup
from legato.queries.resolve_preview import customer_after
from legato.settings import Settings, SettingsError


@click.command()
@click.argument("words", metavar="[TYPE] [KEY=VALUE]...", nargs=-1)
@click.option("--as", "identifiers", metavar="KIND:VALUE", multiple=True, help="Who did it.")
@click.option("--channel", metavar="NAME", help="Where: web, mobile, store, call, chat, …")
@click.option("--at", metavar="TIME", help="When: RFC 3339 or `-50m`; else now.")
@click.option("--id", "event_id", metavar="ID", help="Its id; else one is made up.")
@click.option("--cart", "cart_id", metavar="ID", help="Which cart, if there are several.")
@click.option("--order", "order_id", metavar="ID", help="Which order.")
@click.option("--case", "case_id", metavar="ID", help="Which service case.")
@click.option("--session", "session_id", metavar="ID", help="Which visit.")
@click.option("--brand", metavar="NAME", help="Under which brand.")
@click.option("--device", metavar="NAME", help="On which device.")
@click.option("--file", metavar="FILE", help="Send the JSON lines of FILE; `-` is stdin.")
@click.option("--topic", metavar="NAME", help="Where to; else to the first source.")
@pass_invocation
def send(invocation: Invocation, /, **given: object) -> None:
    """Send an event to a source topic, as the channel's own system would.

    \b
      legato send cart.item_added --as loyalty:42 --channel web \\
                  sku=SHOE-42 price=89 currency=EUR
      legato send store.visited --as loyalty:42 --channel store \\
                  location.venue=BER-1
      legato send order.completed --as loyalty:42 --channel store --at -5m \\
                  'items=[{"sku": "SHOE-42"}]'
      legato send --file events.jsonl

    It says whose event it will be, as far as identifiers are linked by now.

    KIND is user, loyalty, email, phone, whatsapp, viber, social, device, anonymous, or any
    other. VALUE is JSON where it reads as JSON (`price=89`, `resolved=true`), else text.
    """
    told = msgspec.convert({k: v for k, v in given.items() if v is not None}, ToldEvent)
    topic = told.topic or source_topic(invocation.settings)
    if told.file is not None:
        send_file(invocation.settings, topic, told.file)
        return
    _send_one(invocation, topic, envelope_of(told, wall_clock()))


def _send_one(invocation: Invocation, topic: str, envelope: Envelope) -> None:
    settings = invocation.settings
    key = IdentifierLookup(settings).key_of(envelope.identifiers)
    whose = customer_after(settings, topic, event_of(envelope))
    with Sender(settings) as sender:
        sender.partitions(topic)
        sender.send(topic, key.encode(), msgspec.json.encode(envelope))
    of = f"customer {whose}" if isinstance(whose, str) else f"nobody ({whose.message})"
    click.echo(f"sent {envelope.type} of {of} to {sender.last}, id {envelope.id}")


def source_topic(settings: Settings) -> str:
    """Name the first topic that takes Legato's own envelopes; raises SettingsError."""
    for source in settings.sources:
        named = [topic for topic in source.topics if not topic.startswith("^")]
        if named and source.plain and source.format in ("auto", "json"):
            return named[0]
    raise SettingsError("no source takes envelopes as they are; name a topic with `--topic`")

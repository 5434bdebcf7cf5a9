"""What a company's own topic says about itself: one `[[sources]]` entry of the settings."""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

from legato.core.identity.rules import Authenticates

_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")


class Source(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Some topics and how to read them.

    `topics` are names, or patterns that start with `^`. `format = "auto"` lets each record say
    by its headers and first byte. `trust = "customer_id"` means that the topic is keyed by
    customer_id with Kafka's murmur2 and needs no identify hop. `clock` is what moves time:
    when the broker took the record (live) or the largest `time` seen (backfill).
    `time_unit` is what a `time` that is a number counts.
    `authenticates` says whether an event proves that its identifiers are one customer's:
    `always` (verified callers), `never` (forms that anybody fills in), or `auto`: if it names
    an account, or is a login, a sign-up, a card scan or an order.
    Without `joins_accounts`, none of its events makes two accounts, or two cards, one.
    `initiated` says whether its events are the customer's own doing; a list names the types
    that are.
    `fields` maps a field of the envelope to a dotted path in the record, `identifiers` an
    identifier type to a path, `types` a foreign event type to one of Legato's, `channels` a
    foreign channel to one of Legato's; `defaults` gives envelope fields that are always the
    same (for example `channel = "store"`); `data` maps fields of the payload to paths.
    """

    name: str
    topics: tuple[str, ...]
    format: Literal["auto", "json", "avro", "cloudevents"] = "auto"
    trust: Literal["identifiers", "customer_id"] = "identifiers"
    clock: Literal["received", "event_time"] = "received"
    time_unit: Literal["ms", "s", "us", "ns"] = "ms"
    authenticates: Authenticates = "auto"
    joins_accounts: bool = True
    initiated: bool | tuple[str, ...] = True
    identifiers: dict[str, str] = {}
    fields: dict[str, str] = {}
    data: dict[str, str] = {}
    types: dict[str, str] = {}
    channels: dict[str, str] = {}
    defaults: dict[str, str] = {}

    @property
    def plain(self) -> bool:
        """Whether the records are Legato envelopes as they stand."""
        maps = (self.identifiers, self.fields, self.data, self.types, self.channels)
        return not any(maps) and not self.defaults and self.time_unit == "ms"


def fault_of_topics(source: Source) -> str:
    """Say what is wrong with the names of a source's topics; empty if nothing is."""
    if not source.topics:
        return f"source `{source.name}`: it has no `topics`; name at least one"
    for topic in source.topics:
        if topic.startswith("^"):
            try:
                re.compile(topic)
            except re.error as error:
                return f"source `{source.name}`: `{topic}` is no pattern: {error}"
        elif not _TOPIC.fullmatch(topic):
            return (
                f"source `{source.name}`: no topic can be called `{topic}`; "
                "a pattern starts with `^`"
            )
    return ""

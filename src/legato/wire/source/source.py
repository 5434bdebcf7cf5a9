"""What a company's own topic says about itself: one `[[sources]]` entry of the settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import fields

from legato.core.identity.rules import Authenticates
from legato.wire.source.webhook import SourceWebhook, fault_of_webhook

_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
FIELDS = (
    "id",
    "type",
    "channel",
    "time",
    "customer_id",
    "session_id",
    "cart_id",
    "order_id",
    "case_id",
    "brand",
    "device",
    "location.venue",
    "location.region",
    "authenticated",
)
"""Fields of the envelope that a source may map, besides `data` and `identifiers`."""

Word: TypeAlias = str | int | float | bool


class FieldRule(
    Struct,
    frozen=True,
    forbid_unknown_fields=True,
    kw_only=True,
    rename={"otherwise": "else", "form": "as"},
):
    """How a field is read where a path alone does not say it.

    `path` is one or several, of which the first that is there is taken; `value` is what the
    field always is. `words` translate what is found, `else` what is none of them: `drop`
    leaves the whole event out. `as` says what a time or an amount is written in, `zone` where
    a time without zone was meant, `currency` where the currency of an amount in `cents` lies:
    not every one has a hundred of them.
    """

    path: str | tuple[str, ...] = ()
    value: Any = None
    words: Mapping[str, Word] = {}
    otherwise: Word | None = None
    form: str = ""
    zone: str = ""
    currency: str = ""


_RULE = frozenset(each.encode_name for each in fields(FieldRule))


def is_rule(told: Mapping[str, object]) -> bool:
    """Tell a rule from a table of rules, as settings write them."""
    return bool(told) and set(told) <= _RULE


Mapped: TypeAlias = str | FieldRule | tuple[str | FieldRule, ...]
"""Where a field lies: a path, a rule, or several of them, of which the first finds it."""


class RecordCondition(
    Struct,
    frozen=True,
    forbid_unknown_fields=True,
    kw_only=True,
    rename={"among": "in", "not_among": "not_in"},
):
    """What must hold for an event to be read at all; what is not there is among nothing."""

    path: str | tuple[str, ...]
    among: tuple[Word, ...] | None = None
    not_among: tuple[Word, ...] = ()


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
    `map` names a ready-made map of a vendor's records; what stands beside it lies over it.
    `each` is the path of the events in a record that holds several (`events[]`, or `[]` if it
    is a list itself); `when` says what must hold for one to be read, and `empty = "skip"`
    passes over records without value.
    `fields` maps a field of the envelope to a dotted path in the record, `identifiers` an
    identifier type to a path, `types` a foreign event type to one of Legato's, `channels` a
    foreign channel to one of Legato's; `defaults` gives envelope fields that are always the
    same (for example `channel = "store"`); `data` maps fields of the payload to paths, and
    `per_type` what differs for events of one type. `webhook` says how a vendor signs what it
    posts to `legato api`.
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
    map: str = ""
    each: str = ""
    when: tuple[RecordCondition, ...] = ()
    empty: Literal["dead_letter", "skip"] = "dead_letter"
    identifiers: Mapping[str, Mapped] = {}
    fields: Mapping[str, Mapped] = {}
    data: Mapping[str, Mapped] = {}
    types: Mapping[str, str] = {}
    channels: Mapping[str, str] = {}
    defaults: Mapping[str, str] = {}
    per_type: Mapping[str, Mapping[str, Any]] = {}
    webhook: SourceWebhook | None = None

    @property
    def plain(self) -> bool:
        """Whether the records are Legato envelopes as they stand."""
        maps = (self.identifiers, self.fields, self.data, self.types, self.channels)
        more = (self.map, self.each, self.when, self.defaults, self.per_type)
        return not any(maps) and not any(more) and self.time_unit == "ms"

    @property
    def written_topic(self) -> str:
        """The topic for what is sent to the source; empty where patterns name all of them."""
        return next((topic for topic in self.topics if not topic.startswith("^")), "")


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


def fault_of_posting(source: Source) -> str:
    """Say what is wrong with how a vendor posts to a source; empty if nothing is."""
    if source.webhook is None:
        return ""
    if fault := fault_of_webhook(source.webhook):
        return f"source `{source.name}`: its webhook: {fault}"
    if not source.written_topic:
        return (
            f"source `{source.name}` has a webhook, but names its topics by patterns; name one "
            "in full, so that there is one to write to"
        )
    return ""

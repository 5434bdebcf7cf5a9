"""All that the topics say of one customer."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from msgspec import Struct

from legato.core.context.context import Context
from legato.core.values.outputs import Decision, Output, Situation
from legato.queries.errors import NotFound
from legato.queries.identity_lookup import FoundIdentity, IdentityLookup
from legato.queries.outputs import read_said, registry_of
from legato.queries.topic_filter import topics_of
from legato.queries.topic_reader import TopicReader
from legato.settings import Settings


class KnownCustomer(Struct, frozen=True):
    """A customer as last committed, and what was found and decided so far.

    That includes what was said of those who were merged into them.
    """

    found: FoundIdentity
    situations: tuple[Situation, ...] = ()
    decisions: tuple[Decision, ...] = ()

    @property
    def customer_id(self) -> str:
        """The customer to whom the name that was asked for leads."""
        return self.found.customer_id

    @property
    def context(self) -> Context | None:
        """The customer's context, if it is known."""
        return self.found.context


def find_customer(settings: Settings, *names: str) -> KnownCustomer:
    """Read the customer to whom the first known of these names leads.

    Raises NotFound, KafkaAway and StateError.
    """
    topics = topics_of(settings)
    with TopicReader(settings) as reader:
        slots = IdentityLookup(reader)
        found = slots.find(*names)
        theirs = slots.names_of(found)
        situations = [*_said(reader, topics.situations, theirs)]
        decisions = [*_said(reader, topics.decisions, theirs)]
    known = KnownCustomer(
        found,
        tuple(said for said in situations if isinstance(said, Situation)),
        tuple(said for said in decisions if isinstance(said, Decision)),
    )
    if found.slot is None and not known.situations and not known.decisions:
        raise nobody(settings, found.customer_id)
    return known


def nobody(settings: Settings, customer_id: str) -> NotFound:
    """Say that nothing is known of a customer, and why that may be."""
    return NotFound(
        f"nothing is known of customer `{customer_id}` in "
        f"`{topics_of(settings).customer_contexts}`; "
        "is the pepper that of the worker, and did it follow an event of theirs?"
    )


def _said(reader: TopicReader, topic: str, names: Collection[str]) -> list[Output]:
    """Read what was said under these names, in order of time."""
    return sorted(_outputs(reader, topic, names), key=_time)


def _outputs(reader: TopicReader, topic: str, names: Collection[str]) -> Iterator[Output]:
    registry = registry_of(reader.settings)
    for record in reader.read_keys(topic, names):
        said = read_said(record, registry)
        if isinstance(said, Situation | Decision):
            yield said


def _time(output: Output) -> int:
    return output.time

"""People whom every channel knows by another identifier, and what must become of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from random import Random

from msgspec import Raw
from xxhash import xxh3_64_digest

from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.identity.customer_ids import Identify
from legato.core.identity.state import NO_IDENTITY
from legato.core.values.time import SECOND, Instant, Span
from legato.verification.union_find import UnionFind

SCENES = (
    ("page.viewed", "web", ("anonymous_id",)),
    ("cart.item_added", "web", ("anonymous_id",)),
    ("cart.item_added", "mobile", ("user_id",)),
    ("store.visited", "store", ("loyalty_id",)),
    ("message.received", "email", ("email",)),
    ("account.logged_in", "web", ("anonymous_id", "user_id")),
    ("order.completed", "web", ("user_id", "email")),
    ("loyalty.card_scanned", "store", ("loyalty_id", "email")),
    ("loyalty.card_scanned", "store", ("loyalty_id", "user_id")),
)
"""Type, channel, and the identifiers that come with it; several show that they are one's."""

PAUSES = (100, 400, 1_500, 4_000)


def people_story(chance: Random, start: Instant, span: Span, people: int) -> list[Event]:
    """Tell what people do; each event's `customer_id` is what upstream keys it by."""
    return sorted(
        (
            event
            for number in range(people)
            for event in _life(chance, start + chance.randrange(SECOND), start + span, number)
        ),
        key=lambda event: event.time,
    )


def _life(chance: Random, time: Instant, end: Instant, number: int) -> Iterator[Event]:
    while time < end:
        kind, channel, known = chance.choice(SCENES)
        identifiers = {each: f"p-{each}-{number}" for each in known}
        if "email" in identifiers:
            identifiers["email"] = f"p-{number}@mail.example"
        yield Event(
            id=f"p-{number}-{time}",
            type=kind,
            channel=channel,
            time=time,
            received=time,
            customer_id=next(iter(identifiers.values())),
            identifiers=identifiers,
            data=Raw(b'{"sku": "SHOE", "price": 10}' if "cart" in kind else b"{}"),
        )
        time += chance.choice(PAUSES) + chance.randrange(200)


class Clusters:
    """The oracle of who is one customer, over the names of identifiers."""

    def __init__(self, identify: Identify) -> None:
        self._identify = identify
        self._sets = UnionFind()

    def note(self, identifiers: Mapping[str, str]) -> None:
        """All of these are one customer's."""
        self._sets.join(self._identify.name_of(*each) for each in identifiers.items())

    def root(self, name: str) -> str:
        """The customer whom a name leads to: the smallest of its cluster."""
        return self._sets.root(name)

    @property
    def names(self) -> set[str]:
        """Every name that was noted."""
        return set(self._sets)

    @property
    def linked(self) -> dict[str, str]:
        """The names that lead elsewhere, and whom they lead to."""
        return {name: root for name in self._sets if (root := self.root(name)) != name}


def clusters_of(identify: Identify, events: Iterable[Event]) -> Clusters:
    """Say who is one customer after these events, all of which prove what they name."""
    clusters = Clusters(identify)
    for event in events:
        clusters.note(event.identifiers or {})
    return clusters


def misled(
    clusters: Clusters,
    ids: Iterable[str],
    contexts: Mapping[str, Context],
    aliases: Mapping[str, str],
) -> Iterator[str]:
    """Say where contexts and aliases part from the oracle, or an event is not in just one.

    `ids` are those of all events, each as often as it was told.
    """
    slots = {name: context.identity or NO_IDENTITY for name, context in contexts.items()}
    for name, identity in sorted(slots.items()):
        if (
            identity.pending
            or identity.pending_links
            or (identity.forward and contexts[name].waiting)
        ):
            yield f"identity: {name} waits for an answer for ever: {identity}"
    wanted = clusters.linked
    for what, found in (
        (
            "contexts",
            {name: identity.forward for name, identity in slots.items() if identity.forward},
        ),
        ("aliases", aliases),
    ):
        for name in sorted(found.keys() | wanted.keys()):
            if found.get(name) != wanted.get(name):
                yield f"identity: by the {what}, {name} leads to {found.get(name)}, not " + str(
                    wanted.get(name)
                )
    theirs = clusters.names
    counted = Counter(
        digest
        for name, context in contexts.items()
        if name in theirs
        for digest in context.digests
    )
    told = Counter(xxh3_64_digest(each.encode()) for each in ids)
    if counted != told:
        lost, doubled = (told - counted).total(), (counted - told).total()
        yield f"identity: {lost} events are in no context, {doubled} in more than one"

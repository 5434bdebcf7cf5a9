"""Who a customer is made of: identifiers with their values, and what their owners keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import asdict

from legato.core.context.context import Context
from legato.core.identity.events import IdentifierSplit, IdentityOutput
from legato.core.identity.limits import distinct
from legato.core.identity.state import DeviceLogin, IdentityState
from legato.core.values.time import LONG_AGO, Instant
from legato.queries.customer import nobody
from legato.queries.identifier_lookup import AskedCustomer, IdentifierLookup
from legato.queries.identity_lookup import FoundIdentity, IdentityLookup, identity_of
from legato.queries.topic_reader import TopicReader
from legato.settings import Settings


class Identifier(Struct, frozen=True):
    """An identifier of a customer; `value` is empty where the context does not know it.

    `since` is when it was linked. `claims` are the logins on a device, `split` is when it was
    last split off, `blocked` says that too many customers share it.
    """

    name: str
    type: str
    value: str = ""
    since: Instant | None = None
    claims: tuple[DeviceLogin, ...] = ()
    split: Instant | None = None
    blocked: bool = False

    @property
    def label(self) -> str:
        """How a person may call it."""
        return self.value or self.name


class Cluster(Struct, frozen=True):
    """A customer with all identifiers, best first; and the log of their links, oldest first."""

    asked: AskedCustomer
    found: FoundIdentity
    identifiers: tuple[Identifier, ...]
    log: tuple[IdentityOutput, ...] = ()

    @property
    def customer_id(self) -> str:
        """The customer's name."""
        return self.found.customer_id

    @property
    def names(self) -> frozenset[str]:
        """The names of all its identifiers, and its own."""
        return frozenset((self.customer_id, *(each.name for each in self.identifiers)))

    @property
    def former(self) -> tuple[IdentifierSplit, ...]:
        """The identifiers that were split off or blocked, and did not come back."""
        gone = {told.identifier: told for told in self.log if isinstance(told, IdentifierSplit)}
        return tuple(told for name, told in gone.items() if name not in self.names)

    def call(self, name: str, kind: str = "") -> str:
        """Say an identifier as a person may know it: type and value, else its name."""
        if name == self.asked.name and self.asked.value:
            return f"{self.asked.kind} {self.asked.value}"
        found = next((each for each in self.identifiers if each.name == name), None)
        return f"{kind} {name}".strip() if found is None else f"{found.type} {found.label}"


def read_cluster(settings: Settings, asked: AskedCustomer) -> Cluster:
    """Read who a customer is made of, and how; raises NotFound, KafkaAway and StateError."""
    with TopicReader(settings) as reader:
        slots = IdentityLookup(reader)
        found = slots.find(*asked.names)
        asked = asked.known_by(found.asked)
        kept = slots.slots(found.names - {found.customer_id})
        log = slots.told_of(found.names)
    if found.slot is None and not log:
        raise nobody(settings, found.customer_id)
    identifiers = identifiers_of(IdentifierLookup(settings), asked, found, kept)
    return Cluster(asked, found, identifiers, tuple(log))


def identifiers_of(
    who: IdentifierLookup,
    asked: AskedCustomer,
    found: FoundIdentity,
    slots: Mapping[str, Context],
) -> tuple[Identifier, ...]:
    """List the identifiers of a customer; `slots` are what owners keep, as far as was read."""
    values = _values(who, asked, found.context)
    kinds = {name: kind for name, (kind, _) in values.items()}
    kinds |= {name: member.kind for name, member in found.members.items()}
    names = {*distinct(found.members), *({found.customer_id} & kinds.keys())}
    if asked.name == found.customer_id and asked.kind:
        names.add(asked.name)
    return tuple(
        _identifier(
            found,
            name,
            kinds[name],
            values.get(name, ("", ""))[1],
            identity_of(slots.get(name)),
        )
        for name in sorted(names)
    )


def _identifier(
    found: FoundIdentity, name: str, kind: str, value: str, identity: IdentityState
) -> Identifier:
    own = found.identity if name == found.customer_id else identity
    member = found.members.get(name)
    return Identifier(
        name,
        kind,
        value,
        member.since if member is not None else None,
        own.device_logins,
        own.split if own.split != LONG_AGO else None,
        own.blocked,
    )


def _values(
    who: IdentifierLookup, asked: AskedCustomer, context: Context | None
) -> dict[str, tuple[str, str]]:
    """Name the identifiers whose values are known: from the context, and from the question."""
    known = {} if context is None else context.identifiers
    pairs = [(kind, value) for kind, values in known.items() for value in values]
    named = {name: pair for pair in pairs for name in who.identify.names_of(*pair)}
    return {**named, asked.name: (asked.kind, asked.value)} if asked.kind else named


def identity_view(
    asked: AskedCustomer, found: FoundIdentity, identifiers: Iterable[Identifier]
) -> dict[str, object]:
    """Lay out for programs who a customer is made of; what is empty is there all the same."""
    pending = found.identity.pending
    return {
        "asked": asked.name,
        "forwarded": asked.name != found.customer_id,
        "pending": None if pending is None else pending.to,
        "notes": [*notes_of(asked, found)],
        "identifiers": [
            {**asdict(each), "claims": [asdict(claim) for claim in each.claims]}
            for each in identifiers
        ],
    }


def notes_of(asked: AskedCustomer, found: FoundIdentity) -> Iterator[str]:
    """Say what is special: a forwarding address, an answer awaited, a blocked identifier."""
    identity, customer = found.identity, found.customer_id
    if asked.name != customer:
        yield f"`{asked.text}` is a forwarding address: its customer is `{customer}`"
    if identity.pending is not None:
        yield (
            f"pending: `{customer}` asked to be merged into `{identity.pending.to}`, "
            "and keeps what comes until the answer"
        )
    if identity.pending_links:
        waiting = len(found.slot.waiting) if found.slot is not None else 0
        links = len(identity.pending_links)
        yield f"held: {waiting} events wait until {links} links are settled"
    if identity.blocked or (found.alias is not None and found.alias.blocked):
        yield f"blocked: too many customers share `{asked.text}`, so it links nobody"

"""What partitions tell each other about identity; docs/identity.md says what each does."""

from __future__ import annotations

from typing import get_args

from msgspec import Struct

from legato.core.identity.state import DeviceLogin, LinkedIdentifier, LinkEvidence
from legato.core.values.time import Instant


class DeferredEvent(Struct, array_like=True, frozen=True, gc=False, tag="follow"):
    """Follow an event (JSON) once all links that it proves are settled."""

    to: str
    tokens: tuple[str, ...]
    event: bytes


class Link(Struct, array_like=True, frozen=True, gc=False, tag="link"):
    """Join the customer of `target`; tell `asker` (if anybody) when it is settled.

    It is `direct` if the proof named this identifier itself, not one that led here. `formers`
    lists the names under former peppers of those identifiers that have any.
    """

    to: str
    kind: str
    target: str
    target_kind: str
    asker: str
    token: str
    proof: LinkEvidence
    direct: bool = True
    formers: dict[str, tuple[str, ...]] = {}

    @property
    def renames(self) -> bool:
        """Is the target the same identifier, by its name under a newer pepper?"""
        return self.to in self.formers.get(self.target, ())


class Merge(Struct, array_like=True, frozen=True, gc=False, tag="merge"):
    """Take over `origin` with its members and its context (`image`), or refuse.

    A device that gets a newer name hands over its `claims` and its `owner`, if it has one.
    """

    to: str
    origin: str
    target: str
    target_kind: str
    members: dict[str, LinkedIdentifier]
    image: bytes
    revision: int
    asker: str
    token: str
    proof: LinkEvidence
    formers: dict[str, tuple[str, ...]] = {}
    device_logins: tuple[DeviceLogin, ...] = ()
    owner: str = ""


class Merged(Struct, array_like=True, frozen=True, gc=False, tag="merged"):
    """The merge of this revision is done, at `by`."""

    to: str
    by: str
    revision: int


class MergeDeclined(Struct, array_like=True, frozen=True, gc=False, tag="refused"):
    """The merge of this revision was refused; `busy` means to ask again."""

    to: str
    by: str
    revision: int
    reason: str


class LinkSettled(Struct, array_like=True, frozen=True, gc=False, tag="settled"):
    """A link has come to its end, in one way or the other."""

    to: str
    token: str


class IdentifierReleased(Struct, array_like=True, frozen=True, gc=False, tag="released"):
    """An identifier is no longer of this customer, since `target` has it from `time` on."""

    to: str
    name: str
    kind: str
    target: str
    time: Instant


class CustomerMoved(Struct, array_like=True, frozen=True, gc=False, tag="moved"):
    """Where `origin` was, now is `by`."""

    to: str
    origin: str
    by: str


class Split(Struct, array_like=True, frozen=True, gc=False, tag="split"):
    """End the link of an identifier for what comes after."""

    to: str
    kind: str
    time: Instant
    reason: str = "asked"


class Rebuilt(Struct, array_like=True, frozen=True, gc=False, tag="rebuilt"):
    """Be as this `image`, rebuilt from the log after `split` was split off at `time`.

    With a `revision`, it stands for the context of that revision, and for no other; without
    (0), it is what the context had forgotten or never knew, to be merged into it.
    """

    to: str
    split: str
    image: bytes
    revision: int
    time: Instant


class AskAddress(Struct, array_like=True, frozen=True, gc=False, tag="ask"):
    """May `asker` send this action to an address that is not its own?

    It goes to the address by its name; `also` are its names under former peppers, of which
    each must agree. `time` is that of the decision, `articles` are those that it is about, each
    since when it lay in the cart. `name` is what the action is called in the playbook, `offer`
    the one that it makes. What was `sent` before the address was theirs is told, not asked.
    """

    to: str
    asker: str
    action_id: str
    purpose: str
    channel: str
    brand: str
    situation: str
    time: Instant
    not_before: Instant
    expires: Instant
    articles: dict[str, Instant] = {}
    also: tuple[str, ...] = ()
    name: str = ""
    offer: str = ""
    sent: bool = False


class AddressAnswered(Struct, array_like=True, frozen=True, gc=False, tag="answer"):
    """An action may go to the address; or not, for this reason code.

    If it is not known where this leads, it may be with one of `also`.
    """

    to: str
    action_id: str
    reason: str = ""
    detail: str = ""
    also: tuple[str, ...] = ()


class WithdrawAction(Struct, array_like=True, frozen=True, gc=False, tag="withdraw"):
    """Take back an action that was allowed: what the address heard since makes it wrong.

    `also` is as in `AddressAnswered`.
    """

    to: str
    action_id: str
    reason: str
    time: Instant
    also: tuple[str, ...] = ()


class ReservationChanged(Struct, array_like=True, frozen=True, gc=False, tag="reservation"):
    """What became of an action that an address allowed: `delivered` then, or it never is.

    What was `rejected` was delivered, at the latest by then.
    """

    to: str
    action_id: str
    delivered: Instant | None = None
    rejected: Instant | None = None


class RefusalHeard(Struct, array_like=True, frozen=True, gc=False, tag="refusal"):
    """Somebody said of an address that it wants no more of a purpose on a channel."""

    to: str
    purpose: str
    channel: str
    brand: str
    status: str
    time: Instant
    basis: str = ""
    source: str = ""
    proof: str = ""


class FillPast(Struct, array_like=True, frozen=True, gc=False, tag="past"):
    """Know of the past what the stores of this `image` hold, which was read from the log.

    Of all events under these `names` it has what each store keeps, from its `since` on, and at
    least up to `until`; what came later was kept as it was followed.
    """

    to: str
    names: tuple[str, ...]
    image: bytes
    until: Instant


IdentityCommand = (
    DeferredEvent
    | Link
    | Merge
    | Merged
    | MergeDeclined
    | LinkSettled
    | IdentifierReleased
    | CustomerMoved
    | Split
    | Rebuilt
)
"""What is said about who is who; docs/identity.md."""
AddressCommand = (
    AskAddress | AddressAnswered | WithdrawAction | ReservationChanged | RefusalHeard
)
"""What is said about who may send to an address; docs/addresses.md."""
ADDRESS_COMMANDS = frozenset(get_args(AddressCommand))
Command = IdentityCommand | AddressCommand | FillPast

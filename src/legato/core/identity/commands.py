"""What partitions tell each other about identity; docs/identity.md says what each does."""

from __future__ import annotations

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


Command = (
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

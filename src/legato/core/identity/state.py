"""Who a customer is made of, and what is on its way: the part of a context about identity."""

from __future__ import annotations

from msgspec import Struct

from legato.core.values.time import LONG_AGO, Instant

HELD = LONG_AGO
"""As `next_due`: nothing is due, and every event waits, since an answer is on its way."""


class LinkedIdentifier(Struct, array_like=True, gc=False, frozen=True):
    """An identifier of a customer: its type, since when, and the revision at which it came.

    `formers` are its names under former peppers.
    """

    kind: str
    since: Instant
    revision: int = 0
    formers: tuple[str, ...] = ()


class DeviceLogin(Struct, array_like=True, gc=False, frozen=True, order=True):
    """That somebody authenticated on a device: when, and who (by name)."""

    time: Instant
    by: str


class LinkEvidence(Struct, array_like=True, gc=False, frozen=True):
    """The event that shows a link."""

    event_id: str
    type: str
    source: str
    time: Instant


class Pending(Struct, array_like=True, gc=False, frozen=True):
    """A merge that was asked for: what was sent, why, and what is kept until the answer.

    `image` is the context as it was sent, `kept` the commands that came since. `formers`,
    `claims` and `owner` are as in `Merge`.
    """

    to: str
    kind: str
    target_kind: str
    members: dict[str, LinkedIdentifier]
    image: bytes
    revision: int
    proof: LinkEvidence
    asker: str
    token: str
    kept: tuple[bytes, ...] = ()
    formers: dict[str, tuple[str, ...]] = {}
    device_logins: tuple[DeviceLogin, ...] = ()
    owner: str = ""


class ReleasedIdentifier(Struct, array_like=True, gc=False, frozen=True):
    """An identifier that went to another: no address here, whatever late events say."""

    name: str
    kind: str
    value: str = ""


class IdentityState(Struct, array_like=True, gc=False, frozen=True):
    """What a slot knows of identity; see docs/identity.md.

    A root has `members` (its own name among them once somebody joined) and, while it is held,
    the tokens that it `awaits`; `early` are tokens that were settled before they were awaited.
    A forwarder has `forward`. An owner keeps the `claims` of a device, who `asked` for the
    identifier (their type and name), whether that made it `blocked`, and since when it is
    `split`. A root remembers what it `lost`. A device that is `renamed` leads for good to its
    own name under a newer pepper, which does all that is asked of it. One that was split off or
    blocked remembers from whom it `parted`, who may wait still for what is told to it.
    """

    members: dict[str, LinkedIdentifier] = {}
    pending_links: tuple[str, ...] = ()
    settled_links: tuple[str, ...] = ()
    pending: Pending | None = None
    forward: str = ""
    device_logins: tuple[DeviceLogin, ...] = ()
    asked: tuple[tuple[str, str], ...] = ()
    blocked: bool = False
    split: Instant = LONG_AGO
    released: tuple[ReleasedIdentifier, ...] = ()
    renamed: bool = False
    split_from: str = ""

    def has_released(self, kind: str, value: str) -> bool:
        """Did this value go to another customer?"""
        return any(each.value == value and each.kind == kind for each in self.released)


NO_IDENTITY = IdentityState()

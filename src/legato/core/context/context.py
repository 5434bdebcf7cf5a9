"""Everything known of one customer now, as one value.

A context is mutable for speed. Always in event order and within one call of the line, these
write to it, and nobody else (tests/contract/test_context_writers.py):

- what an event changes:
  `core/context/apply.py`, `core/context/bounces.py`, `core/context/cart.py`,
  `core/context/last_order.py`, `core/context/order_laying.py`, `core/context/orders.py`,
  `core/context/case.py`, `core/context/contact.py`, `core/context/looked_at.py`,
  `core/context/exposure.py`, `core/context/places.py`,
  `core/context/brands.py`, `core/context/erasure.py`;
- what was found and decided:
  `core/line/pipeline.py`, `core/line/partition.py`, `core/situations/absence.py`,
  `core/situations/change.py`, `core/situations/entries.py`,
  `core/situations/entry_primitive.py`,
  `core/context/runs.py`, `core/context/past.py`, `core/context/forgetting.py`,
  `core/context/identifiers.py`,
  `core/decisions/arbitration.py`, `core/decisions/asking.py`, `core/decisions/answering.py`,
  `core/decisions/experiments.py`, `core/decisions/fallback.py`,
  `core/decisions/revocation.py`, `core/decisions/attribution.py`,
  `core/decisions/resolution.py`, `core/decisions/touches.py`;
- who it is:
  `core/linking/`;
- what two make of one, or the log of a part, before it is anybody's:
  `core/merge/merge.py`, `core/merge/cart.py`, `core/merge/revocations.py`,
  `core/context/as_of.py`, `core/linking/rebuild.py`.

Nothing in it points back at what holds it, so the garbage collector need not look
(`gc=False`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from legato.core.context.retention import LONGEST_CONTACT
from legato.core.context.timeline import touches
from legato.core.events.payloads import Item
from legato.core.events.touchpoint import Touchpoint
from legato.core.identity.commands import AskAddress
from legato.core.identity.state import IdentityState
from legato.core.values.outputs import Situation
from legato.core.values.time import LONG_AGO, NEVER, Instant

SEEN_ENTRY = 12
"""Bytes of one remembered event id: 4 of time in seconds, 8 of its hash."""


class Session(Struct, array_like=True, gc=False, frozen=True):
    """The running visit on one channel, as the source names it."""

    channel: str
    id: str
    started: Instant


class Presence(Struct, array_like=True, gc=False, frozen=True, order=True):
    """When the customer acted, and where."""

    time: Instant
    channel: str


class CartLine(Struct, array_like=True, gc=False):
    """One article of a cart: when it last changed, and since when it is there.

    `changes` are its last changes, as `core/context/cart_log.py` writes them; what orders took
    is among them. `bare_since` is since when it were there but for them, if that is earlier.
    """

    item: Item
    changed: Instant
    since: Instant = LONG_AGO
    changes: bytes = b""
    bare_since: Instant | None = None


class Cart(Struct, array_like=True, gc=False):
    """A cart and its checkout: `touched` is the last cart.* or checkout.* event of its own.

    `checkout` is when the checkout was first started, `checkout_again` when it last was.
    `removed` has the changes of articles of which nothing is left, since an addition may be
    late, `bought` the articles of which orders took all, since a payment may fail.
    `opened` is its first such event since it was last closed, `origin` and `brand` are the
    channel and the brand of that.
    What an order that comes late must know of its time: `touches` and their channels, when the
    checkout was `started`, and of what a snapshot made void when something was `put_in`
    (`core/context/cart_times.py`) and since when an article was `known`.
    `put_aside` is the last touch of its own while a payment that failed is said to be the last;
    while orders are lifted off, it is the other way round.
    """

    origin: str
    touched: Instant
    touched_by: str
    lines: dict[str, CartLine] = {}
    snapshot: Instant = LONG_AGO
    updated: Instant = LONG_AGO
    checkout: Instant | None = None
    step: str = ""
    checkout_again: Instant = LONG_AGO
    removed: dict[str, bytes] = {}
    opened: Instant = LONG_AGO
    bought: dict[str, CartLine] = {}
    touches: bytes = b""
    started: bytes = b""
    put_in: bytes = b""
    known: dict[str, Instant] = {}
    put_aside: tuple[Instant, str] | None = None
    brand: str = ""

    @property
    def is_open(self) -> bool:
        """Is there anything to finish?"""
        return bool(self.lines) or self.checkout is not None

    @property
    def value(self) -> float:
        """Sum of price times quantity; 0 if that is in several currencies."""
        worth = worth_of((self,))
        return next(iter(worth.values())) if len(worth) == 1 else 0.0

    @property
    def currency(self) -> str | None:
        """The currency of all that is in it, if it is named and the only one."""
        told = (line.item.currency for line in self.lines.values())
        named = {each.upper() for each in told if each}
        return named.pop() if len(named) == 1 else None


def worth_of(carts: Iterable[Cart]) -> dict[str, float]:
    """Sum up what carts come to, by currency; they are never added to each other.

    What names none is taken for the only one that is named, else it stands under no name.
    """
    worth: dict[str, float] = {}
    for cart in carts:
        for line in cart.lines.values():
            item = line.item
            if item.price is not None:
                name = (item.currency or "").upper()
                worth[name] = worth.get(name, 0.0) + item.price * item.quantity
    if "" in worth and len(worth) == 2:
        unnamed = worth.pop("")
        (named,) = worth
        worth[named] += unnamed
    return worth


class LookedAt(Struct, array_like=True, gc=False, frozen=True, order=True):
    """When an article was last looked at, what else it may be called, and how often it was.

    Looks count from when it came to be among the last ones. `brand` is that of the last look.
    """

    time: Instant
    other_ids: tuple[str, ...] = ()
    views: int = 1
    brand: str = ""


class Case(Struct, array_like=True, gc=False):
    """An open service inquiry; `asked` is what the customer said, in their own words.

    `ended` is when a contact about it ended of which nobody knows what it was about, nor how it
    went out: if they did not get in touch again, there is nothing to go on with. `brand` is
    that of the event that opened it.
    """

    id: str
    reason: str
    opened: Instant
    touched: Instant
    touched_by: str
    channels: list[str] = []
    asked: str = ""
    known: list[str] = []
    bot: bool = False
    last_opened: Instant = LONG_AGO
    ended: Instant | None = None
    brand: str = ""

    @property
    def is_over(self) -> bool:
        """Is there nothing to go on with? It mutes for a while, and that is all."""
        told = self.reason or self.asked or not self.id.startswith("reason:")
        return not told and self.ended is not None and self.ended >= self.last_opened


class CaseFact(Struct, array_like=True, gc=False, frozen=True):
    """Something about a case that counts for its grade: what it is, says `trail.py`."""

    time: Instant
    what: str
    channel: str


class ToldGrade(Struct, array_like=True, gc=False, frozen=True, order=True):
    """What was told last of how a case came out; `deadline` is when that was final, else 0."""

    deadline: Instant
    began: Instant
    contacts: int
    grade: str
    final: bool


class CaseTrail(Struct, array_like=True, gc=False):
    """The contacts about a case, open or not, until a day after its grade is final.

    `facts` are in order (`core/context/trail.py`). `told` is what was told last, of each side
    if two contexts told different things. `due` is when it is final, then when it is forgotten.
    `said` is false as long as nobody knows what it is about.
    """

    reason: str = ""
    said: bool = False
    facts: tuple[CaseFact, ...] = ()
    told: tuple[ToldGrade, ...] = ()
    due: Instant = NEVER


class ContactWord(Struct, array_like=True, gc=False, frozen=True, order=True):
    """What was told of a contact, such as its queue, and when."""

    time: Instant
    word: str


class Contact(Struct, array_like=True, gc=False, frozen=True):
    """When the last conversation with somebody of ours began, on which channel, and ended.

    The rest is the last that was told of each (`core/context/contact.py`): when and where they
    came into a queue, and got through to an agent; the queue, the agent, the case, what it is
    about and the brand. Some of it may be of a conversation before.
    """

    started: Instant
    channel: str
    ended: Instant = LONG_AGO
    queued: Presence | None = None
    answered: Presence | None = None
    queue: ContactWord | None = None
    agent: ContactWord | None = None
    case_id: ContactWord | None = None
    reason: ContactWord | None = None
    brand: ContactWord | None = None

    def is_running(self, now: Instant) -> bool:
        """Are they talking? Not for longer than 2 h, since an end may be lost."""
        until = self.started + LONGEST_CONTACT
        if self.ended >= self.started:
            until = min(until, self.ended)
        return self.started <= now < until


class VenueVisit(Struct, array_like=True, gc=False, frozen=True, order=True):
    """When the customer last did something at a venue, and in whose name."""

    time: Instant
    venue: str
    brand: str = ""


class Awaited(Struct, array_like=True, gc=False, frozen=True, order=True):
    """That a customer is awaited at a venue, for an order to collect or a reserved article.

    `what` is `order:ID` or `reservation:SKU`. `opened` is when that was last told, with the
    venue, until when it holds, and the brand; `closed` is when it was last told to be over,
    which may be heard of first.
    """

    what: str
    opened: Instant = LONG_AGO
    venue: str = ""
    until: Instant = LONG_AGO
    brand: str = ""
    closed: Instant = LONG_AGO


class ClosedCase(Struct, array_like=True, gc=False, frozen=True):
    """A case as a closing fact: kept for 7 d, so that what arrives late cannot open it.

    `settled` is false if it was closed without being resolved.
    """

    case_id: str
    time: Instant
    settled: bool = True


class Order(Struct, array_like=True, gc=False, frozen=True):
    """An order as a fact, once however often it is told: kept for 10 d, for what arrives late.

    `time`, `channel` and `brand` are those of its first `order.completed`, what it lists is
    what was told last of it (`listed`). Of each line it keeps the sku, how many pieces (inf:
    the whole line) and what else it may be called. `closed` names its carts. `told` are
    the times of events that stand by it, `failed` is when its payment last failed; until it was
    placed, its status is `unknown`. `own` is the cart that it came from, empty if from none,
    and None until that was looked for. `worth` is what its articles come to if no `total` was
    told. An older Legato kept no channel and no pieces.
    """

    id: str
    time: Instant
    cart_id: str | None
    skus: tuple[str, ...]
    total: float | None = None
    status: str = "completed"
    closed: tuple[str, ...] = ()
    quantities: tuple[float, ...] = ()
    other_ids: tuple[tuple[str, ...], ...] = ()
    channel: str = ""
    listed: Instant = 0
    told: tuple[Instant, ...] = ()
    failed: Instant = 0
    failed_by: str = ""
    own: str | None = None
    currency: str | None = None
    worth: float | None = None
    brand: str | None = None

    @property
    def names(self) -> set[str]:
        """What its articles are called, by any of their names."""
        return {*self.skus, *(name for names in self.other_ids for name in names)}


class FallbackBasis(Struct, array_like=True, gc=False, frozen=True):
    """What an action does not know of its situation, should it be decided again.

    `failed` are the channels on which it came to nothing before, `unseen` those of its goals
    that were not open, so that their end cannot be seen.
    """

    situation_id: str
    time: Instant
    stage: int | None
    journey_id: str
    evidence: dict[str, Any]
    brand: str = ""
    failed: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()


class Fallback(Struct, array_like=True, gc=False, frozen=True):
    """Why it is decided again: action `of` came to nothing; `failed` are all such channels."""

    of: str
    failed: tuple[str, ...]
    brand: str = ""


class ActionRecord(Struct, array_like=True, gc=False):
    """An action that was decided, to which address, and what became of it.

    `about` are the articles that lay in its carts then, each with the hashes of the events that
    had put them in (`core/decisions/action_scope.py`). `delivered` is when it reached the
    customer, as reported. `judges` allowed it to go to an address of theirs. `offer` is the
    one that it makes, `retry` is there until it expires. `reached` is the first time that it
    is known to have reached them, `lost` the last time that it came back, `engaged` says that
    they took notice of it, `clicked` are the last times that they went along with it. Once
    something is put down to it, its status is `converted`, and `reported` goes on with what it
    would be. `brand` is in whose name it goes out.
    """

    action_id: str
    occurrence_id: str
    name: str
    situation: str
    purpose: str
    channel: str
    decided: Instant
    not_before: Instant
    expires: Instant
    goals: tuple[str, ...] = ()
    handoff: bool = False
    status: str = "sent"
    address: str = ""
    scope: dict[str, bytes] = {}
    delivered: Instant | None = None
    judges: tuple[str, ...] = ()
    offer: str | None = None
    retry: FallbackBasis | None = None
    reached: Instant | None = None
    lost: Instant | None = None
    engaged: bool = False
    clicked: tuple[Instant, ...] = ()
    reported: str = ""
    brand: str | None = None

    @property
    def became(self) -> str:
        """What was reported of it, whether or not something is put down to it."""
        return self.reported if self.reported and self.status == "converted" else self.status


class Converted(Struct, array_like=True, gc=False, frozen=True):
    """That a purchase or a resolution was told to be put down to an action.

    `key` is `order:ID` or `case:ID`, `time` when that was. The rest is what was told with it,
    since the action may be forgotten before it is taken back.
    """

    key: str
    time: Instant
    action_id: str
    name: str
    situation: str
    channel: str
    value: float | None = None
    currency: str | None = None


class Rejection(Struct, array_like=True, gc=False, frozen=True, order=True):
    """That an action was rejected, and what it was."""

    time: Instant
    action_id: str
    name: str
    situation: str
    purpose: str
    channel: str


class Assigned(Struct, array_like=True, gc=False, frozen=True, order=True):
    """What was drawn for a customer, when, and by which id."""

    time: Instant
    customer_id: str
    value: str


class OpenAsk(Struct, array_like=True, gc=False, frozen=True):
    """A decision that waits until whoever an address belongs to has allowed its action.

    `action` is as it would be taken, and counts in caps. `found`, `now`, `clock`, `cause` (as
    JSON) and `ended` are what was decided on, `refused` the actions that others refused, with
    their reasons.
    """

    action: ActionRecord
    found: tuple[tuple[Situation, bool], ...]
    now: Instant
    clock: Instant
    cause: bytes
    ended: tuple[str, ...]
    refused: dict[str, tuple[str, str]]
    fallback: Fallback | None = None


class Reservation(Struct, array_like=True, gc=False, frozen=True):
    """An action of somebody else's that may go to an address of this customer's."""

    ask: AskAddress
    delivered: Instant | None = None


class Waiting(Struct, array_like=True, gc=False, frozen=True):
    """An event (as JSON) that would overtake a due time which the clock has not reached."""

    time: Instant
    event: bytes


class Profile(Struct, array_like=True, gc=False, frozen=True):
    """What the customer told about themselves.

    `stamps` say of each fact when it was told (`core/context/profile.py`).
    """

    language: str | None = None
    time_zone: str | None = None
    home_store: str | None = None
    preferred_channel: str | None = None
    traits: dict[str, Any] = {}
    stamps: dict[str, int] = {}


STRANGER = Profile()


class ConsentRecord(Struct, array_like=True, gc=False, frozen=True):
    """A consent as it stands, and since when; on what basis, and where that is known from.

    `proof` is what a person could look up: a form's version, a document, a recording.
    """

    status: str
    time: Instant
    basis: str = ""
    source: str = ""
    proof: str = ""


class ErasureRecord(Struct, array_like=True, gc=False, frozen=True, order=True):
    """That a customer asked to be forgotten, or took that back (not `asked`), and when.

    `source` is where that is known from, `proof` what a person could look up.
    """

    time: Instant
    asked: bool
    source: str = ""
    proof: str = ""


class Context(Struct, array_like=True, gc=False):
    """One customer. `next_due` and `revision` also stand in front of its bytes.

    Presence is flat, since every event asks for it: `channel` and `present` are where and when
    the customer last acted, and up to `landing_until` an arrival elsewhere is the work of a
    click on our own message. `touched` is the time of the latest event of any kind. `journeys`
    names the last journeys, the running one last: touchpoints that share a goal or lie within
    24 h of each other. `session` is the running visit, `sessions` those on other channels.
    `elsewhere` is where one of two who turned out to be one was last, if the other went on from
    there on another channel: the next event tells it.
    `runs` is what situations keep between two events (`core/context/runs.py`): of an absence
    the stages it has fired since the goal's last touch (`cart_abandoned|cart:-` -> 1);
    deadlines are derived, not stored.
    `stamps` say when each value of `identifiers` was given last
    (`core/context/identifiers.py`).
    `asks` wait for others' word on addresses, `questions` are those of others that wait for
    their time, `reserved` what others may send here (docs/addresses.md).
    `identity` is there once identifiers were linked; it alone may say that this is no customer
    but a forwarder (docs/identity.md).
    `closed_carts` are those that orders closed: they are back in `carts` when a payment fails,
    or when they are filled anew. `bounced` are addresses that take nothing any more, and since
    when; `given` is when the customer last said that they can be reached at an address.
    `rejections` is what the customer rejected; it outlives the actions.
    `assigned` is what hold-outs and variants drew (`core/decisions/experiments.py`).
    `looked_at` are the articles that were looked at last (`core/context/looked_at.py`).
    `conversions` are those that were told and stand (`core/decisions/attribution.py`).
    `trails` are the contacts about cases, by case.
    `stage_since` is the time of the first event that got the customer as far as `stage`, None
    where that was before it was noted.
    `brands` are those that the customer has touched (`core/context/brands.py`), `erasures` say
    when they asked to be forgotten, or took it back (`core/context/erasure.py`).
    `venues` are those where they were last, `awaited` is what they are awaited for at venues,
    or were (`core/context/places.py`).
    What most customers have none of, or what seldom changes, is a tuple: it is replaced as a
    whole, and costs nothing while it is empty.
    """

    customer_id: str
    revision: int = 0
    next_due: Instant = NEVER
    channel: str = ""
    present: Instant = LONG_AGO
    landing_until: Instant = LONG_AGO
    touched: Instant = LONG_AGO
    stage: str = "awareness"
    seen: bytearray = bytearray()
    touchpoints: bytearray = bytearray()
    touches: int = 0
    session: Session | None = None
    sessions: tuple[Session, ...] = ()
    journeys: tuple[str, ...] = ()
    carts: dict[str, Cart] = {}
    cases: dict[str, Case] = {}
    runs: dict[str, Any] = {}
    orders: tuple[Order, ...] = ()
    actions: tuple[ActionRecord, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    identifiers: dict[str, list[str]] = {}
    consents: dict[str, ConsentRecord] = {}
    profile: Profile = STRANGER
    asked_again: int = 0
    ids_dropped: int = 0
    closed_cases: tuple[ClosedCase, ...] = ()
    identity: IdentityState | None = None
    elsewhere: Presence | None = None
    stamps: dict[str, list[int]] = {}
    asks: tuple[OpenAsk, ...] = ()
    questions: tuple[AskAddress, ...] = ()
    reserved: tuple[Reservation, ...] = ()
    closed_carts: dict[str, Cart] = {}
    contact: Contact | None = None
    bounced: dict[str, Instant] = {}
    given: dict[str, Instant] = {}
    rejections: tuple[Rejection, ...] = ()
    assigned: dict[str, Assigned] = {}
    looked_at: dict[str, LookedAt] = {}
    conversions: tuple[Converted, ...] = ()
    trails: dict[str, CaseTrail] = {}
    stage_since: Instant | None = None
    brands: tuple[str, ...] = ()
    erasures: tuple[ErasureRecord, ...] = ()
    venues: tuple[VenueVisit, ...] = ()
    awaited: tuple[Awaited, ...] = ()

    @property
    def digests(self) -> list[bytes]:
        """The hashes of the ids of the events that are remembered, oldest first."""
        seen = bytes(self.seen)
        return [seen[at + 4 : at + SEEN_ENTRY] for at in range(0, len(seen), SEEN_ENTRY)]

    @property
    def timeline(self) -> list[Touchpoint]:
        """The last 30 touchpoints, oldest first; `touches` says how many these are."""
        return touches(self.touchpoints)

    def was_elsewhere(self, channel: str) -> bool:
        """Was the customer last on another channel, be it only known by a merge?"""
        if channel == self.channel:
            return self.elsewhere is not None
        return self.channel != ""

    @property
    def journey_id(self) -> str:
        """Name the running journey; empty before the first event."""
        return self.journeys[-1] if self.journeys else ""

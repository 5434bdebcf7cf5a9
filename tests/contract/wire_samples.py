"""One value of everything that is serialised, under a name that no rename of the code touches.

No field is left at its default, and each text says what its field is for. So the pins
(`wire_pins.txt`) show which place or key each fact has on the wire. Whoever renames a class or
a field changes the left side of a `=` here, and never a pin.
"""

from __future__ import annotations

from msgspec import Raw

from legato.core.context.context import (
    ActionRecord,
    Assigned,
    Awaited,
    Cart,
    CartLine,
    Case,
    CaseFact,
    CaseTrail,
    ClosedCase,
    ConsentRecord,
    Contact,
    ContactWord,
    Context,
    Converted,
    ErasureRecord,
    Fallback,
    FallbackBasis,
    LookedAt,
    OpenAsk,
    Order,
    Presence,
    Profile,
    Rejection,
    Reservation,
    Session,
    ToldGrade,
    VenueVisit,
    Waiting,
)
from legato.core.context.timeline import write_timeline
from legato.core.events.event import Event, Location
from legato.core.events.payloads import Item
from legato.core.events.touchpoint import Touchpoint
from legato.core.identity.alias_index import Alias
from legato.core.identity.commands import (
    AddressAnswered,
    AskAddress,
    Command,
    CustomerMoved,
    DeferredEvent,
    FillPast,
    IdentifierReleased,
    Link,
    Merge,
    Merged,
    MergeDeclined,
    Rebuilt,
    RefusalHeard,
    ReservationChanged,
    Split,
    WithdrawAction,
)
from legato.core.identity.commands import LinkSettled as LinkSettled
from legato.core.identity.events import (
    CustomerRebuilt,
    CustomersMerged,
    Evidence,
    IdentifierLinked,
    IdentifierSplit,
    MergeRefused,
)
from legato.core.identity.state import (
    DeviceLogin,
    IdentityState,
    LinkedIdentifier,
    LinkEvidence,
    Pending,
    ReleasedIdentifier,
)
from legato.core.line.watermark import SourceWatermark
from legato.core.values.handoff import Handoff, HandoffItem
from legato.core.values.outputs import (
    Action,
    Candidate,
    Consent,
    Conversion,
    Decision,
    Factors,
    JourneyTouchpoint,
    QuietSpan,
    Resolution,
    Retracted,
    Revoked,
    Situation,
)
from legato.replay import Undecodable
from legato.serving.adapters.machine.commands import DeliveryResult
from legato.wire.topics.outcomes import Outcome

ITEM = Item(
    sku="sku",
    quantity=2.5,
    price=89.5,
    currency="EUR",
    name="article name",
    size="size",
    variant_id="variant id",
    product_id="product id",
    image="image",
    url="url",
)
LINE = CartLine(item=ITEM, changed=11, since=12, changes=b"changes", bare_since=13)
CART = Cart(
    origin="origin channel",
    touched=21,
    touched_by="touching event",
    lines={"sku": LINE},
    snapshot=22,
    updated=23,
    checkout=24,
    step="checkout step",
    checkout_again=25,
    removed={"gone sku": b"changes of it"},
    opened=26,
    bought={"bought sku": LINE},
    touches=b"touches",
    started=b"times",
    put_in=b"times",
    known={"known sku": 27},
    put_aside=(28, "own event"),
    brand="brand",
)
ERASURE = ErasureRecord(time=109, asked=True, source="source", proof="proof")
CONTACT = Contact(
    started=37,
    channel="contact channel",
    ended=38,
    queued=Presence(time=39, channel="queue channel"),
    answered=Presence(time=40, channel="answer channel"),
    queue=ContactWord(time=41, word="queue"),
    agent=ContactWord(time=42, word="agent"),
    case_id=ContactWord(time=43, word="case id"),
    reason=ContactWord(time=44, word="reason"),
    brand=ContactWord(time=45, word="brand"),
)
VISIT = VenueVisit(time=179, venue="venue", brand="brand")
AWAITED = Awaited(
    what="order:awaited", opened=180, venue="venue", until=181, brand="brand", closed=179
)
LOOKED_AT = LookedAt(time=29, other_ids=("other id",), views=3, brand="brand")
CASE = Case(
    id="case id",
    reason="case reason",
    opened=31,
    touched=32,
    touched_by="touching event",
    channels=["case channel"],
    asked="what was asked",
    known=["what is known"],
    bot=True,
    last_opened=33,
    ended=34,
    brand="brand",
)
TRAIL = CaseTrail(
    reason="case reason",
    said=True,
    facts=(CaseFact(time=35, what="started", channel="case channel"),),
    told=(ToldGrade(deadline=36, began=35, contacts=1, grade="best", final=True),),
    due=39,
)
SESSION = Session(channel="session channel", id="session id", started=41)
PRESENCE = Presence(time=51, channel="presence channel")
CLOSED_CASE = ClosedCase(case_id="closed case", time=61, settled=False)
ORDER = Order(
    id="order id",
    time=71,
    cart_id="cart id",
    skus=("ordered sku",),
    total=99.5,
    status="order status",
    closed=("closed cart",),
    quantities=(2.5,),
    other_ids=(("other id",),),
    channel="order channel",
    listed=72,
    told=(73,),
    failed=74,
    failed_by="failing event",
    own="own cart",
    currency="EUR",
    worth=99.5,
    brand="brand",
)
SITUATION = Situation(
    customer_id="customer id",
    situation="situation name",
    time=231,
    occurrence_id="occurrence id",
    situation_id="situation id",
    stage=1,
    journey_id="journey id",
    goals=("cart:-",),
    evidence={"touched": 232},
    playbook_version="playbook version",
)
RETRY = FallbackBasis(
    situation_id="situation id",
    time=85,
    stage=1,
    journey_id="journey id",
    evidence={"touched": 86},
    brand="brand",
    failed=("failed channel",),
    unseen=("case:unseen",),
)
FALLBACK = Fallback(of="failed action", failed=("failed channel",), brand="brand")
TAKEN = ActionRecord(
    action_id="action id",
    occurrence_id="occurrence id",
    name="action name",
    situation="situation name",
    purpose="purpose",
    channel="action channel",
    decided=81,
    not_before=82,
    expires=83,
    goals=("cart:-",),
    handoff=True,
    status="delivered",
    address="address",
    scope={"about sku": b"digests"},
    delivered=84,
    judges=("address",),
    offer="offer",
    retry=RETRY,
    reached=85,
    lost=88,
    engaged=True,
    clicked=(86,),
    reported="clicked",
    brand="brand",
)
CONVERTED = Converted(
    key="order:order id",
    time=87,
    action_id="action id",
    name="action name",
    situation="situation name",
    channel="action channel",
    value=99.5,
    currency="EUR",
)
WAITING = Waiting(time=91, event=b"event as json")
PROFILE = Profile(
    language="language",
    time_zone="time zone",
    home_store="home store",
    preferred_channel="preferred channel",
    traits={"trait": "value"},
    stamps={"language": 99},
)
WISH = ConsentRecord(status="granted", time=101, basis="basis", source="source", proof="proof")
TOUCH = Touchpoint(
    time=111, type="touch type", channel="touch channel", note="note", brand="brand"
)

MEMBER = LinkedIdentifier(kind="member type", since=121, revision=122, formers=("former name",))
CLAIM = DeviceLogin(time=131, by="who logged in")
PROOF = LinkEvidence(
    event_id="proving event", type="proving type", source="proving source", time=141
)
FORMERS: dict[str, tuple[str, ...]] = {"name": ("former name",)}
PENDING = Pending(
    to="merge to",
    kind="own type",
    target_kind="hub type",
    members={"member name": MEMBER},
    image=b"context image",
    revision=151,
    proof=PROOF,
    asker="asker",
    token="token",
    kept=(b"kept command",),
    formers=FORMERS,
    device_logins=(CLAIM,),
    owner="owner",
)
LOST = ReleasedIdentifier(name="lost name", kind="lost type", value="lost value")
KIN = IdentityState(
    members={"member name": MEMBER},
    pending_links=("awaited token",),
    settled_links=("early token",),
    pending=PENDING,
    forward="forward to",
    device_logins=(CLAIM,),
    asked=(("asking type", "asking name"),),
    blocked=True,
    split=161,
    released=(LOST,),
    renamed=True,
    split_from="parted from",
)
ASK = AskAddress(
    to="address",
    asker="asker",
    action_id="action id",
    purpose="purpose",
    channel="action channel",
    brand="brand",
    situation="situation name",
    time=101,
    not_before=102,
    expires=103,
    articles={"asked sku": 104},
    also=("former address",),
    name="action name",
    offer="offer",
    sent=True,
)
REJECTION = Rejection(
    time=107,
    action_id="action id",
    name="action name",
    situation="situation name",
    purpose="purpose",
    channel="action channel",
)
OPEN_ASK = OpenAsk(
    action=TAKEN,
    found=((SITUATION, True),),
    now=105,
    clock=106,
    cause=b"event as json",
    ended=("cart:-",),
    refused={"action id": ("reason", "detail")},
    fallback=FALLBACK,
)
RESERVATION = Reservation(ask=ASK, delivered=107)
CONTEXT = Context(
    customer_id="customer id",
    revision=171,
    next_due=172,
    channel="last channel",
    present=173,
    landing_until=174,
    touched=175,
    stage="acquisition",
    seen=bytearray(b"hashes of ids"),
    touchpoints=write_timeline([TOUCH]),
    touches=1,
    session=SESSION,
    sessions=(SESSION,),
    journeys=("journey id",),
    carts={"cart key": CART},
    closed_carts={"closed cart": CART},
    contact=CONTACT,
    cases={"case key": CASE},
    runs={"situation|goal": 2},
    orders=(ORDER,),
    actions=(TAKEN,),
    waiting=(WAITING,),
    identifiers={"identifier type": ["identifier value"]},
    consents={"promotion|email|brand": WISH},
    profile=PROFILE,
    asked_again=176,
    ids_dropped=177,
    closed_cases=(CLOSED_CASE,),
    identity=KIN,
    elsewhere=PRESENCE,
    stamps={"email": [98]},
    asks=(OPEN_ASK,),
    questions=(ASK,),
    reserved=(RESERVATION,),
    bounced={"address": 1_760_000_000_000},
    given={"address": 1_760_000_000_000},
    rejections=(REJECTION,),
    assigned={
        "variant|action name|salt": Assigned(time=108, customer_id="drawn by", value="a")
    },
    looked_at={"looked at sku": LOOKED_AT},
    conversions=(CONVERTED,),
    stage_since=178,
    trails={"case key": TRAIL},
    brands=("brand",),
    erasures=(ERASURE,),
    venues=(VISIT,),
    awaited=(AWAITED,),
)
STATE = {
    "context": CONTEXT,
    "context session": SESSION,
    "context presence": PRESENCE,
    "context erasure": ERASURE,
    "context cart": CART,
    "context cart article": LINE,
    "context item": ITEM,
    "context case": CASE,
    "context looked at": LOOKED_AT,
    "context contact": CONTACT,
    "context visit": VISIT,
    "context awaited": AWAITED,
    "context closed case": CLOSED_CASE,
    "context case trail": TRAIL,
    "context order": ORDER,
    "context action": TAKEN,
    "context conversion": CONVERTED,
    "context open ask": OPEN_ASK,
    "context reservation": RESERVATION,
    "context waiting event": WAITING,
    "context profile": PROFILE,
    "context consent": WISH,
    "context touchpoint": TOUCH,
    "context identity": KIN,
    "context identifier": MEMBER,
    "context device login": CLAIM,
    "context proof": PROOF,
    "context pending merge": PENDING,
    "context lost identifier": LOST,
}

COMMANDS: dict[str, Command] = {
    "command follow": DeferredEvent(to="to", tokens=("token",), event=b"event as json"),
    "command link": Link(
        to="to",
        kind="own type",
        target="hub",
        target_kind="hub type",
        asker="asker",
        token="token",
        proof=PROOF,
        direct=False,
        formers=FORMERS,
    ),
    "command merge": Merge(
        to="to",
        origin="origin",
        target="hub",
        target_kind="hub type",
        members={"member name": MEMBER},
        image=b"context image",
        revision=1,
        asker="asker",
        token="token",
        proof=PROOF,
        formers=FORMERS,
        device_logins=(CLAIM,),
        owner="owner",
    ),
    "command merged": Merged(to="to", by="by", revision=1),
    "command refused": MergeDeclined(to="to", by="by", revision=1, reason="reason"),
    "command settled": LinkSettled(to="to", token="token"),
    "command released": IdentifierReleased(
        to="to", name="name", kind="type", target="hub", time=1
    ),
    "command moved": CustomerMoved(to="to", origin="origin", by="by"),
    "command split": Split(to="to", kind="type", time=1, reason="reason"),
    "command rebuilt": Rebuilt(
        to="to", split="split", image=b"context image", revision=1, time=2
    ),
    "command ask": ASK,
    "command answer": AddressAnswered(
        to="to", action_id="action id", reason="reason", detail="detail", also=("other",)
    ),
    "command withdraw": WithdrawAction(
        to="to", action_id="action id", reason="reason", time=3, also=("other",)
    ),
    "command reservation": ReservationChanged(
        to="to", action_id="action id", delivered=4, rejected=5
    ),
    "command refusal": RefusalHeard(
        to="to",
        purpose="purpose",
        channel="channel",
        brand="brand",
        status="denied",
        time=5,
        basis="basis",
        source="source",
        proof="proof",
    ),
    "command past": FillPast(
        to="to", names=("to", "member name"), image=b"context image", until=6
    ),
}

EVENT = Event(
    id="event id",
    type="cart.item_added",
    channel="event channel",
    time=201,
    received=202,
    source="source",
    customer_id="customer id",
    identifiers={"identifier type": "value"},
    session_id="session id",
    cart_id="cart id",
    order_id="order id",
    case_id="case id",
    brand="brand",
    location=Location(venue="venue", region="region"),
    device="device",
    clamped=True,
    data=Raw(b'{"sku":"sku"}'),
    authenticated=True,
    initiated=False,
    key="changed key",
    before={"before": 1},
)
FACTORS = Factors(propensity=0.5, context=1.5, value=2.5, lever=3.5)
HANDOFF = Handoff(
    goal="goal in words",
    as_of=211,
    items=(
        HandoffItem(
            sku="sku",
            quantity=2.5,
            name="article name",
            size="size",
            price=89.5,
            currency="EUR",
            image="image",
            url="url",
        ),
    ),
    value=223.75,
    currency="EUR",
    stopped_at="where it stopped",
    touchpoints=("touchpoint in words",),
    tried=("what was tried",),
    do_not_ask=("what is known",),
    language="language",
)
CONSENT = Consent(
    status="granted",
    channel="consent channel",
    time=221,
    brand="brand",
    basis="basis",
    source="source",
    proof="proof",
)
DECISION = Decision(
    customer_id="customer id",
    decision_id="decision id",
    situation_id="situation id",
    situation="situation name",
    time=241,
    stage=1,
    action="action name",
    action_id="action id",
    candidates=(
        Candidate(
            action="action name",
            channel="channel",
            reason="reason",
            factors=FACTORS,
            detail="detail",
            by="address",
        ),
    ),
    journey_id="journey id",
    playbook_version="playbook version",
    fallback_of="failed action",
    held_out="hold-out",
    variant="variant",
    references={"price/SHOE-42": 240},
    explored=True,
    segment="segment",
    brand="brand",
)
ACTION = Action(
    customer_id="customer id",
    action_id="action id",
    occurrence_id="occurrence id",
    journey_id="journey id",
    situation="situation name",
    action="action name",
    purpose="service",
    channel="channel",
    address="address",
    content_ref="content ref",
    time=251,
    not_before=252,
    expires_at=253,
    factors=FACTORS,
    params={"param": "value"},
    handoff=HANDOFF,
    consent=CONSENT,
    variant="variant",
    offer="offer",
    items=HANDOFF.items,
    language="language",
    brand="brand",
    quiet=(QuietSpan(start=254, end=255),),
)
RETRACTED = Retracted(
    customer_id="customer",
    situation_id="situation id",
    situation="situation",
    time=401,
    reason="reason",
)
REVOKED = Revoked(
    customer_id="customer id",
    action_id="action id",
    channel="channel",
    situation="situation name",
    time=261,
    reason="reason",
    too_late=True,
    by="address",
)
CONVERSION = Conversion(
    customer_id="customer id",
    action_id="action id",
    situation="situation name",
    action="action name",
    channel="channel",
    time=265,
    order_id="order id",
    case_id="case id",
    value=27.5,
    currency="EUR",
    void=True,
)
RESOLUTION = Resolution(
    customer_id="customer id",
    case_id="case id",
    grade="best",
    final=True,
    time=266,
    contacts=1,
    channels=("case channel",),
)
TOUCHPOINT = JourneyTouchpoint(
    customer_id="customer id",
    journey_id="journey id",
    event_id="event id",
    type="event type",
    channel="channel",
    time=271,
    venue="venue",
    goal="cart:-",
    order_value=27.5,
    currency="EUR",
    action_id="action id",
    campaign="campaign",
)
OUTCOME = Outcome(
    action_id="action id",
    customer_id="customer id",
    channel="channel",
    status="delivered",
    time=271,
    reason="reason",
    outcome_id="outcome id",
)
EVIDENCE = Evidence(event_id="proving event", type="proving type", source="proving source")
IDENTITY = {
    "identity linked": IdentifierLinked(
        customer_id="customer id",
        identifier="identifier name",
        type="identifier type",
        time=281,
        evidence=EVIDENCE,
    ),
    "identity merged": CustomersMerged(
        customer_id="customer id",
        merged="merged customer",
        identifiers=("identifier name",),
        time=282,
        evidence=EVIDENCE,
    ),
    "identity conflict": MergeRefused(
        customer_id="customer id",
        other="other customer",
        type="identifier type",
        reason="reason",
        time=283,
        evidence=EVIDENCE,
    ),
    "identity split": IdentifierSplit(
        customer_id="customer id",
        identifier="identifier name",
        type="identifier type",
        reason="reason",
        time=284,
    ),
    "identity rebuilt": CustomerRebuilt(
        customer_id="customer id", identifier="identifier name", time=285, done=False
    ),
}
ALIAS = Alias(to="to", since=291, blocked=True, renamed=True)
CLOCK = SourceWatermark(source="topic/0", time=301)
DELIVERED = DeliveryResult(what="delivered", of=REVOKED, time=311)
REPLAYED_LETTER = Undecodable(
    time=321,
    customer_id="customer id",
    identifiers={"identifier type": "value"},
    line=322,
    reason="reason",
    message="message",
)
OUTPUTS = {
    "event": EVENT,
    "situation": SITUATION,
    "decision": DECISION,
    "action": ACTION,
    "retracted": RETRACTED,
    "revoked": REVOKED,
    "conversion": CONVERSION,
    "resolution": RESOLUTION,
    "touchpoint": TOUCHPOINT,
    "outcome": OUTCOME,
    **IDENTITY,
    "alias": ALIAS,
    "clock record": CLOCK,
    "replay dead letter": REPLAYED_LETTER,
    "adapter log --json": DELIVERED,
}

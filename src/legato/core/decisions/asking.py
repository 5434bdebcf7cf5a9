"""Nothing goes to an address before whoever the address belongs to has allowed it.

A context may know an address that is not its own: a form in which it was typed, a family's
phone. The winner of a decision then asks; what was decided is told once the answer is there. An
address that refuses lets the next best ask. docs/addresses.md has the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct, field
from msgspec.structs import replace

from legato.core.context.codec import Codec
from legato.core.context.consent import consent_for, parts_of
from legato.core.context.context import (
    ActionRecord,
    Context,
    ErasureRecord,
    Fallback,
    OpenAsk,
    Order,
    Reservation,
)
from legato.core.context.erasure import erasures_before, is_erased, standing_request
from legato.core.context.goals import goal_named
from legato.core.context.orders import COMPLETED
from legato.core.context.retention import MOST_RESERVED
from legato.core.decisions.arbitration import Weighed, conclude, record_of, take_slot, weigh
from legato.core.decisions.brake import Brake
from legato.core.decisions.caps import (
    RELEASED,
    counted_actions,
    out_at,
    remembered_for,
    stands,
)
from legato.core.decisions.experiments import keep_assigned
from legato.core.decisions.fallback import ended_goals, is_superseded, situation_of, take_retry
from legato.core.decisions.history import TimeOfDay
from legato.core.decisions.policy import DecisionInput
from legato.core.decisions.rejections import rejected, to_keep
from legato.core.decisions.revocation import is_over
from legato.core.decisions.spacing import SECRET, SPACING, Proposal
from legato.core.events.event import Event
from legato.core.events.payloads import ErasurePayload, Payload
from legato.core.events.wishes import GRANTED, UNKNOWN, Wish, Wishes
from legato.core.events.words import ALL
from legato.core.identity.commands import (
    AddressAnswered,
    AskAddress,
    Command,
    RefusalHeard,
    ReservationChanged,
    WithdrawAction,
)
from legato.core.playbook.definition import Playbook
from legato.core.references.as_of import references_at
from legato.core.references.table import ReferenceTable
from legato.core.values.outputs import Output, Situation
from legato.core.values.results import Rejected
from legato.core.values.time import Instant

Judges = Callable[[Context, str, str], tuple[str, ...]]
"""Of a context, a type of identifier and a value: the names of the address, none if its own."""
Found = list[tuple[Situation, bool]]


def nobody(_: Context, __: str, ___: str) -> tuple[str, ...]:
    """Ask nobody: every address is the customer's own."""
    return ()


class Asking(Struct):
    """Decides, asks and answers; `commands` takes what is to be sent."""

    playbook: Playbook
    codec: Codec
    judges: Judges
    commands: list[Command]
    references: ReferenceTable
    brake: Brake | None = None
    time_of_day: TimeOfDay = field(default_factory=TimeOfDay)

    def decide(self, context: Context, found: Found, moment: DecisionInput) -> list[Output]:
        """Tell what was found, and decide about it: now, or when the address has answered."""
        is_past = self.time_of_day.is_past(moment.clock, moment.cause)
        moment = replace(moment, brake=self.brake, is_past=is_past)
        weighed = weigh(self.playbook, context, found, moment)
        if self._asks(context, weighed, {}):
            return [situation for situation, _ in weighed.found]
        return conclude(self.playbook, context, weighed, found_now=True)

    def fall_back(
        self, context: Context, taken: ActionRecord, event: Event, clock: Instant
    ) -> list[Output]:
        """Decide again, on another channel, about what an action that came to nothing was."""
        retry = take_retry(taken, event.time)
        if retry is None:
            return []
        situation = situation_of(context.customer_id, taken, retry)
        moment = DecisionInput(
            event.time,
            clock,
            ended=ended_goals(context, taken, retry),
            fallback=Fallback(taken.action_id, (*retry.failed, taken.channel), retry.brand),
            references=references_at(self.references, event.time),
            brake=self.brake,
            is_past=self.time_of_day.is_past(clock),
        )
        found = [(situation, is_superseded(context, taken))]
        weighed = weigh(self.playbook, context, found, moment)
        if self._asks(context, weighed, {}):
            return []
        return conclude(self.playbook, context, weighed)

    def answer(self, context: Context, answer: AddressAnswered, clock: Instant) -> list[Output]:
        """Go on with a decision once an address has answered, unless it is too late by then."""
        ask = _take_ask(context, answer.action_id)
        if ask is None:  # nobody waits for it any more: the release is on its way
            return []
        if answer.reason:
            if len(ask.action.judges) > 1:  # those before said yes
                self._release(ask)
            return self._again(context, ask, (answer.reason, answer.detail))
        if ask.action.expires <= clock:
            self._release(ask)
            return self._again(context, ask, ("expired", ""))
        weighed = self._weigh(context, ask, ask.refused)
        if _is_same(weighed, ask.action):
            return conclude(self.playbook, context, weighed, ask.action.judges)
        # It was allowed, but what came since forbids it, leads elsewhere, or is worth more.
        self._release(ask)
        return self._conclude_or_ask(context, ask, weighed, ask.refused)

    def hear_no(self, context: Context, action_id: str, reason: str) -> list[Output]:
        """Go on without an address that takes back what it allowed before that was heard of.

        It went to another meanwhile, whose word overtakes the answer.
        """
        ask = _take_ask(context, action_id)
        if ask is None:
            return []
        self._release(ask)
        return self._again(context, ask, (reason, ""))

    def time_passes(self, context: Context, now: Instant) -> None:
        """Answer the questions whose time has come."""
        for question in [each for each in context.questions if each.time <= now]:
            context.questions = tuple(q for q in context.questions if q is not question)
            self._judge(context, question)

    def end(self, context: Context, reduced_goals: list[str]) -> list[Output]:
        """Conclude what is asked for goals that an event has ended."""
        outputs: list[Output] = []
        for ask in [
            each for each in context.asks if is_over(context, each.action, reduced_goals)
        ]:
            _take_ask(context, ask.action.action_id)
            self._release(ask)
            done = tuple(goal for situation, _ in ask.found for goal in situation.goals)
            over = replace(ask, ended=(*ask.ended, *done))
            weighed = self._weigh(context, over, ask.refused)
            outputs += self._conclude_or_ask(context, over, weighed, ask.refused)
        return outputs

    def drop(self, context: Context, wrong: Callable[[Situation], bool]) -> list[Output]:
        """Do nothing more about situations that turned out to be none, or have ended."""
        outputs: list[Output] = []
        for ask in context.asks:
            found = tuple((each, missed or wrong(each)) for each, missed in ask.found)
            if found == ask.found:
                continue
            _take_ask(context, ask.action.action_id)
            self._release(ask)
            rest = replace(ask, found=found)
            weighed = self._weigh(context, rest, ask.refused)
            outputs += self._conclude_or_ask(context, rest, weighed, ask.refused)
        return outputs

    def forget(self, context: Context, event: Event) -> list[Output]:
        """Conclude what is asked, and take back what others send, if they are to be forgotten.

        `event` tells that they asked for it, or who they are.
        """
        for each in context.reserved:
            if _is_to_be_forgotten(context, each):
                ask = each.ask
                word = WithdrawAction(ask.asker, ask.action_id, "erased", event.time)
                self.commands.append(word)
        outputs: list[Output] = []
        for waiting in [each for each in context.asks if is_erased(context.erasures, each.now)]:
            _take_ask(context, waiting.action.action_id)
            self._release(waiting)
            weighed = self._weigh(context, waiting, waiting.refused)
            outputs += self._conclude_or_ask(context, waiting, weighed, waiting.refused)
        return outputs

    def follow_up(self, context: Context, event: Event) -> None:
        """Take back what others may send here, if an event from before makes it wrong."""
        for each in context.reserved:
            ask = each.ask
            if event.time < ask.not_before and (why := _known_refusal(context, ask)):
                self.commands.append(WithdrawAction(ask.asker, ask.action_id, why, event.time))

    def tell_refusals(self, context: Context, event: Event, wishes: Wishes) -> None:
        """Tell an address that is named beside a refusal of it, whoever it belongs to."""
        for kind, value in (event.identifiers or {}).items():
            names = self.judges(context, kind, value)
            for told in wishes.followed if names else ():
                if told.status != GRANTED and self._reaches(told.channel, kind):
                    self.commands.extend(_refusal(name, event, told) for name in names)

    def tell_erasure(self, context: Context, event: Event, told: ErasurePayload) -> None:
        """Tell an address that is named beside a request to be forgotten, as a refusal of all.

        Whoever it belongs to did not ask for more than that nothing comes there.
        """
        asked = ErasureRecord(event.time, True, event.source, told.named)
        for kind, value in (event.identifiers or {}).items():
            names = self.judges(context, kind, value) if self._reaches(ALL, kind) else ()
            self.commands.extend(_refusal_of_all(name, asked) for name in names)

    def _reaches(self, channel: str, kind: str) -> bool:
        """Is a channel, or one of all of them, sent to by this type of identifier?"""
        named = self.playbook.channels.get(channel)
        channels = self.playbook.channels.values() if named is None else (named,)
        return any(kind in each.identifiers for each in channels)

    def hand_over(self, context: Context, name: str, value: str) -> None:
        """Tell an address that is this customer's no more what protects whoever has it.

        That is each refusal, that they asked to be forgotten, which refuses all, and what was
        sent there: it counts in caps as if it were asked.
        """
        if (asked := standing_request(context.erasures)) is not None:
            self.commands.append(_refusal_of_all(name, asked))
        for key, wish in context.consents.items():
            if wish.status != GRANTED:
                purpose, channel, brand = parts_of(key)
                about = (*_in_known_words(purpose, channel), brand)
                said = wish.basis, wish.source, wish.proof
                self.commands.append(RefusalHeard(name, *about, wish.status, wish.time, *said))
        for taken in context.actions:
            if taken.address == value and stands(taken):
                self._hand_over_action(context, name, taken)

    def _hand_over_action(self, context: Context, name: str, taken: ActionRecord) -> None:
        """Tell an address of an action that went there, and whether it was rejected."""
        kind = taken.purpose, taken.channel, "", taken.situation
        times = taken.decided, out_at(taken), taken.expires
        about = AskAddress(name, context.customer_id, taken.action_id, *kind, *times)
        self.commands.append(
            replace(about, name=taken.name, offer=taken.offer or "", sent=True)
        )
        for each in context.rejections:
            if each.action_id == taken.action_id:
                out = out_at(taken)
                self.commands.append(ReservationChanged(name, taken.action_id, out, each.time))

    def settle(self, context: Context, before: dict[str, str], event: Event) -> None:
        """Tell those who allowed an action what became of it."""
        for taken in context.actions:
            status = taken.status
            if not taken.judges or before.get(taken.action_id, status) == status:
                continue
            for judge in taken.judges:
                self._tell_judge(judge, taken, event)

    def _tell_judge(self, judge: str, taken: ActionRecord, event: Event) -> None:
        """Tell one who allowed an action what became of it; what is rejected did arrive."""
        name, time = taken.action_id, event.time
        if taken.status in RELEASED:
            self.commands.append(ReservationChanged(judge, name))
        elif taken.status == "delivered":
            self.commands.append(ReservationChanged(judge, name, time))
        elif taken.status == "rejected":
            self.commands.append(ReservationChanged(judge, name, taken.delivered or time, time))

    # -- the asker -------------------------------------------------------------------------

    def _again(self, context: Context, ask: OpenAsk, why: tuple[str, str]) -> list[Output]:
        refused = {**ask.refused, ask.action.action_id: why}
        return self._conclude_or_ask(context, ask, self._weigh(context, ask, refused), refused)

    def _conclude_or_ask(
        self,
        context: Context,
        ask: OpenAsk,
        weighed: Weighed,
        refused: dict[str, tuple[str, str]],
    ) -> list[Output]:
        if self._asks(context, weighed, refused, ask.cause):
            return []
        return conclude(self.playbook, context, weighed)

    def _weigh(
        self, context: Context, ask: OpenAsk, refused: dict[str, tuple[str, str]]
    ) -> Weighed:
        """Weigh anew what an open ask was decided on, as things stand now."""
        cause = self.codec.read_event(ask.cause) if ask.cause else None
        payload = None if cause is None else self._payload_of(cause)
        held = ask.action.action_id, ask.action.not_before
        references = references_at(self.references, ask.now)
        moment = DecisionInput(
            ask.now,
            ask.clock,
            cause,
            payload,
            ask.ended,
            ask.fallback,
            references,
            self.brake,
            held,
        )
        own = context.customer_id
        found = [(replace(each, customer_id=own), missed) for each, missed in ask.found]
        return weigh(self.playbook, context, found, moment, refused)

    def _payload_of(self, cause: Event) -> Payload | None:
        payload = self.playbook.rules_of(cause).kind.read_payload(cause)
        return None if isinstance(payload, Rejected) else payload

    def _asks(
        self,
        context: Context,
        weighed: Weighed,
        refused: dict[str, tuple[str, str]],
        cause: bytes = b"",
    ) -> bool:
        """Ask for the winner, if its address is not the customer's own."""
        way = weighed.way
        if way is None or not way.address_type or weighed.drawn.held_out:
            return False
        judges = self.judges(context, way.address_type, way.address)
        if not judges:
            return False
        moment, action = weighed.moment, record_of(self.playbook, context, weighed)
        action.judges = judges
        keep_assigned(context, weighed.drawn)
        take_slot(weighed)
        if moment.cause is not None and not cause:
            cause = self.codec.write_event(moment.cause)
        ask = OpenAsk(
            action,
            tuple(weighed.found),
            moment.now,
            moment.clock,
            cause,
            moment.ended,
            refused,
            moment.fallback,
        )
        context.asks = (*context.asks, ask)
        self.commands.append(_question(context, ask, moment.brand))
        return True

    def _release(self, ask: OpenAsk) -> None:
        for judge in ask.action.judges:
            self.commands.append(ReservationChanged(judge, ask.action.action_id))

    # -- the judge -------------------------------------------------------------------------

    def _judge(self, context: Context, ask: AskAddress) -> None:
        """Answer a question, or let the next name of the address answer; reserve on yes."""
        if not ask.sent and (why := self._why_not(context, ask)):
            self.commands.append(AddressAnswered(ask.asker, ask.action_id, *why))
            return
        since = ask.time - remembered_for(self.playbook)
        others = [
            each
            for each in context.reserved
            if each.ask.action_id != ask.action_id and each.ask.time > since
        ]
        context.reserved = (*others[1 - MOST_RESERVED :], Reservation(ask))
        if ask.also:
            first, *others_to_ask = ask.also
            self.commands.append(replace(ask, to=first, also=tuple(others_to_ask)))
        else:
            self.commands.append(AddressAnswered(ask.asker, ask.action_id))

    def _why_not(self, context: Context, ask: AskAddress) -> tuple[str, str] | None:
        if is_erased(context.erasures, ask.time):
            return "erased", ""
        if reason := _known_refusal(context, ask):
            return reason, ""
        taken = counted_actions(context, ask.action_id)
        proposal = Proposal(self.playbook, context, ask, ask.not_before, taken, ask.offer)
        for reason, forbids in SPACING.items():
            if (name := forbids(proposal)) is not None:
                return reason, "" if reason in SECRET else name
        return None


def change_reservation(context: Context, change: ReservationChanged) -> None:
    """Note what became of an action that was allowed here."""
    if change.rejected is not None:
        _reject(context, change.action_id, change.rejected)
    if change.delivered is None:
        context.reserved = tuple(
            each for each in context.reserved if each.ask.action_id != change.action_id
        )
        context.questions = tuple(
            each for each in context.questions if each.action_id != change.action_id
        )
        return
    context.reserved = tuple(
        replace(each, delivered=change.delivered)
        if each.ask.action_id == change.action_id
        else each
        for each in context.reserved
    )


def _reject(context: Context, action_id: str, time: Instant) -> None:
    """Know that what others were allowed to send was rejected."""
    for ask in (*(each.ask for each in context.reserved), *context.questions):
        if ask.action_id == action_id:
            context.rejections = to_keep((*context.rejections, rejected(action_id, ask, time)))


def _known_refusal(context: Context, ask: AskAddress) -> str:
    """Say by which code what is known here forbids it; silence is no refusal."""
    if consent_for(context.consents, ask.purpose, ask.channel, ask.brand) is False:
        return "no_consent"
    if ask.articles and all(
        _is_ordered(context.orders, sku, since) for sku, since in ask.articles.items()
    ):
        return "converted"
    return ""


def _is_to_be_forgotten(context: Context, reserved: Reservation) -> bool:
    """Did they ask to be forgotten before it is over what another sends here?"""
    ask, delivered = reserved.ask, reserved.delivered
    over = ask.expires if delivered is None else min(ask.expires, delivered)
    return is_erased(erasures_before(context.erasures, over), ask.time)


def _refusal_of_all(to: str, asked: ErasureRecord) -> RefusalHeard:
    """Tell that somebody asked to be forgotten, who does not have this address."""
    more = "erasure", asked.source, asked.proof
    return RefusalHeard(to, ALL, ALL, "", "denied", asked.time, *more)


def _refusal(to: str, event: Event, told: Wish) -> RefusalHeard:
    """Tell of a refusal."""
    return RefusalHeard(
        to,
        *_in_known_words(told.purpose, told.channel),
        told.brand or event.brand or "",
        told.status,
        event.time,
        told.basis,
        event.source,
        told.proof,
    )


def _in_known_words(purpose: str, channel: str) -> tuple[str, str]:
    """Of a word that nobody knows, tell only that it is none: it refuses all it may mean."""
    return (
        UNKNOWN if purpose.startswith(UNKNOWN) else purpose,
        ALL if channel.startswith(UNKNOWN) else channel,
    )


def _is_ordered(orders: Iterable[Order], sku: str, since: Instant) -> bool:
    return any(
        order.time >= since and sku in order.skus and order.status == COMPLETED
        for order in orders
    )


def _question(context: Context, ask: OpenAsk, brand: str) -> AskAddress:
    action = ask.action
    first, *also = action.judges
    return AskAddress(
        first,
        context.customer_id,
        action.action_id,
        action.purpose,
        action.channel,
        brand,
        action.situation,
        ask.now,
        action.not_before,
        action.expires,
        _articles(context, action.goals),
        tuple(also),
        action.name,
        action.offer or "",
    )


def _articles(context: Context, goals: Iterable[str]) -> dict[str, Instant]:
    keys = {goal.key for goal in map(goal_named, goals) if goal.kind in ("cart", "checkout")}
    carts = [context.carts[key] for key in keys if key in context.carts]
    return {line.item.sku: line.since for cart in carts for line in cart.lines.values()}


def _is_same(weighed: Weighed, asked: ActionRecord) -> bool:
    """Would still be done what was asked for, and go to the same address?"""
    way = weighed.way
    if weighed.drawn.held_out:
        return False
    return way is not None and (weighed.action_id, way.address) == (
        asked.action_id,
        asked.address,
    )


def _take_ask(context: Context, action_id: str) -> OpenAsk | None:
    """Take an open ask out of a context; None if there is none of that action."""
    found = next((each for each in context.asks if each.action.action_id == action_id), None)
    context.asks = tuple(each for each in context.asks if each is not found)
    return found


def statuses(context: Context) -> dict[str, str]:
    """What has become of the actions that others allowed, so that a change can be told."""
    return {each.action_id: each.status for each in context.actions if each.judges}

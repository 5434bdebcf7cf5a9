"""Nothing goes to an address before whoever the address belongs to has allowed it: the asker.

A context may know an address that is not its own: a form in which it was typed, a family's
phone. The winner of a decision then asks; what was decided is told once the answer is there. An
address that refuses lets the next best ask. Who is asked answers in `answering.py`, and knows
more by `address_news.py`; docs/addresses.md has the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct, field
from msgspec.structs import replace

from legato.core.context.codec import Codec
from legato.core.context.context import ActionRecord, Context, Fallback, OpenAsk
from legato.core.context.erasure import is_erased
from legato.core.context.goals import goal_named
from legato.core.decisions.answering import withdrawn_as_forgotten
from legato.core.decisions.arbitration import Weighed, conclude, record_of, take_slot, weigh
from legato.core.decisions.brake import Brake
from legato.core.decisions.caps import RELEASED
from legato.core.decisions.experiments import keep_assigned
from legato.core.decisions.fallback import ended_goals, is_superseded, situation_of, take_retry
from legato.core.decisions.history import TimeOfDay
from legato.core.decisions.judges import Judges
from legato.core.decisions.policy import DecisionInput
from legato.core.decisions.revocation import is_over
from legato.core.events.event import Event
from legato.core.events.payloads import Payload
from legato.core.identity.commands import (
    AddressAnswered,
    AskAddress,
    Command,
    ReservationChanged,
)
from legato.core.playbook.definition import Playbook
from legato.core.references.as_of import references_at
from legato.core.references.table import ReferenceTable
from legato.core.values.outputs import Output, Situation
from legato.core.values.results import Rejected
from legato.core.values.time import Instant

Found = list[tuple[Situation, bool]]


class Asking(Struct):
    """Decides and asks; `commands` takes what is to be sent."""

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
            return self._again(context, _refusing(ask, answer.reason, answer.detail))
        if ask.action.expires <= clock:
            self._release(ask)
            return self._again(context, _refusing(ask, "expired"))
        weighed = self._weigh(context, ask)
        if _is_same(weighed, ask.action):
            return conclude(self.playbook, context, weighed, ask.action.judges)
        # It was allowed, but what came since forbids it, leads elsewhere, or is worth more.
        self._release(ask)
        return self._conclude_or_ask(context, ask, weighed)

    def hear_no(self, context: Context, action_id: str, reason: str) -> list[Output]:
        """Go on without an address that takes back what it allowed before that was heard of.

        It went to another meanwhile, whose word overtakes the answer.
        """
        ask = _take_ask(context, action_id)
        if ask is None:
            return []
        self._release(ask)
        return self._again(context, _refusing(ask, reason))

    def end(self, context: Context, reduced_goals: list[str]) -> list[Output]:
        """Conclude what is asked for goals that an event has ended."""
        outputs: list[Output] = []
        for ask in [
            each for each in context.asks if is_over(context, each.action, reduced_goals)
        ]:
            done = tuple(goal for situation, _ in ask.found for goal in situation.goals)
            outputs += self._stop(context, replace(ask, ended=(*ask.ended, *done)))
        return outputs

    def drop(self, context: Context, wrong: Callable[[Situation], bool]) -> list[Output]:
        """Do nothing more about situations that turned out to be none, or have ended."""
        outputs: list[Output] = []
        for ask in context.asks:
            found = tuple((each, missed or wrong(each)) for each, missed in ask.found)
            if found != ask.found:
                outputs += self._stop(context, replace(ask, found=found))
        return outputs

    def forget(self, context: Context, event: Event) -> list[Output]:
        """Conclude what is asked, and take back what others send, if they are to be forgotten.

        `event` tells that they asked for it, or who they are.
        """
        self.commands += withdrawn_as_forgotten(context, event)
        outputs: list[Output] = []
        for ask in [each for each in context.asks if is_erased(context.erasures, each.now)]:
            outputs += self._stop(context, ask)
        return outputs

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

    def _stop(self, context: Context, ask: OpenAsk) -> list[Output]:
        """Wait for an answer no longer, and decide by what is known now."""
        _take_ask(context, ask.action.action_id)
        self._release(ask)
        return self._again(context, ask)

    def _again(self, context: Context, ask: OpenAsk) -> list[Output]:
        """Decide anew, or ask for the next best."""
        return self._conclude_or_ask(context, ask, self._weigh(context, ask))

    def _conclude_or_ask(
        self, context: Context, ask: OpenAsk, weighed: Weighed
    ) -> list[Output]:
        if self._asks(context, weighed, ask.refused, ask.cause):
            return []
        return conclude(self.playbook, context, weighed)

    def _weigh(self, context: Context, ask: OpenAsk) -> Weighed:
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
        return weigh(self.playbook, context, found, moment, ask.refused)

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


def _refusing(ask: OpenAsk, reason: str, detail: str = "") -> OpenAsk:
    """Know that what was asked for may not go out, and why."""
    refused = {**ask.refused, ask.action.action_id: (reason, detail)}
    return replace(ask, refused=refused)


def _take_ask(context: Context, action_id: str) -> OpenAsk | None:
    """Take an open ask out of a context; None if there is none of that action."""
    found = next((each for each in context.asks if each.action.action_id == action_id), None)
    context.asks = tuple(each for each in context.asks if each is not found)
    return found


def statuses(context: Context) -> dict[str, str]:
    """What has become of the actions that others allowed, so that a change can be told."""
    return {each.action_id: each.status for each in context.actions if each.judges}

"""What the line has said so far: counted once by id, and paired into moments for the ticker."""

from __future__ import annotations

from collections import Counter

from legato.core.values.outputs import (
    Action,
    Conversion,
    Decision,
    Output,
    Resolution,
    Retracted,
    Revoked,
    Situation,
)
from legato.demo.view.words import TickerMoment
from legato.verification.comparison import Name, name_of


class Score:
    """Counts and pairs outputs in whatever order and however often they are shown."""

    def __init__(self) -> None:
        self.situations: Counter[str] = Counter()
        self.actions: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.decisions = 0
        self.revoked = 0
        self._seen: set[Name] = set()
        self._situations: dict[str, Situation] = {}
        self._decisions: dict[str, Decision] = {}
        self._actions: dict[str, Action] = {}
        self._about: dict[str, str] = {}

    def take(self, said: Output) -> TickerMoment | Revoked | None:
        """Count an output; return what is complete with it, None if that is nothing new.

        What came of it all is told by the context, and is no moment of its own.
        """
        name = name_of(said)
        if name in self._seen or isinstance(said, Conversion | Resolution):
            return None
        self._seen.add(name)
        match said:
            case Situation():
                self.situations[said.situation] += 1
                self._situations[said.situation_id] = said
                return self._complete(said.situation_id)
            case Decision():
                self._note_decision(said)
                return self._complete(said.situation_id)
            case Action():
                self.actions[said.channel] += 1
                self._actions[said.action_id] = said
                return self._complete(self._about.get(said.action_id, ""))
            case Revoked():
                self.revoked += 1
                return said
            case Retracted():
                self.situations[said.situation] -= 1
                return None

    def _note_decision(self, decision: Decision) -> None:
        self.decisions += 1
        losers = (each.reason for each in decision.candidates if each.reason != "won")
        self.reasons.update(losers)
        self._decisions[decision.situation_id] = decision
        self._about[decision.action_id] = decision.situation_id

    def _complete(self, situation_id: str) -> TickerMoment | None:
        """Take the parts of a moment, once all of them are here."""
        situation = self._situations.get(situation_id)
        decision = self._decisions.get(situation_id)
        if situation is None or decision is None:
            return None
        action = self._actions.pop(decision.action_id, None)
        if decision.action_id and action is None:
            return None
        del self._situations[situation_id], self._decisions[situation_id]
        return TickerMoment(situation, decision, action)

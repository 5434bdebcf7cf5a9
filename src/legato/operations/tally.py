"""A count of what a playbook did: how often, by name, and for which customers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from msgspec import Struct

from legato.core.values.outputs import Action, Decision, Output, Retracted, Situation


class PlaybookTally(Struct):
    """What a playbook did: how often, by name, and for which customers.

    Actions are named `NAME@CHANNEL`. `customers` are those for whom an action was decided, by
    its name, under the ids that they have at the end.
    """

    situations: dict[str, int] = {}
    actions: dict[str, int] = {}
    channels: dict[str, int] = {}
    reasons: dict[str, int] = {}
    customers: dict[str, set[str]] = {}

    def add(self, other: PlaybookTally) -> None:
        """Add what was done for other customers."""
        for name in ("situations", "actions", "channels", "reasons"):
            setattr(
                self, name, dict(Counter(getattr(self, name)) + Counter(getattr(other, name)))
            )
        for action, customers in other.customers.items():
            self.customers[action] = self.customers.get(action, set()) | customers

    @property
    def reached(self) -> set[str]:
        """All customers for whom anything was done."""
        return set().union(*self.customers.values())


class OutputCount:
    """Counts what a line says, as it says it."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._customers: dict[str, set[str]] = {}

    def take(self, outputs: Iterable[Output]) -> None:
        """Count what was said."""
        for output in outputs:
            self._take(output)

    def _take(self, output: Output) -> None:
        counts = self._counts
        match output:
            case Situation():
                counts["situations", output.situation] += 1
            case Retracted():
                counts["situations", output.situation] -= 1
            case Decision():
                for each in output.candidates:
                    counts["reasons", each.reason] += 1
            case Action():
                name = f"{output.action}@{output.channel}"
                counts["actions", name] += 1
                counts["channels", output.channel] += 1
                self._customers.setdefault(name, set()).add(output.customer_id)
            case _:
                """It was counted when it was decided."""

    def tally(self, root_of: Callable[[str], str]) -> PlaybookTally:
        """Return all that was counted, by the names that customers have now."""
        done = PlaybookTally()
        for (kind, name), count in self._counts.items():
            getattr(done, kind)[name] = count
        done.reasons.pop("won", None)
        for name, customers in self._customers.items():
            done.customers[name] = {*map(root_of, customers)}
        return done

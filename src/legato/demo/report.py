"""The verdict as a page for a person, and as one object for a script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from msgspec import Struct
from rich.text import Text

from legato.core.instant import span_in_words
from legato.demo.good import Avoided, Carried
from legato.demo.people import People
from legato.demo.picture import Incident
from legato.demo.verdict import Verdict
from legato.demo.words import amount, place

EXAMPLES = 3


class Report(Struct, frozen=True, kw_only=True):
    """All that a run came to."""

    events: int
    people: People
    workers: int
    seed: int
    kafka: str
    strict: bool
    first_action_s: float | None
    played_s: float
    incident: Incident
    verdict: Verdict

    def as_object(self) -> dict[str, Any]:
        """Return it for scripts, as JSON takes it."""
        verdict, incident = self.verdict, self.incident
        return {
            "events": self.events,
            "customers": len(self.people),
            "situations": verdict.situations,
            "decisions": verdict.decisions,
            "actions": verdict.actions,
            "revoked": verdict.revoked,
            "delivered": verdict.delivered,
            "lost": verdict.lost,
            "doubled": verdict.doubled,
            "counted": "records" if self.strict else "distinct ids",
            "shown_again": verdict.repeated,
            "dead_letters": verdict.dead_letters,
            "false_reminders_avoided": len(verdict.avoided),
            "carts_carried": len(verdict.carried),
            "avoided_examples": verdict.avoided[:EXAMPLES],
            "carried_examples": verdict.carried[:EXAMPLES],
            "first_action_s": _rounded(self.first_action_s),
            "restore_s": _rounded(incident.restored_s),
            "restored_contexts": incident.contexts,
            "seconds": _rounded(self.played_s),
            "kafka": self.kafka,
            "workers": self.workers,
            "seed": self.seed,
        }

    def lines(self) -> Iterator[Text]:
        """Tell it to a person."""
        yield from self._played()
        yield from self._judged()
        yield from self._avoided(self.verdict.avoided)
        yield from self._carried(self.verdict.carried)

    def _played(self) -> Iterator[Text]:
        incident, first = self.incident, self.first_action_s
        yield Text.assemble(
            (f"{self.events:,}", "bold"),
            f" events of {len(self.people):,} customers in {self.played_s:.0f} s",
            f", the first action {first:.1f} s after the start" if first else "",
        )
        back = incident.restored_s
        yield Text.assemble(
            (f"worker {incident.slot} was killed with -9 in mid-run", "bold"),
            f" and back {back:.1f} s later," if back is not None else " and did not come back,",
            f" with {incident.contexts:,} customers restored",
        )

    def _judged(self) -> Iterator[Text]:
        verdict = self.verdict
        yield Text("")
        yield Text.assemble(
            _count("lost", verdict.lost),
            "   ",
            _count("doubled", verdict.doubled),
            f"   of {self.events:,} events, {verdict.situations:,} situations, "
            f"{verdict.decisions:,} decisions, {verdict.actions:,} actions, "
            f"{verdict.revoked:,} taken back",
        )
        yield from (Text(f"  {line}", "dim") for line in self._how_judged())

    def _how_judged(self) -> Iterator[str]:
        yield "compared with a single-threaded replay of the same log, by id and content"
        if self.strict:
            yield "every record was counted"
            return
        again = self.verdict.repeated
        yield f"the embedded broker shows aborted records (here {again:,}): distinct ids count"
        yield "`make demo KAFKA=real` counts every record"

    def _avoided(self, avoided: Sequence[Avoided]) -> Iterator[Text]:
        yield Text("")
        yield Text.assemble(
            ("false reminders avoided ", "bold"),
            (f"{len(avoided):,}", "bold green"),
            "   a shop that knows one channel would have sent them after the cart was bought",
        )
        for each in _various(avoided):
            yield Text(
                f"  {self.people.name(each.customer_id)}: {amount(each.value)} on "
                f"{place(each.filled_on)}, bought by {place(each.bought_on)} "
                f"{span_in_words(each.after)} later{_how(each)}"
            )
            ids = f"    customer {each.customer_id}, order {each.order_id}"
            yield Text(f"{ids}, reminder {each.action_id}", "dim")

    def _carried(self, carried: Sequence[Carried]) -> Iterator[Text]:
        bought = sum(each.bought for each in carried)
        yield Text("")
        yield Text.assemble(
            ("carts carried to the store ", "bold"),
            (f"{len(carried):,}", "bold green"),
            f"   the associate saw them on arrival; {bought:,} were bought there",
        )
        for each in islice(carried, EXAMPLES):
            yield Text(f"  {self.people.name(each.customer_id)} at {each.venue}: {each.goal}")
            ids = f"    customer {each.customer_id}, situation {each.situation_id}"
            yield Text(f"{ids}, action {each.action_id}", "dim")


def _count(word: str, number: int) -> Text:
    return Text(f"{word} {number:,}", "bold red" if number else "bold green")


def _how(avoided: Avoided) -> str:
    return "; taken back before it went out" if avoided.taken_back else ""


def _various(avoided: Sequence[Avoided]) -> list[Avoided]:
    """Show one of each kind before two of the same."""
    kinds = {(each.bought_on, each.taken_back): each for each in reversed(avoided)}
    first = list(kinds.values())
    return [*first, *(each for each in avoided if each not in first)][:EXAMPLES]


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)

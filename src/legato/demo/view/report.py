"""The verdict as a page for a person, and as one object for a script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import shorten
from typing import Any

from msgspec import Struct
from rich.text import Text

from legato.core.values.time import span_in_words
from legato.demo.run.arrived_mail import ArrivedMail
from legato.demo.run.good import Avoided, Carried
from legato.demo.run.people import People
from legato.demo.run.verdict import Verdict
from legato.demo.view.picture import Incident
from legato.demo.view.words import amount, bought, place

EXAMPLES = 3
GOODS_WIDTH, WRONG_WIDTH = 48, 300


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
    mail: ArrivedMail | None = None

    def as_object(self) -> dict[str, Any]:
        """Return it for scripts, as JSON takes it."""
        verdict, incident = self.verdict, self.incident
        return {
            "events": self.events,
            "people": len(self.people),
            "customers": verdict.customers,
            "linked": verdict.linked,
            "merges": verdict.merges,
            "refused_links": verdict.refused,
            "devices_changed_hands": verdict.changed_hands,
            "situations": verdict.situations,
            "decisions": verdict.decisions,
            "actions": verdict.actions,
            "revoked": verdict.revoked,
            "delivered": verdict.delivered,
            "lost": verdict.lost,
            "doubled": verdict.doubled,
            "wrong": verdict.wrong,
            "counted": "records" if self.strict else "distinct ids",
            "shown_again": verdict.repeated,
            "dead_letters": verdict.dead_letters,
            "emails_sent": verdict.emails_sent,
            "emails_arrived": verdict.emails_arrived,
            "emails_reported": verdict.emails_reported,
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
        yield from self._mailed()
        yield from self._avoided(self.verdict.avoided)
        yield from self._carried(self.verdict.carried)

    def _played(self) -> Iterator[Text]:
        incident, first = self.incident, self.first_action_s
        played = f" events of {len(self.people):,} people in {self.played_s:.0f} s"
        begun = f"; first action {first:.1f} s after the start" if first else ""
        yield Text.assemble((f"{self.events:,}", "bold"), played, begun)
        yield Text.assemble(
            (f"worker {incident.index} killed with -9", "bold"),
            " in mid-run, restored after ",
            (f"{incident.restored_s or 0:.1f} s", "bold"),
            f" with {incident.contexts:,} contexts",
        )
        yield from self._linked()
        yield Text("")

    def _linked(self) -> Iterator[Text]:
        """Tell who became one, and who did not."""
        verdict = self.verdict
        yield Text.assemble(
            (f"{verdict.customers:,} customers", "bold"),
            f" by {verdict.linked:,} links of login, card, order and call: ",
            (f"{verdict.merges:,} merges", "bold"),
        )
        yield Text(
            f"  {verdict.changed_hands:,} times a device changed hands and took nothing along, "
            f"{verdict.refused:,} links of two people were refused"
        )

    def _judged(self) -> Iterator[Text]:
        verdict = self.verdict
        yield Text.assemble(
            _count("lost", verdict.lost), "   ", _count("doubled", verdict.doubled)
        )
        yield Text(
            f"  of {self.events:,} events, {verdict.situations:,} situations, "
            f"{verdict.decisions:,} decisions, {verdict.actions:,} actions and"
        )
        yield Text(
            f"  {verdict.revoked:,} revocations, compared with a single-threaded replay "
            "of the same log;"
        )
        yield Text("  each event in one customer's context, customers as their proofs say")
        if not self.strict:
            yield from (Text(f"  {line}", "dim") for line in self._loosely())
        yield from (Text(f"  {shorten(each, WRONG_WIDTH)}", "red") for each in verdict.wrong)
        yield Text("")

    def _loosely(self) -> Iterator[str]:
        again = self.verdict.repeated
        yield f"the embedded broker shows aborted records (here {again:,}): so distinct ids"
        yield "count, and the kill fell between two transactions; `make day KAFKA=real`"
        yield "kills at any moment and counts every record"

    def _mailed(self) -> Iterator[Text]:
        """Tell of the email that was sent for real, if one was."""
        verdict, mail = self.verdict, self.mail
        if not verdict.emails_sent:
            return
        once = verdict.emails_arrived == verdict.emails_reported == verdict.emails_sent
        yield Text.assemble(
            (f"{verdict.emails_sent} email sent by SMTP ", "bold"),
            _arrivals(verdict.emails_arrived, good=once),
            "; its customer's context says ",
            ("delivered" if verdict.emails_reported else "nothing of it", "bold"),
        )
        if mail is not None:
            yield Text(f"  to {mail.recipient}: {mail.subject}")
            yield _ids(action=mail.action_id)
        yield Text("")

    def _avoided(self, avoided: Sequence[Avoided]) -> Iterator[Text]:
        yield _total("false reminders avoided", len(avoided))
        yield Text("  for carts bought elsewhere, that a shop with but one channel would send")
        for each in _various(avoided):
            yield Text(
                f"  {self.people.name(each.customer_id)}: {amount(each.value)} on "
                f"{place(each.filled_on)}, {bought(each.bought_on)} "
                f"{span_in_words(each.after)} later{_how(each)}"
            )
            yield _ids(customer=each.customer_id, reminder=each.action_id)
        yield Text("")

    def _carried(self, carried: Sequence[Carried]) -> Iterator[Text]:
        there = sum(each.bought for each in carried)
        yield _total("carts carried to the store", len(carried))
        yield Text(f"  shown to the associate on arrival; {there:,} of them were bought there")
        for each in carried[:EXAMPLES]:
            yield Text(
                f"  {self.people.name(each.customer_id)} at {each.venue}: {_goods(each)}"
            )
            yield _ids(customer=each.customer_id, action=each.action_id)


def _total(what: str, number: int) -> Text:
    return Text.assemble((f"{what} ", "bold"), (f"{number:,}", "bold green"))


def _ids(**named: str) -> Text:
    return Text("    " + "  ".join(f"{what} {name}" for what, name in named.items()), "dim")


def _goods(carried: Carried) -> str:
    goods = carried.goal.removeprefix("The customer wants to buy ").removesuffix(".")
    return shorten(goods, GOODS_WIDTH, placeholder=" …")


def _count(word: str, number: int) -> Text:
    return Text(f"{word} {number:,}", "bold red" if number else "bold green")


def _arrivals(times: int, *, good: bool) -> Text:
    words = {0: "and never arrived", 1: "arrived once"}.get(times, f"arrived {times} times")
    return Text(words, "bold green" if good else "bold red")


def _how(avoided: Avoided) -> str:
    return "; stopped in time" if avoided.taken_back else ""


def _various(avoided: Sequence[Avoided]) -> list[Avoided]:
    """Show one of each kind before two of the same."""
    kinds = {(each.bought_on, each.taken_back): each for each in reversed(avoided)}
    first = list(kinds.values())
    return [*first, *(each for each in avoided if each not in first)][:EXAMPLES]


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)

"""A backtest counts what a replay says, however many playbooks and processes there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec
import pytest
from msgspec import Raw

from legato.core.events.event import Event
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.definition import Playbook
from legato.core.values.outputs import Action, Decision, Retracted, Situation
from legato.core.values.time import DAY, HOUR, MINUTE, read_instant
from legato.harness import Harness, default_playbook
from legato.operations.backtest import BacktestJob, RunningBacktest, play_share
from legato.operations.comparison import compare
from legato.operations.shares import Groups, shares_of, whole
from legato.operations.tally import PlaybookTally
from legato.replay import Entry, play, read_log
from legato.settings import IdentitySettings
from legato.simulation.day import simulate

IDENTITY = IdentitySettings()
DEFAULT = default_playbook()
T0 = 1_772_438_400_000
SOONER = read_playbook(
    b"""
version: 1
situations: {left: {absence: {of: cart, after: [10m]}}}
channels: {email: {address: [email]}, web: {pull: true}}
actions: {write: {situation: left, channel: email, purpose: promotion, content: x}}
"""
)


def day(seed: int, events: int = 2_500) -> list[Entry]:
    """A simulated day whose events were received late by turns."""
    return read_log(_lines(seed, events))


def _lines(seed: int, events: int) -> Iterator[bytes]:
    for number, event in enumerate(simulate(seed, 120, events, T0)):
        told = msgspec.json.decode(msgspec.json.encode(event))
        told["received"] = read_instant(told["time"]) + (number * 7_919 % 90) * MINUTE
        yield msgspec.json.encode(told)


def job(*playbooks: Playbook, entries: list[Entry]) -> BacktestJob:
    return BacktestJob(playbooks, IDENTITY, entries[-1].at + DAY)


def ignore(_: int) -> None:
    """Nobody wants to know how far it is."""


def together(tallies: list[list[PlaybookTally]]) -> list[PlaybookTally]:
    done = [PlaybookTally() for _ in tallies[0]]
    for each in tallies:
        for tally, other in zip(done, each, strict=True):
            tally.add(other)
    return done


def replayed(playbook: Playbook, seed: int) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Count what a replay of the same log says."""
    entries = day(seed)
    outputs = [*play(Harness(playbook, IDENTITY), entries, entries[-1].at + DAY)]
    found = Counter(each.situation for each in outputs if isinstance(each, Situation))
    found.subtract(each.situation for each in outputs if isinstance(each, Retracted))
    return (
        found,
        Counter(
            f"{each.action}@{each.channel}" for each in outputs if isinstance(each, Action)
        ),
        Counter(
            candidate.reason
            for each in outputs
            if isinstance(each, Decision)
            for candidate in each.candidates
            if candidate.reason != "won"
        ),
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_each_of_two_playbooks_does_what_it_does_alone(seed: int) -> None:
    entries = day(seed)
    tallies = play_share(whole(entries), job(DEFAULT, SOONER, entries=entries), ignore)
    for playbook, tally in zip((DEFAULT, SOONER), tallies, strict=True):
        counted = tally.situations, tally.actions, tally.reasons
        assert counted == replayed(playbook, seed)


@pytest.mark.parametrize("count", [2, 5])
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_shares_come_to_the_same_as_the_whole(seed: int, count: int) -> None:
    entries = day(seed)
    alone = play_share(whole(entries), job(DEFAULT, SOONER, entries=entries), ignore)
    entries = day(seed)
    shares = shares_of(entries, IDENTITY, count)
    assert sum(map(len, shares)) == len(entries)
    assert all(shares)
    parts = [play_share(each, job(DEFAULT, SOONER, entries=entries), ignore) for each in shares]
    assert together(parts) == alone


def test_processes_come_to_the_same_as_one() -> None:
    told: list[int] = []
    results = []
    for processes in (1, 2):
        entries = day(6)
        with RunningBacktest(entries, job(DEFAULT, entries=entries), processes) as running:
            assert running.processes == processes
            results.append(running.collect(told.append))
    assert results[0] == results[1]
    assert told[-1] == len(day(6))


def event(number: int, kind: str = "page.viewed", **known: str) -> Event:
    return Event(id=str(number), type=kind, channel="web", time=T0 + number, identifiers=known)


@pytest.mark.parametrize("named", [True, False])
def test_what_was_ever_named_together_stays_together(named: bool) -> None:
    groups = Groups(IDENTITY, named=named)
    events = [
        event(1, email="Kim@Example.org"),
        event(2, phone="+4930901820"),
        event(3, email="ada@example.org"),
        event(4, email="kim@example.org ", phone="+49 30 901820"),
        event(5, email="null"),
    ]
    places = [groups.place(each) for each in events]
    kim, phone, ada, both, nobody = map(groups.root, places)
    assert kim == phone == both
    assert len({kim, ada, nobody}) == 3
    assert nobody == 0


def test_a_former_card_stays_with_the_new_one() -> None:
    groups = Groups(IDENTITY, named=True)
    old = groups.place(event(1, loyalty_id="4711"))
    new = event(2, "card.replaced", loyalty_id="4712")
    new.data = Raw(b'{"previous_loyalty_id": 4711}')
    place = groups.place(new)
    assert groups.root(old) == groups.root(place)


def test_who_is_named_by_a_trusted_source_stays_with_that_name() -> None:
    groups = Groups(IDENTITY, named=True)
    named = event(1)
    named.customer_id = IDENTITY.identify.name_of("user_id", "kim")
    assert groups.root(groups.place(named)) == groups.root(
        groups.place(event(2, user_id="kim"))
    )


def test_customers_gained_and_lost_are_counted_by_action_and_over_all() -> None:
    before = PlaybookTally(actions={"a@web": 3}, customers={"a@web": {"kim", "ada"}})
    after = PlaybookTally(
        actions={"a@web": 1, "b@web": 2}, customers={"a@web": {"kim"}, "b@web": {"eve", "kim"}}
    )
    found = compare(before, after)
    first, second = found.of("action")
    assert (first.name, first.difference, second.difference) == ("a@web", -2, 2)
    assert first.customers is not None
    assert (first.customers.gained, first.customers.lost) == ((), ("ada",))
    everybody = found.customers
    assert (everybody.before, everybody.after) == (2, 2)
    assert (everybody.gained, everybody.lost) == (("eve",), ("ada",))
    assert found.of("reason") == ()


def test_time_that_others_bring_is_time_for_all() -> None:
    """Kim's cart is left; what fires then must not wait for Kim's next event."""
    cart = event(0, "cart.item_added", email="kim@example.org")
    cart.data = Raw(b'{"sku": "SHOE"}')
    ada = event(2 * HOUR, email="ada@example.org")
    order = event(20 * MINUTE, "order.completed", email="kim@example.org")
    order.received = T0 + 3 * HOUR
    entries = [Entry(each.received or each.time, 0, each) for each in (cart, ada, order)]
    shares = shares_of(entries, IDENTITY, 2)
    done = together(
        [play_share(each, job(DEFAULT, entries=entries), ignore) for each in shares]
    )
    assert done[0].situations == {"cart_abandoned": 1}


CHEAP = read_playbook(
    b"""
version: 1
situations:
  cheap: {match: {on: product.viewed, where: 'ref.price[event.data.sku].amount < 80'}}
  fallen: {match: {on: reference.price}}
"""
)


def _priced() -> list[Entry]:
    """Customers who look at a shoe while its price goes up and down."""
    lines: list[dict[str, object]] = []
    for n in range(40):
        at = T0 + n * MINUTE
        value = {"amount": 70 + n % 3 * 10}
        lines.append({"reference": "price", "key": "SHOE", "time": at, "value": value})
        lines.append(
            {
                "id": f"e{n}",
                "type": "product.viewed",
                "channel": "web",
                "time": at + 1,
                "identifiers": {"user_id": f"u{n % 7}"},
                "data": {"sku": "SHOE"},
            }
        )
    return read_log(map(msgspec.json.encode, lines))


def test_each_share_reads_all_references() -> None:
    entries, until = _priced(), T0 + HOUR
    harness = Harness(CHEAP)
    told = Counter(
        each.situation for each in play(harness, entries, until) if isinstance(each, Situation)
    )
    assert told["cheap"] == 14
    assert told["fallen"] > 7
    job = BacktestJob((CHEAP,), IDENTITY, until)
    for count in (1, 3):
        shares = shares_of(_priced(), IDENTITY, count) if count > 1 else [whole(_priced())]
        done = [play_share(share, job, lambda _: None)[0] for share in shares]
        found = sum((Counter(each.situations) for each in done), Counter[str]())
        assert found == told


def test_where_a_channel_has_a_rate_all_customers_are_one_share() -> None:
    braked = read_playbook(
        b"""
version: 1
situations: {left: {absence: {of: cart, after: [10m]}}}
channels: {email: {address: [email]}}
rate: {email: 1/h}
"""
    )
    entries = day(3, 200)
    with RunningBacktest(entries, job(SOONER, entries=entries), processes=2) as running:
        assert running.processes == 2
    with RunningBacktest(entries, job(SOONER, braked, entries=entries), processes=2) as running:
        assert running.processes == 1

"""The verdict sees every loss and every double, and no crash that left no trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from legato.core.event import Event
from legato.core.output import Action, Output, Situation
from legato.demo.logbook import Logbook
from legato.demo.reference import Reference, own_channel_only
from legato.demo.score import name_of
from legato.demo.verdict import judge
from legato.harness import Harness
from legato.serving.records import Record
from legato.wire.clock import Passed, read_passed
from legato.wire.events import read_event
from tests.unit.demo_log import DAY, LOOSE, PLAYBOOK, SOURCES, STRICT, Log

LOG = Log()
TRUE = LOG.book()


def test_a_true_log_is_clean_and_its_numbers_are_those_of_the_outputs() -> None:
    verdict = judge(TRUE, STRICT)
    assert verdict.clean
    assert verdict.situations == sum(isinstance(each, Situation) for each in TRUE.said) > 50
    assert verdict.actions == sum(isinstance(each, Action) for each in TRUE.said) > 50


def test_an_output_that_is_missing_is_lost() -> None:
    assert (judge(LOG.book(TRUE.said[1:]), STRICT).lost, judge(TRUE, STRICT).lost) == (1, 0)


def test_an_output_shown_twice_is_doubled_where_the_broker_hides_what_was_aborted() -> None:
    twice = LOG.book([*TRUE.said, TRUE.said[0]])
    assert judge(twice, STRICT).doubled == 1
    loose = judge(twice, LOOSE)
    assert (loose.doubled, loose.repeated) == (0, 1)


def test_an_output_that_the_replay_does_not_know_is_doubled_everywhere() -> None:
    invented = replace(next(e for e in TRUE.said if isinstance(e, Situation)), situation_id="?")
    for rules in (STRICT, LOOSE):
        assert judge(LOG.book([*TRUE.said, invented]), rules).doubled == 1


def test_an_output_with_another_content_is_one_lost_and_one_too_many() -> None:
    changed = [replace(TRUE.said[0], customer_id="somebody"), *TRUE.said[1:]]
    verdict = judge(LOG.book(changed), LOOSE)
    assert (verdict.lost, verdict.doubled) == (1, 1)


def test_an_event_that_identify_lost_is_seen_though_all_after_it_is_right() -> None:
    assert judge(_changed(_lacking), STRICT).lost > 0


def test_an_event_that_identify_sent_twice_is_doubled_though_the_line_dropped_it() -> None:
    book = _changed(lambda home: [_first(home), *home])
    assert judge(book, STRICT).doubled > 0
    loose = judge(book, LOOSE)
    assert (loose.lost, loose.doubled, loose.repeated) == (0, 0, 1)


def test_two_events_of_a_customer_in_the_wrong_order_are_seen() -> None:
    assert not judge(_changed(_swapped), STRICT).clean


def test_with_one_clock_the_reference_says_what_a_replay_of_the_log_says() -> None:
    harness = Harness()
    for record in LOG.homes[0]:
        if record.key is None:
            passed = read_passed(record.value)
            assert isinstance(passed, Passed)
            if passed.source == SOURCES[0]:
                harness.wait_until(passed.time)
        else:
            event = read_event(record.value or b"")
            assert isinstance(event, Event)
            event.received = harness.partition.clock
            harness.take(event)
    alone = Reference(PLAYBOOK, SOURCES[:1]).follow(LOG.homes[0])
    assert {name_of(each) for each in harness.drain()} == {name_of(each) for each in alone}


def test_a_shop_that_knows_one_channel_reminds_of_more_carts() -> None:
    blind = Reference(PLAYBOOK, SOURCES, own_channel_only).follow(LOG.homes[0])
    seeing = Reference(PLAYBOOK, SOURCES).follow(LOG.homes[0])
    assert _reminders(blind) > _reminders(seeing) > 0


def test_the_good_that_was_done_is_told_with_ids_that_can_be_looked_up() -> None:
    verdict = judge(TRUE, STRICT)
    ids = {each.action_id for each in TRUE.said if isinstance(each, Action)}
    customers = {each.customer_id for each in TRUE.said}
    orders = {event["order_id"] for event in DAY if "order_id" in event}
    assert {each.action_id for each in verdict.carried} <= ids
    assert {each.customer_id for each in verdict.carried} <= customers
    assert {each.order_id for each in verdict.avoided} <= orders
    assert len(verdict.carried) > 5
    assert len(verdict.avoided) > 5
    assert all(each.bought_on != each.filled_on for each in verdict.avoided)


def _changed(edit: Callable[[list[Record]], list[Record]]) -> Logbook:
    """Change what identify wrote to one partition; all after it follows what it reads."""
    log = Log()
    log.homes[0] = edit(log.homes[0])
    return log.book()


def _first(home: list[Record]) -> Record:
    """Find the first event; what has no key is a clock record."""
    return next(each for each in home if each.key is not None)


def _lacking(home: list[Record]) -> list[Record]:
    """Lose the first event."""
    return [each for each in home if each is not _first(home)]


def _swapped(home: list[Record]) -> list[Record]:
    """Exchange a customer's first two events."""
    first = _first(home)
    second = next(each for each in home if each.key == first.key and each is not first)
    exchange = {id(first): second, id(second): first}
    return [exchange.get(id(each), each) for each in home]


def _reminders(said: Sequence[Output]) -> int:
    return sum(isinstance(each, Action) and each.situation == "cart_abandoned" for each in said)

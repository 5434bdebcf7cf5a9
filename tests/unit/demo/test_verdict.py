"""The verdict sees every loss and every double, and no crash that left no trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from msgspec.structs import replace

from legato.core.events.event import Event
from legato.core.identity.commands import Command, DeferredEvent, Link, LinkSettled, Merge
from legato.core.identity.events import CustomersMerged
from legato.core.identity.state import NO_IDENTITY
from legato.core.values.outputs import Action, Output, Situation
from legato.core.values.time import MINUTE
from legato.demo.run.single_channel import hear_alone
from legato.demo.run.verdict import Mailed, Verdict, judge
from legato.harness import Harness
from legato.queries.topic_reader import TopicRecord
from legato.verification.comparison import name_of
from legato.verification.identify_check import read_source
from legato.wire.source.reader import read_event, write_event
from legato.wire.topics.commands import read_told
from tests.unit.demo.log import DAY, IDENTITY, LOOSE, PLAYBOOK, STRICT, Log
from tests.unit.demo.mail import arrived

LOG = Log()
TRUE = LOG.book()
CLEAN = judge(TRUE, STRICT)
Homes = dict[int, list[TopicRecord]]
FEW = DAY[:400]
SMALL = Log(FEW)
BOOK = SMALL.book()


def test_a_true_log_is_clean_and_its_numbers_are_those_of_the_outputs() -> None:
    assert CLEAN.wrong == ()
    assert CLEAN.clean
    assert CLEAN.situations == sum(isinstance(each, Situation) for each in TRUE.said) > 50
    assert CLEAN.actions == sum(isinstance(each, Action) for each in TRUE.said) > 50


def test_it_counts_customers_and_how_they_came_to_be() -> None:
    roots = [
        each for each in TRUE.contexts.values() if not (each.identity or NO_IDENTITY).forward
    ]
    assert CLEAN.customers == sum(bool(each.seen) for each in roots) > 150
    assert CLEAN.merges == sum(isinstance(each, CustomersMerged) for each in TRUE.identity) > 20
    assert CLEAN.linked == len(TRUE.contexts) - len(roots) > 200
    assert CLEAN.refused > 3
    assert CLEAN.changed_hands > 0


def test_the_log_holds_events_on_their_way_and_events_that_wait_for_a_link() -> None:
    events = [event for home in LOG.homes.values() for event in map(_event, home) if event]
    told = [each for home in LOG.homes.values() for each in map(_command, home) if each]
    follows = sum(isinstance(each, DeferredEvent) for each in told)
    assert follows > 0
    assert len(events) + follows > len(DAY)


def test_an_output_that_is_missing_is_lost() -> None:
    assert judge(SMALL.book(BOOK.said[1:]), STRICT).lost == 1


def test_an_output_shown_twice_is_doubled_where_the_broker_hides_what_was_aborted() -> None:
    twice = SMALL.book([*BOOK.said, BOOK.said[0]])
    assert judge(twice, STRICT).doubled == 1
    loose = judge(twice, LOOSE)
    assert (loose.doubled, loose.repeated) == (0, 1)


def test_an_output_that_the_replay_does_not_know_is_doubled_everywhere() -> None:
    invented = replace(next(e for e in BOOK.said if isinstance(e, Situation)), situation_id="?")
    for rules in (STRICT, LOOSE):
        assert judge(SMALL.book([*BOOK.said, invented]), rules).doubled == 1


def test_an_output_with_another_content_is_one_lost_and_one_too_many() -> None:
    changed = [replace(BOOK.said[0], customer_id="somebody"), *BOOK.said[1:]]
    verdict = judge(SMALL.book(changed), LOOSE)
    assert (verdict.lost, verdict.doubled) == (1, 1)


@pytest.mark.parametrize("rules", [STRICT, LOOSE])
def test_an_event_that_identify_lost_is_seen_though_all_after_it_is_right(
    rules: object,
) -> None:
    verdict = _judged(lambda homes: _without(homes, _is_page), loose=rules is LOOSE)
    assert verdict.lost > 0


def test_an_event_that_waits_for_a_link_and_is_lost_is_seen() -> None:
    assert _judged(lambda homes: _without(homes, _is(DeferredEvent))).lost > 0


def test_an_event_that_identify_sent_twice_is_doubled_though_the_line_dropped_it() -> None:
    def twice(homes: Homes) -> None:
        at = next(at for at, each in enumerate(homes[0]) if _is_page(each))
        homes[0].insert(at, homes[0][at])

    assert _judged(twice).doubled > 0
    loose = _judged(twice, loose=True)
    assert (loose.lost, loose.doubled, loose.repeated) == (0, 0, 1)


@pytest.mark.parametrize("loose", [False, True])
def test_an_event_that_went_to_a_stranger_is_seen(loose: bool) -> None:
    """Though it lies in the log once, and the stranger's line follows it as it should."""

    def astray(homes: Homes) -> None:
        at, record = next(each for each in enumerate(homes[0]) if _is_page(each[1]))
        stranger = next(each.key for each in homes[0] if each.key not in (None, record.key))
        event = _event(record)
        assert event is not None
        assert stranger is not None
        event.customer_id = stranger.decode()
        homes[0][at] = replace(record, key=stranger, value=write_event(event))

    verdict = _judged(astray, loose=loose)
    assert (verdict.lost, verdict.doubled) == (1, 1)


def test_an_event_that_is_counted_twice_is_doubled() -> None:
    """Though the log is right: two contexts say that they followed it."""
    first, second, *_ = (each for each in BOOK.contexts.values() if each.seen)
    both = {**BOOK.contexts, second.customer_id: replace(second, seen=second.seen + first.seen)}
    verdict = judge(replace(BOOK, contexts=both), STRICT)
    assert verdict.doubled > 1
    assert judge(replace(BOOK, contexts=both), LOOSE).doubled > 1


def test_two_events_of_a_device_in_the_wrong_order_are_seen() -> None:
    def swapped(homes: Homes) -> None:
        pages = [at for at, each in enumerate(homes[0]) if _is_page(each)]
        one, two = next(
            (one, two) for one, two in pairwise(pages) if homes[0][one].key == homes[0][two].key
        )
        homes[0][one], homes[0][two] = homes[0][two], homes[0][one]

    assert not _judged(swapped).clean


@pytest.mark.parametrize("kind", [Link, Merge, LinkSettled])
def test_what_one_slot_or_identify_told_another_and_was_lost_is_seen(
    kind: type[Command],
) -> None:
    assert _judged(lambda homes: _without(homes, _is(kind))).lost > 0


@pytest.mark.parametrize("kind", [Link, Merge, LinkSettled])
def test_what_was_told_twice_is_doubled(kind: type[Command]) -> None:
    def twice(homes: Homes) -> None:
        at = next(at for at, each in enumerate(homes[0]) if _is(kind)(each))
        homes[0].insert(at, homes[0][at])

    assert _judged(twice).doubled > 0


def test_a_link_that_identify_overlooked_is_seen() -> None:
    """A login is sent on as if it proved nothing: so two are not one."""

    def overlooked(homes: Homes) -> None:
        name, tokens = "", tuple[str, ...]()
        for home, records in homes.items():
            for at, record in enumerate(records):
                told = _command(record)
                if isinstance(told, DeferredEvent) and len(told.tokens) == 1:
                    event = read_event(told.event)
                    assert isinstance(event, Event)
                    key = event.customer_id.encode()
                    homes[home][at] = replace(record, key=key, value=write_event(event))
                    name, tokens = event.id, told.tokens
                    break
            if name:
                break
        for home, records in homes.items():
            homes[home] = [
                each
                for each in records
                if not (isinstance(told := _command(each), Link) and told.token in tokens)
            ]

    assert _judged(overlooked).wrong


def test_a_context_that_is_not_what_the_replay_makes_of_the_log_is_seen() -> None:
    name, context = next(iter(BOOK.contexts.items()))
    other = {**BOOK.contexts, name: replace(context, asked_again=context.asked_again + 1)}
    verdict = judge(replace(BOOK, contexts=other), STRICT)
    assert (verdict.lost, verdict.doubled) == (1, 1)


def test_what_was_said_of_identity_is_held_against_the_replay() -> None:
    assert judge(replace(BOOK, identity=BOOK.identity[1:]), STRICT).lost == 1
    twice = replace(BOOK, identity=[*BOOK.identity, BOOK.identity[0]])
    assert judge(twice, STRICT).doubled == 1
    assert judge(twice, LOOSE).doubled == 0


def test_the_reference_says_what_a_replay_of_the_source_says() -> None:
    """With one partition, whose identify knows where names lead, nothing waits for long."""
    log = Log(homes=1)
    harness = Harness()
    for _, event in read_source(log.source):
        event.received = event.time
        harness.take(event)
    harness.wait_until(DAY[-1]["received"] + 120 * MINUTE)
    assert {name_of(each) for each in harness.outputs} == {
        name_of(each) for each in log.book().said
    }


def test_an_email_must_arrive_once_and_its_context_must_know() -> None:
    context, action = next((c, a) for c in BOOK.contexts.values() for a in c.actions)
    known = replace(action, delivered=action.decided)
    told = replace(context, actions=(known,))
    book = replace(BOOK, contexts={**BOOK.contexts, context.customer_id: told})
    mail = replace(arrived(), action_id=action.action_id)
    once, twice = Mailed((mail.action_id,), (mail,)), Mailed((mail.action_id,), (mail, mail))
    about = _of_emails(judge(book, STRICT, once))
    assert about == []
    assert _of_emails(judge(book, STRICT, twice)) == ["doubled email arrived"]
    assert _of_emails(judge(book, STRICT, Mailed(once.handed))) == ["lost email arrived"]
    assert _of_emails(judge(BOOK, STRICT, once)) == ["lost email delivered"]


def test_a_shop_that_knows_one_channel_reminds_of_more_carts() -> None:
    events = [event for _, event in read_source(TRUE.source)]
    blind = list(hear_alone(events, PLAYBOOK, IDENTITY))
    assert _reminders(blind) > _reminders(TRUE.said) > 0


def test_the_good_that_was_done_is_told_with_ids_that_can_be_looked_up() -> None:
    ids = {each.action_id for each in TRUE.said if isinstance(each, Action)}
    orders = {event["order_id"] for event in DAY if "order_id" in event}
    assert {each.action_id for each in CLEAN.carried} <= ids
    assert {each.customer_id for each in CLEAN.carried} <= TRUE.contexts.keys()
    assert {each.customer_id for each in CLEAN.avoided} <= TRUE.contexts.keys()
    assert {each.order_id for each in CLEAN.avoided} <= orders
    assert len(CLEAN.carried) > 5
    assert len(CLEAN.avoided) > 5
    assert all(each.bought_on != each.filled_on for each in CLEAN.avoided)


def _judged(edit: Callable[[Homes], None], *, loose: bool = False) -> Verdict:
    """Change what lies in the log; all after it follows what it reads."""
    log = Log(FEW)
    edit(log.homes)
    return judge(log.book(), LOOSE if loose else STRICT)


def _of_emails(verdict: Verdict) -> list[str]:
    return [" ".join(each.split()[:3]) for each in verdict.wrong if " email " in each]


def _without(homes: Homes, wanted: Callable[[TopicRecord], bool]) -> None:
    """Lose the first such record."""
    lost = next(filter(wanted, homes[0]))
    homes[0] = [each for each in homes[0] if each is not lost]


def _is(kind: type[Command]) -> Callable[[TopicRecord], bool]:
    return lambda record: isinstance(_command(record), kind)


def _is_page(record: TopicRecord) -> bool:
    """Is it an event that identify wrote by its key, and that concerns no timer?"""
    event = _event(record)
    return event is not None and event.type == "product.viewed"


def _event(record: TopicRecord) -> Event | None:
    event = None if record.key is None else read_event(record.value or b"")
    return event if isinstance(event, Event) else None


def _command(record: TopicRecord) -> Command | None:
    told = None if record.key is not None else read_told(record.value)
    return told if isinstance(told, Command) else None


def _reminders(said: Sequence[Output]) -> int:
    return sum(isinstance(each, Action) and each.situation == "cart_abandoned" for each in said)

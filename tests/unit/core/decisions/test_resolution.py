"""How cases come out: told as contacts end, and final a week after the last of them."""

from __future__ import annotations

import pytest

from legato.cli.format.output import format_output
from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.merge.merge import merge
from legato.core.values.outputs import Resolution
from legato.harness import Harness, default_playbook
from tests.unit.core.stories import DAYS, HOURS, at, event, looked, only, partition

Told = tuple[str, bool, int]


def grades(harness: Harness, case: str = "c") -> list[Told]:
    """What was told of a case: grade, whether it is final, in how many contacts."""
    told = [each for each in harness.resolutions if each.case_id == case]
    return [(each.grade, each.final, each.contacts) for each in told]


def started(minute: float, channel: str = "chat", **told: object) -> Event:
    return event(minute, "contact.started", channel, **{"case_id": "c", **told})


def ended(minute: float, channel: str = "chat", **told: object) -> Event:
    return event(minute, "contact.ended", channel, **{"case_id": "c", **told})


def solved(minute: float, channel: str = "chat", **told: object) -> Event:
    return ended(minute, channel, resolved=True, **told)


def wrote(minute: float, channel: str = "email", **told: object) -> Event:
    return event(minute, "message.received", channel, **{"case_id": "c", **told})


def viewed(minute: float, harness: Harness) -> Event:
    action_id = harness.actions[-1].action_id
    return event(minute, "handoff.viewed", "chat", action_id=action_id)


def briefed() -> Harness:
    """Ada wrote, and goes on in the chat, for which there is a handoff."""
    harness = Harness().feed(wrote(0), started(60))
    assert only(harness.actions).action == "brief_chat_agent"
    return harness


def test_one_contact_is_best_and_final_after_a_week() -> None:
    harness = Harness().feed(started(0), solved(10))
    assert harness.resolutions == [
        Resolution("ada", "c", "best", final=False, time=at(10), contacts=1, channels=("chat",))
    ]
    harness.wait_until(at(10 + 7 * DAYS) - 1)
    assert len(harness.resolutions) == 1
    harness.wait_until(at(10 + 7 * DAYS))
    assert harness.resolutions[1:] == [
        Resolution(
            "ada",
            "c",
            "best",
            final=True,
            time=at(10 + 7 * DAYS),
            contacts=1,
            channels=("chat",),
        )
    ]
    harness.wait_until(at(60 * DAYS))
    assert len(harness.resolutions) == 2
    assert harness.contexts["ada"].trails == {}


def test_another_contact_goes_on_with_it_on_any_channel_and_is_good() -> None:
    harness = Harness().feed(started(0), solved(10), wrote(6 * DAYS))
    assert grades(harness) == [("best", False, 1)]
    harness.feed(event(6 * DAYS + 60, "case.closed", "email", case_id="c"))
    harness.wait_until(at(12 * DAYS))
    assert grades(harness) == [("best", False, 1), ("good", False, 2)]
    harness.wait_until(at(13 * DAYS))
    assert grades(harness)[2:] == [("good", True, 2)]


def test_a_week_later_it_is_another_case() -> None:
    harness = Harness().feed(started(0), solved(10), started(10 + 7 * DAYS))
    harness.feed(solved(20 + 7 * DAYS))
    assert grades(harness) == [("best", False, 1), ("best", True, 1), ("best", False, 1)]


def test_who_comes_back_for_the_same_reason_goes_on_with_the_case() -> None:
    harness = Harness().feed(started(0, reason="zip"), solved(10, reason="zip"))
    harness.feed(started(2 * DAYS, "call", case_id=None, reason="zip"))
    harness.feed(solved(2 * DAYS + 5, "call", case_id=None, reason="zip"))
    assert grades(harness) == [("best", False, 1), ("good", False, 2)]
    harness.feed(started(3 * DAYS, "call", case_id=None, reason="sole"))
    harness.feed(solved(3 * DAYS + 5, "call", case_id=None, reason="sole"))
    assert grades(harness, "reason:sole") == [("best", False, 1)]


def test_unresolved_is_failed_and_so_is_what_nobody_answered() -> None:
    harness = Harness().feed(started(0), ended(10)).wait_until(at(8 * DAYS))
    assert grades(harness) == [("failed", False, 1), ("failed", True, 1)]
    harness = Harness().feed(wrote(0)).wait_until(at(8 * DAYS))
    assert grades(harness) == [("failed", True, 1)]


def test_a_case_that_is_closed_unresolved_is_failed() -> None:
    closed = event(30, "case.closed", "email", case_id="c", resolved=False)
    harness = Harness().feed(wrote(0), closed)
    assert grades(harness) == [("failed", False, 1)]
    assert harness.contexts["ada"].cases == {}


def test_better_is_to_have_read_the_handoff_before_the_first_reply() -> None:
    harness = briefed()
    harness.feed(viewed(61, harness), event(62, "contact.answered", "chat", case_id="c"))
    assert grades(harness.feed(solved(70))) == [("better", False, 2)]


def test_reading_it_afterwards_is_good() -> None:
    harness = briefed().feed(event(61, "contact.answered", "chat", case_id="c"))
    assert grades(harness.feed(viewed(62, harness), solved(70))) == [("good", False, 2)]


def test_the_first_message_is_the_reply_where_there_is_one() -> None:
    harness = briefed().feed(event(61, "contact.answered", "chat", case_id="c"))
    harness.feed(viewed(62, harness), event(63, "message.sent", "chat"), solved(70))
    assert grades(harness) == [("better", False, 2)]


def test_to_be_asked_again_is_good_at_best() -> None:
    harness = briefed()
    harness.feed(viewed(61, harness), solved(70, asked_again=True))
    assert grades(harness) == [("good", False, 2)]


def test_each_later_contact_needs_its_handoff_read() -> None:
    harness = briefed()
    harness.feed(viewed(61, harness), ended(70), started(3 * HOURS, "call"))
    harness.feed(solved(3 * HOURS + 10, "call"))
    assert grades(harness) == [("failed", False, 2), ("good", False, 3)]


def test_what_is_passed_on_is_one_contact_and_not_the_best() -> None:
    harness = Harness().feed(
        started(0, "whatsapp", bot=True),
        event(3, "contact.transferred", "whatsapp", case_id="c"),
        event(5, "contact.answered", "chat", case_id="c"),
        solved(12, "chat"),
    )
    assert grades(harness) == [("good", False, 1)]


@pytest.mark.parametrize(("minute", "contacts"), [(29, 1), (31, 2)])
def test_who_writes_on_at_once_goes_on_with_the_contact(minute: float, contacts: int) -> None:
    closed = event(90, "case.closed", "email", case_id="c")
    harness = Harness().feed(wrote(0), wrote(minute), closed)
    assert grades(harness)[0][2] == contacts


def test_an_end_alone_was_a_contact() -> None:
    harness = Harness().feed(ended(0, "store", resolved=True), solved(5, "store"))
    assert grades(harness) == [("best", False, 1)]


def test_of_what_nobody_knows_what_it_is_about_nothing_is_told() -> None:
    harness = Harness().feed(started(0, case_id=None), solved(10, case_id=None))
    assert harness.wait_until(at(9 * DAYS)).resolutions == []


def test_the_words_of_a_customer_say_enough() -> None:
    harness = Harness().feed(wrote(0, case_id=None, text="my zip is broken"))
    harness.feed(solved(30, "chat", case_id=None))
    assert grades(harness, "reason:")[0][0] == "good"


def test_a_contact_that_is_heard_of_late_puts_it_right() -> None:
    harness = Harness().feed(started(0), solved(10)).wait_until(at(8 * DAYS))
    assert grades(harness) == [("best", False, 1), ("best", True, 1)]
    harness.feed(started(7 * DAYS - 30, received=8 * DAYS + 5))
    harness.feed(solved(7 * DAYS - 20, received=8 * DAYS + 6))
    assert grades(harness)[2:] == [("good", False, 2)]
    harness.wait_until(at(14 * DAYS))
    assert grades(harness)[3:] == [("good", True, 2)]


def test_late_news_of_a_final_case_is_final_at_once() -> None:
    harness = briefed().feed(solved(70)).wait_until(at(7 * DAYS + 2 * HOURS))
    assert grades(harness) == [("good", False, 2), ("good", True, 2)]
    harness.feed(viewed(61, harness))
    assert grades(harness)[2:] == [("better", True, 2)]


def test_what_is_settled_after_the_end_changes_nothing() -> None:
    harness = Harness().feed(wrote(0)).wait_until(at(7 * DAYS + 60))
    harness.feed(event(7 * DAYS + 90, "case.closed", "email", case_id="c"))
    assert grades(harness) == [("failed", True, 1)]


def sides() -> tuple[Context, Context]:
    """Two who are one: one wrote, the other was helped in the chat."""
    one = Harness().feed(looked(0), wrote(0))
    other = Harness().feed(looked(1), started(60), solved(70))
    assert grades(other) == [("best", False, 1)]
    return one.contexts["ada"], other.contexts["ada"]


def test_two_who_are_one_had_the_contacts_of_both() -> None:
    ours, theirs = sides()
    for pair in ((ours, theirs), (theirs, ours)):
        united, said = merge(default_playbook(), *pair, at(80))
        found = only([each for each in said if isinstance(each, Resolution)])
        assert (found.grade, found.final, found.contacts) == ("good", False, 2)
        assert found.channels == ("email", "chat")
        assert [trail.due for trail in united.trails.values()] == [at(70 + 7 * DAYS)]
        assert united.next_due <= at(70 + 7 * DAYS)


def test_what_both_told_is_not_told_again() -> None:
    _, theirs = sides()
    united, said = merge(default_playbook(), theirs, theirs)
    assert said == ()
    assert united.trails == theirs.trails


def test_the_time_comes_for_who_was_restored() -> None:
    line = partition()
    line.feed(started(0), at(0))
    line.feed(solved(10), at(10))
    assert line.dues["ada"] <= at(10 + 7 * DAYS)
    line.outputs.clear()
    line.restore_timers(line.dues)
    line.advance(at(10 + 7 * DAYS))
    found = only([each for each in line.outputs if isinstance(each, Resolution)])
    assert (found.grade, found.final) == ("best", True)


@pytest.mark.parametrize(
    ("grade", "final", "contacts", "words"),
    [
        ("best", True, 1, "best for good: case c in 1 contact on chat"),
        ("failed", False, 2, "failed so far: case c in 2 contacts on chat"),
    ],
)
def test_it_is_told_in_words(grade: str, final: bool, contacts: int, words: str) -> None:
    found = Resolution("ada", "c", grade, final, at(10), contacts, ("chat",))
    assert only([*format_output(found)]).plain == f"2026-03-02 12:10:00  {words}  ada"

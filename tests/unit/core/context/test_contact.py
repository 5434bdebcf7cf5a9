"""The conversation that goes on: told by its events in any order, and shown to its queue."""

from __future__ import annotations

from itertools import permutations

import pytest

from legato.core.context.as_of import context_as_of
from legato.core.context.contact import OngoingContact, ongoing_contact
from legato.core.context.context import Context
from legato.core.context.retention import LONGEST_CONTACT
from legato.core.events.event import Event
from legato.core.merge.merge import merge
from legato.core.values.time import MINUTE, Instant
from legato.harness import Harness, default_playbook
from legato.wire.context_view import context_view
from tests.unit.core.stories import at, event

LONGEST = LONGEST_CONTACT // MINUTE


def contact(minute: float, step: str, channel: str = "call", /, **told: object) -> Event:
    return event(minute, f"contact.{step}", channel, **told)


def lived(*events: Event) -> Context:
    return Harness().feed(*events).contexts["ada"]


def ongoing(*events: Event) -> OngoingContact | None:
    """The contact that goes on after all of it."""
    told = lived(*events).contact
    assert told is not None
    return ongoing_contact(told)


def waiting(*events: Event) -> Instant | None:
    found = ongoing(*events)
    assert found is not None
    return found.waiting


def test_who_came_into_a_queue_waits_there_until_they_get_through() -> None:
    queued = contact(0, "queued", queue="sales")
    assert ongoing(queued) == OngoingContact(
        "call", at(0), at(LONGEST), "sales", "", at(0), "", ""
    )
    answered = contact(3, "answered", agent="A-17")
    assert ongoing(queued, answered) == OngoingContact(
        "call", at(0), at(3 + LONGEST), "sales", "A-17", None, "", ""
    )


@pytest.mark.parametrize("step", ["answered", "started"])
def test_who_gets_through_at_once_does_not_wait(step: str) -> None:
    assert waiting(contact(0, "queued"), contact(0, step)) is None


def test_who_is_queued_again_waits_and_talks_to_no_agent() -> None:
    found = ongoing(
        contact(0, "started", agent="A-17", queue="sales"),
        contact(5, "transferred", queue="service"),
        contact(6, "queued"),
    )
    assert found == OngoingContact("call", at(0), at(6 + LONGEST), "service", "", at(6), "", "")


def test_the_latest_word_on_each_counts_and_is_kept_beside_the_case() -> None:
    found = ongoing(
        contact(
            0, "started", "chat", queue="sales", agent="bot-1", case_id="c1", reason="size"
        ),
        contact(4, "transferred", "chat", queue="returns", agent="A-17", brand="north"),
    )
    assert found is not None
    assert (found.queue, found.agent, found.brand) == ("returns", "A-17", "north")
    assert (found.case_id, found.reason) == ("c1", "size")
    assert found.until == at(4 + LONGEST)


def test_who_hangs_up_is_in_no_contact_whatever_comes_first() -> None:
    told = (contact(0, "queued", queue="sales"), contact(2, "started"), contact(9, "ended"))
    for order in permutations(told):
        assert ongoing(*order) is None
    assert context_view(lived(*told)).contact is None


def test_what_was_told_of_a_contact_before_is_not_of_this_one() -> None:
    before = contact(0, "queued", queue="sales"), contact(1, "started", agent="A-17")
    found = ongoing(*before, contact(5, "ended", reason="size"), contact(9, "started", "chat"))
    assert found == OngoingContact("chat", at(9), at(9 + LONGEST), "", "", None, "", "")


def test_nor_is_it_if_its_end_was_lost_and_it_is_long_ago() -> None:
    before = contact(0, "started", queue="sales")
    found = ongoing(before, contact(LONGEST + 1, "started", "chat"))
    assert found is not None
    assert (found.queue, found.started) == ("", at(LONGEST + 1))


def test_two_who_are_one_are_in_the_contact_that_began_last() -> None:
    ours = lived(contact(0, "queued", queue="sales"), contact(9, "ended"))
    theirs = lived(contact(12, "queued", "chat", queue="service"))
    for one, other in ((ours, theirs), (theirs, ours)):
        united, _ = merge(default_playbook(), one, other)
        shown = context_view(united).contact
        assert shown is not None
        assert (shown.queue, shown.waiting) == ("service", at(12))


def test_what_was_known_before_an_instant_is_known_again() -> None:
    context = lived(
        contact(0, "queued", queue="sales"),
        contact(3, "started", agent="A-17"),
        contact(9, "ended"),
    )
    past = context_as_of(context, at(2)).contact
    assert past == lived(contact(0, "queued", queue="sales")).contact
    assert context_as_of(context, at(0)).contact is None


def test_other_events_of_a_case_begin_no_contact() -> None:
    assert lived(event(0, "message.received", "email", text="hello")).contact is None

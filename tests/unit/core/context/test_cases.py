"""A case opens at a contact, one for each id or reason, and lasts until it is resolved."""

import pytest

from legato.core.context.goals import open_goals
from legato.core.context.lifecycle import lifecycle_stage
from legato.core.events.event import Event
from legato.harness import Harness
from tests.unit.core.stories import DAYS, at, event, looked, ordered, switches


def open_cases(harness: Harness) -> list[str]:
    return list(harness.contexts["ada"].cases)


def asked(minute: float, reason: str = "repair", **told: object) -> Event:
    return event(minute, "message.received", "email", **{"reason": reason, **told})


def ended(minute: float, channel: str = "email", /, **told: object) -> Event:
    return event(minute, "contact.ended", channel, **{"reason": "repair", **told})


@pytest.mark.parametrize("kind", ["contact.started", "message.received", "case.opened"])
def test_a_case_opens_at_a_contact(kind: str) -> None:
    assert open_cases(Harness().feed(event(0, kind, reason="repair"))) == ["reason:repair"]


@pytest.mark.parametrize("kind", ["contact.queued", "contact.ended", "message.sent", "x.y"])
def test_nothing_else_opens_a_case(kind: str) -> None:
    assert open_cases(Harness().feed(event(0, kind, reason="repair"))) == []


def test_cases_are_told_apart_by_their_reasons() -> None:
    harness = Harness().feed(asked(0), asked(1, "invoice"), asked(2))
    assert open_cases(harness) == ["reason:repair", "reason:invoice"]


def test_a_case_id_counts_more_than_the_reason() -> None:
    harness = Harness().feed(asked(0, case_id="c-1"), asked(1, "invoice", case_id="c-1"))
    assert open_cases(harness) == ["c-1"]


def test_a_contact_without_id_goes_on_with_the_case_of_its_reason() -> None:
    assert open_cases(Harness().feed(asked(0, case_id="c-1"), asked(1))) == ["c-1"]


def test_a_contact_with_neither_opens_a_case_too() -> None:
    assert open_cases(Harness().feed(event(0, "contact.started", "call"))) == ["reason:"]


def called(minute: float, **told: object) -> Event:
    return event(minute, "contact.started", "call", **told)


def hung_up(minute: float, **told: object) -> Event:
    return event(minute, "contact.ended", "call", **told)


@pytest.mark.parametrize(
    "log",
    [
        [called(0), hung_up(5)],
        [hung_up(5), called(0, received=6)],
        [hung_up(5)],
        [called(0), hung_up(3), called(4, received=6), hung_up(5)],
    ],
)
def test_a_contact_of_which_nobody_says_anything_is_a_case_for_a_day_and_no_goal(
    log: list[Event],
) -> None:
    harness = Harness().feed(*log)
    assert open_cases(harness) == ["reason:"]
    assert open_goals(harness.contexts["ada"]) == []
    assert lifecycle_stage(harness.contexts["ada"]) == "awareness"
    harness.wait_until(at(5 + DAYS) - 1)
    assert open_cases(harness) == ["reason:"]
    assert open_cases(harness.wait_until(at(5 + DAYS))) == []


@pytest.mark.parametrize(
    "log",
    [
        [called(0)],
        [called(0, text="Where is it?"), hung_up(5)],
        [called(0), hung_up(5, case_id="c-1"), called(6)],
        [called(0), hung_up(5), called(6)],
        [called(0, reason="repair"), hung_up(5)],
        [called(0, case_id="c-1"), hung_up(5)],
    ],
)
def test_a_contact_of_which_something_is_known_is_open_for_a_week(log: list[Event]) -> None:
    harness = Harness().feed(*log).wait_until(at(2 * DAYS))
    assert len(open_goals(harness.contexts["ada"])) == 1


def test_a_contact_that_is_resolved_at_once_opens_none() -> None:
    assert open_cases(Harness().feed(asked(0, resolved=True))) == []


@pytest.mark.parametrize("closing", [ended(5, resolved=True), asked(5, resolved=True)])
def test_a_case_closes_when_it_is_resolved(closing: Event) -> None:
    assert open_cases(Harness().feed(asked(0), closing)) == []


def test_a_case_closes_by_its_id() -> None:
    harness = Harness().feed(asked(0, case_id="c-1"), asked(1, "invoice", case_id="c-2"))
    harness.feed(event(5, "case.closed", "crm", case_id="c-1"))
    assert open_cases(harness) == ["c-2"]


def test_an_end_without_resolution_leaves_the_case_open() -> None:
    assert open_cases(Harness().feed(asked(0), ended(5))) == ["reason:repair"]


def test_an_end_that_names_no_case_belongs_to_the_one_talked_about_there() -> None:
    harness = Harness().feed(asked(0), event(1, "contact.started", "call", reason="invoice"))
    harness.feed(event(5, "contact.ended", "call", resolved=True))
    assert open_cases(harness) == ["reason:repair"]


def test_an_order_never_closes_a_case() -> None:
    assert open_cases(Harness().feed(asked(0), ordered(5))) == ["reason:repair"]


def test_a_case_is_forgotten_after_7_days_without_contact() -> None:
    harness = Harness().feed(asked(0), ended(DAYS))
    assert open_cases(harness.wait_until(at(8 * DAYS))) == ["reason:repair"]
    assert open_cases(harness.wait_until(at(8 * DAYS) + 1)) == []


def test_what_is_no_contact_does_not_keep_a_case_alive() -> None:
    harness = Harness().feed(asked(0), looked(6 * DAYS)).wait_until(at(7 * DAYS) + 1)
    assert open_cases(harness) == []


def test_a_case_is_a_goal_for_7_days_inclusive() -> None:
    for late, found in ((0, [("email", "store")]), (1, [])):
        visit = event(7 * DAYS, "store.visited", "store")
        visit.time += late
        assert switches(Harness().feed(asked(0), visit)) == found


def test_a_question_that_comes_after_its_answer_opens_nothing() -> None:
    harness = Harness().feed(ended(5, resolved=True), asked(0, received=6))
    assert open_cases(harness) == []


def test_a_question_asked_after_the_answer_opens_a_new_case() -> None:
    harness = Harness().feed(asked(0), ended(5, resolved=True), asked(6))
    assert harness.contexts["ada"].cases["reason:repair"].opened == at(6)


def test_a_late_answer_to_an_earlier_question_leaves_the_new_one_open() -> None:
    harness = Harness().feed(asked(0), asked(10), ended(5, resolved=True, received=11))
    assert open_cases(harness) == ["reason:repair"]


def test_a_late_answer_closes_what_was_only_talked_about_since() -> None:
    harness = Harness().feed(asked(0), ended(10), ended(5, resolved=True, received=11))
    assert open_cases(harness) == []


def test_without_a_case_on_its_channel_an_end_belongs_to_the_last_talked_about() -> None:
    harness = Harness().feed(asked(0), asked(1, "invoice"), asked(2))
    harness.feed(event(5, "contact.ended", "desk", resolved=True))
    assert open_cases(harness) == ["reason:invoice"]


def test_a_question_of_the_same_instant_as_the_answer_opens_a_case() -> None:
    assert open_cases(Harness().feed(ended(5, resolved=True), asked(5))) == ["reason:repair"]


def test_answers_are_remembered_for_7_days_and_at_most_20() -> None:
    harness = Harness().feed(ended(0, resolved=True), ended(7 * DAYS, resolved=True))
    assert [each.time for each in harness.contexts["ada"].closed_cases] == [at(7 * DAYS)]
    harness.feed(*(ended(8 * DAYS + n, reason=str(n), resolved=True) for n in range(30)))
    settled = harness.contexts["ada"].closed_cases
    assert [each.case_id for each in settled] == [f"reason:{n}" for n in range(10, 30)]


def test_a_case_remembers_the_first_words_and_the_channels() -> None:
    chat = event(5, "contact.started", "chat", reason="repair", text="Any news?")
    harness = Harness().feed(asked(0, text="My zip broke."), chat)
    case = harness.contexts["ada"].cases["reason:repair"]
    assert (case.asked, case.channels) == ("My zip broke.", ["email", "chat"])


def test_what_was_asked_again_is_counted() -> None:
    harness = Harness().feed(asked(0), ended(5, asked_again=True), ended(6, asked_again=True))
    assert harness.contexts["ada"].asked_again == 2


def test_a_case_keeps_what_it_knows_within_bounds() -> None:
    harness = Harness().feed(*(asked(n, known=[f"fact {n}", "x" * 999]) for n in range(99)))
    case = harness.contexts["ada"].cases["reason:repair"]
    assert len(case.known) <= 20
    assert max(map(len, case.known)) <= 280

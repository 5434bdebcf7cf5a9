"""Crossing off by ids: what is lost, what stands twice, what nobody should have said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from legato.verification.audit import (
    ACTIONS,
    COMMANDS,
    CONTEXTS,
    EXAMPLES_PER_FAULT,
    KINDS,
    SITUATIONS,
    Audit,
    Saying,
)

HERE = "legato.situations/0"


def said(name: str, kind: str = SITUATIONS, customer: str = "kim") -> Saying:
    return Saying(kind, name, customer, HERE)


def audited(
    found: Sequence[Saying],
    expected: Iterable[Saying],
    *,
    judged: Iterable[str] = KINDS,
    cut: Iterable[str] = (),
    whole: Iterable[str] = ("kim",),
) -> Audit:
    """Audit one partition; only customers in `whole` are judged."""
    audit = Audit(frozenset(judged), frozenset(cut))
    for each in found:
        audit.found(each)
    for each in expected:
        audit.expected(each)
    audit.end_partition(frozenset(whole).__contains__)
    if not audit.settled:
        for offset, each in enumerate(found):
            audit.left(each, f"{HERE}:{offset}", judged=each.customer_id in whole)
    audit.close()
    return audit


def faults(audit: Audit, kind: str = SITUATIONS) -> tuple[int, int, int]:
    tally = audit.tallies[kind]
    return tally.lost, tally.doubled, tally.made_up


def test_what_is_there_once_and_should_be_is_right_in_whatever_order() -> None:
    audit = audited([said("b"), said("a")], [said("a"), said("b")])
    assert faults(audit) == (0, 0, 0)
    assert audit.tallies[SITUATIONS].found == 2
    assert audit.examples == []


def test_what_is_missing_is_lost_and_told_with_its_partition() -> None:
    audit = audited([said("a")], [said("a"), said("b")])
    assert faults(audit) == (1, 0, 0)
    [example] = audit.examples
    assert (example.fault, example.id, example.where) == ("lost", "b", HERE)


def test_what_stands_twice_is_doubled_and_what_stands_thrice_twice_so() -> None:
    assert faults(audited([said("a")] * 2, [said("a")])) == (0, 1, 0)
    assert faults(audited([said("a")] * 3, [said("a")])) == (0, 2, 0)


def test_what_nobody_should_have_said_is_made_up_and_said_again_doubled() -> None:
    audit = audited([said("a"), said("x"), said("x")], [said("a")])
    assert faults(audit) == (0, 1, 1)
    assert {each.where for each in audit.examples} == {f"{HERE}:1"}


def test_the_same_id_of_two_kinds_is_two_things() -> None:
    audit = audited([said("a", ACTIONS)], [said("a")])
    assert faults(audit) == (1, 0, 0)
    assert faults(audit, ACTIONS) == (0, 0, 1)


def test_of_a_kind_that_is_not_judged_only_doubles_are_told() -> None:
    found = [said("a", ACTIONS), said("b", ACTIONS), said("b", ACTIONS)]
    audit = audited(found, [], judged=[SITUATIONS])
    assert faults(audit, ACTIONS) == (0, 1, 0)


def test_a_kind_that_is_not_judged_and_has_no_doubles_needs_no_second_look() -> None:
    audit = Audit([SITUATIONS])
    audit.found(said("a", ACTIONS))
    assert audit.settled
    audit.found(said("a", ACTIONS))
    assert not audit.settled


def test_of_customers_known_before_the_log_nothing_is_lost_or_made_up() -> None:
    found = [said("a"), said("old", customer="ada"), said("a2", customer="ada")]
    expected = [said("a"), said("other", customer="ada")]
    audit = audited(found, expected)
    assert faults(audit) == (0, 0, 0)
    assert audit.tallies[SITUATIONS].excused == 3


def test_of_them_too_what_stands_twice_is_told() -> None:
    assert faults(audited([said("old", customer="ada")] * 2, [])) == (0, 1, 0)


def test_where_old_outputs_were_deleted_what_comes_before_the_first_is_excused() -> None:
    expected = [said("a"), said("b"), said("c"), said("d")]
    audit = audited([said("b"), said("d")], expected, cut=[HERE])
    assert faults(audit) == (1, 0, 0)
    assert audit.tallies[SITUATIONS].excused == 1
    assert [each.id for each in audit.examples] == ["c"]


def test_what_a_running_line_wrote_meanwhile_is_not_missed() -> None:
    audit = Audit(KINDS)
    audit.expected(said("a"))
    audit.end_partition(lambda _: True)
    assert not audit.settled
    audit.left(said("a"), HERE, judged=True)
    audit.left(said("later"), HERE, judged=True)
    audit.close()
    assert faults(audit) == (0, 0, 0)


def test_a_command_may_be_found_before_and_after_it_is_expected() -> None:
    audit = Audit(KINDS)
    audit.expected(said("to another partition", COMMANDS))
    audit.expected(said("to this one", COMMANDS))
    audit.found(said("to this one", COMMANDS))
    audit.end_partition(lambda _: True)
    audit.found(said("to another partition", COMMANDS))
    audit.end_partition(lambda _: True)
    assert audit.settled
    audit.close()
    assert faults(audit, COMMANDS) == (0, 0, 0)


def test_a_command_may_be_sent_twice_if_it_is_expected_twice() -> None:
    audit = Audit(KINDS)
    for _ in range(2):
        audit.expected(said("asked again", COMMANDS))
    audit.end_partition(lambda _: True)
    for _ in range(2):
        audit.found(said("asked again", COMMANDS))
    assert audit.settled


def test_a_context_with_another_content_is_one_lost_and_one_made_up() -> None:
    audit = Audit(KINDS)
    audit.contexts(Counter(["kim 1", "ada 1"]), Counter(["kim 1", "ada 2"]), HERE)
    assert faults(audit, CONTEXTS) == (1, 0, 1)
    assert {each.customer_id for each in audit.examples} == {"ada"}


def test_only_some_examples_of_each_fault_are_kept() -> None:
    audit = audited([], [said(str(number)) for number in range(100)])
    assert faults(audit) == (100, 0, 0)
    assert len(audit.examples) == EXAMPLES_PER_FAULT

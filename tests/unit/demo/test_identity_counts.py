"""What is said of identity is counted once, in whatever order a reader comes upon it."""

from __future__ import annotations

from itertools import permutations

from legato.core.identity.events import (
    CustomersMerged,
    Evidence,
    IdentifierLinked,
    MergeRefused,
)
from legato.core.identity.rules import IdentityRules
from legato.demo.run.identity_counts import IdentityCounts

SHOWN = Evidence("e1", "account.logged_in")


def test_a_device_changes_hands_only_between_two_customers() -> None:
    told = (
        _link("1-card", "9-tablet", "anonymous_id", 1),
        _link("0-ada", "1-card", "loyalty_id", 2),
        _link("0-ada", "9-tablet", "anonymous_id", 3),
        _link("0-ben", "9-tablet", "anonymous_id", 4),
    )
    for order in permutations(told):
        ties = _heard(*order, *order)
        assert ties.changed_hands == 1, "the card and ada are one, ben is another"
        assert ties.linked == 2


def test_merges_and_refusals_count_once() -> None:
    merge = CustomersMerged("0-ada", "1-card", ("1-card",), 1, SHOWN)
    refused = MergeRefused("0-ada", "0-ben", "user_id", "unique", 2, SHOWN)
    ties = _heard(merge, refused, merge, refused)
    assert (len(ties.merges), len(ties.refused)) == (1, 1)


def _link(customer_id: str, identifier: str, kind: str, time: int) -> IdentifierLinked:
    return IdentifierLinked(customer_id, identifier, kind, time, SHOWN)


def _heard(*told: IdentifierLinked | CustomersMerged | MergeRefused) -> IdentityCounts:
    ties = IdentityCounts(IdentityRules())
    for each in told:
        ties.hear(each)
    return ties

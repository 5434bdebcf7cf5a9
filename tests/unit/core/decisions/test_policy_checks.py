"""A policy check from elsewhere is a function and a line of the list."""

from __future__ import annotations

from legato.core.context.context import Context
from legato.core.decisions.policy import (
    CHECKS,
    DecisionInput,
    Eligible,
    Ineligible,
    PolicyRequest,
    check_policy,
)
from legato.core.decisions.spacing import SPACING
from legato.core.values.outputs import Situation
from legato.harness import default_playbook
from tests.outside.strangers import STRANGERS

NOON = 1_750_000_000_000
PLAYBOOK = default_playbook()


def request(stage: str) -> PolicyRequest:
    """May somebody who can be reached by email be reminded of a cart?"""
    context = Context("ada", identifiers={"email": ["ada@example.org"]}, stage=stage)
    (plan,) = [
        plan for plan in PLAYBOOK.actions["cart_abandoned"] if plan.name == "remind_by_email"
    ]
    situation = Situation("ada", "cart_abandoned", NOON, "o", "s", 1, "j", ("cart:-",), {})
    return PolicyRequest(PLAYBOOK, context, situation, plan, DecisionInput(NOON, NOON))


WITHOUT_CONSENT = [check for check in CHECKS if check.reason not in ("no_consent",)]


def test_it_forbids_by_its_code_and_what_it_names() -> None:
    checks = (*WITHOUT_CONSENT, STRANGERS)
    assert check_policy(request("awareness"), checks) == Ineligible("stranger", "awareness")
    found = check_policy(request("engagement"), checks)
    assert isinstance(found, Eligible)
    assert found.address == "ada@example.org"


def test_the_first_that_forbids_is_the_reason() -> None:
    assert check_policy(request("awareness"), (STRANGERS, *CHECKS)) == Ineligible(
        "stranger", "awareness"
    )
    assert check_policy(request("awareness"), (*CHECKS, STRANGERS)) == Ineligible("no_consent")


def test_no_two_checks_have_the_same_code() -> None:
    codes = [check.reason for check in CHECKS]
    assert len(codes) == len(set(codes))


def test_they_are_asked_in_a_settled_order() -> None:
    assert [check.reason for check in CHECKS] == [
        "paused",
        "not_eligible",
        "erased",
        "converted",
        "duplicate",
        "no_consent",
        "unreachable",
        "muted_by_case",
        "handled_elsewhere",
        "existing_offer",
        "mutual_exclusion",
        "cooldown",
        "suppressed_after_rejections",
        "no_capacity",
        "frequency_cap",
        "expired",
        "quiet_hours",
    ]


def test_an_address_asks_what_counts_there_in_the_same_order() -> None:
    both = [check.reason for check in CHECKS if check.reason in SPACING]
    assert [*SPACING] == both

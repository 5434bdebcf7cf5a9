"""What is sent to an address is checked by it; event time and caps decide what goes there."""

from __future__ import annotations

import pytest

from tests.replay.reported.reported import of_kind, said


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("01_guest_buys_order_comes_from_backend", "converted"),
        ("02_guest_opts_out_by_link", "no_consent"),
    ],
)
def test_01_02_whoever_the_address_belongs_to_forbids_it(case: str, reason: str) -> None:
    told = said(case, "--playbook", "playbook.yaml", "--until", "+4d")
    assert of_kind(told, "action") == []
    lost = [
        candidate
        for decision in of_kind(told, "decision")
        for candidate in decision["candidates"]
        if candidate["action"] == "remind_by_email"
    ]
    assert {(each["reason"], each.get("by")) for each in lost} == {(reason, "address")}


def test_17_the_reminder_goes_to_the_address_that_was_given_last() -> None:
    told = said(
        "17_late_event_brings_back_an_old_address",
        "--playbook", "playbook.yaml", "--until", "2026-03-02T12:00:00Z",
    )  # fmt: skip
    (action,) = of_kind(told, "action")
    assert (action["action"], action["address"]) == ("remind_by_email", "new@example.com")


def test_29_who_comes_and_goes_is_reminded_once() -> None:
    told = said("29_comes_and_goes", "--playbook", "playbook.yaml", "--until", "+4d")
    abandoned = [
        each for each in of_kind(told, "situation") if each["situation"] == "cart_abandoned"
    ]
    assert len(abandoned) == 5
    (action,) = of_kind(told, "action")
    assert action["action"] == "remind_by_email"
    decided = [each for each in of_kind(told, "decision") if not each.get("action")]
    reasons = [
        candidate["reason"]
        for decision in decided
        for candidate in decision["candidates"]
        if candidate["action"] == "remind_by_email"
    ]
    assert reasons == ["frequency_cap"] * 4

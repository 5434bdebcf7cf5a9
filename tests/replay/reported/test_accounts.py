"""Accounts that are one by word of their shop, and devices that are nobody's any more."""

from __future__ import annotations

from tests.replay.reported.reported import of_kind, said


def test_two_accounts_of_one_person_are_one_customer_once_it_is_said() -> None:
    told = said("33_two_accounts_of_one_person", "--until", "+2h")
    (merged,) = of_kind(told, "identity.merged")
    assert merged["evidence"]["type"] == "customer.merged"
    assert of_kind(told, "action") == []
    assert of_kind(told, "dead_letter") == []


def test_what_is_done_on_a_kiosk_after_the_logout_is_a_strangers() -> None:
    told = said("35_logged_out_on_a_kiosk", "--until", "+4d")
    (split,) = of_kind(told, "identity.split")
    assert split["reason"] == "logged_out"
    (abandoned,) = [each for each in of_kind(told, "situation") if each["stage"] == 1]
    assert "email" not in abandoned["identifiers"]
    assert of_kind(told, "action") == []

"""Reported: values that name nobody, fields that say nothing, times in another unit."""

from __future__ import annotations

from tests.replay.reported.reported import of_kind, run, said


def test_15_an_order_with_false_for_a_phone_closes_the_cart() -> None:
    told = said("15_false_for_empty", "--until", "+4d")
    assert not of_kind(told, "dead_letter")
    assert not of_kind(told, "action")


def test_16_times_in_seconds_are_told_with_what_to_set() -> None:
    told = said("16_seconds_for_milliseconds")
    refused = of_kind(told, "dead_letter")
    assert [each["reason"] for each in refused] == ["bad_time"] * 4
    for each in refused:
        assert "1970-01" in each["message"]
        assert 'set `time_unit = "s"`' in each["message"]
    checked = run(
        "16_seconds_for_milliseconds", "source", "check", "plain", "--sample", "events.jsonl"
    )
    assert checked.exit_code == 1
    assert "1970-01" in checked.output
    assert "time_unit" in checked.output


def test_24_callers_who_withhold_their_number_hear_nothing_of_each_other() -> None:
    told = said("24_callers_with_a_withheld_number", "--until", "+4d")
    assert [each["reason"] for each in told] == ["no_identifier"] * 4


def test_26_what_programs_write_for_nothing_links_nobody() -> None:
    kinds = {each["kind"] for each in said("26_undefined_null_zero")}
    assert kinds.isdisjoint({"identity.linked", "identity.merged", "identity.conflict"})


def test_28_an_emptied_cart_is_not_abandoned() -> None:
    kinds = {each["kind"] for each in said("28_emptied_cart", "--until", "+4d")}
    assert kinds <= {"identity.linked", "identity.merged"}

"""Reported: nonsense in a playbook, a file of settings or the environment that nobody named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from legato.core.values.time import in_words
from tests.replay.reported.reported import FOLDER, of_kind, run, said

MENDS = [
    ("  remind_by_email:\n    situation: cart_abandoned\n    channel: mobile",
     "  remind_on_mobile:\n    situation: cart_abandoned\n    channel: mobile",
     "`remind_by_email` stands twice"),
    ("99999999999w", "20h", "`99999999999w` is longer than"),
    ("percent: -500", "percent: -50", "`percent: -500`"),
    ("[shop]", "[store]", "nobody knows channel `shop`"),
    ('to: "21:00"', 'to: "08:00"', "quiet_hours: they are empty"),
]  # fmt: skip
"""What is wrong in the playbook of case 40, in which order it is told, and how it is mended."""


def mended() -> Iterator[tuple[str, str]]:
    text = (FOLDER / "40_playbook_nonsense" / "playbook.yaml").read_text()
    for wrong, right, told in MENDS:
        yield text, told
        assert wrong in text
        text = text.replace(wrong, right)
    yield text, ""


@pytest.mark.parametrize(
    ("text", "told"), [*mended()], ids=[*(each[2] for each in MENDS), "good"]
)
def test_40_each_fault_of_a_playbook_is_named(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "playbook.yaml"
    path.write_text(text)
    for words in (["check"], ["replay", "events.jsonl"]):
        result = run("40_playbook_nonsense", *words, "--playbook", str(path))
        assert result.exit_code == (2 if told else 0)
        assert told in result.stderr
        assert (str(path) in result.stderr) == bool(told)


def test_45_small_forms_of_a_time_are_read_or_refused_with_a_word() -> None:
    told = said("45_small_forms", "--until", "+2h")
    refused = {each["line"]: each["reason"] for each in of_kind(told, "dead_letter")}
    assert refused == {1: "no_identifier", 3: "bad_time"}  # user 0 is nobody, its time is good
    found = [in_words(each["time"]) for each in of_kind(told, "situation")]
    assert found == ["2026-03-02T11:00:00Z", "2026-03-03T01:00:00Z"]


def test_45_a_byte_order_mark_loses_no_event() -> None:
    result = run("45_small_forms", "replay", "bom.jsonl", "--until", "+2h")
    assert "dead_letter" not in result.stdout
    assert '"remind_by_email"' in result.stdout


@pytest.mark.parametrize("until", ["1772445600", "2026-03-01T00:00:00Z"])
def test_46_until_says_why_nothing_would_be_told(until: str) -> None:
    result = run("46_environment", "replay", "events.jsonl", "--until", until)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert f"--until: `{until}` " in result.stderr

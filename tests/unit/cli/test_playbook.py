"""`legato playbook`: exit codes, and what a person gets to read."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from legato.cli import main
from tests.unit.testing.test_playbook_tests import LEFT

PLAYBOOK = """\
version: 1
situations: {left: {absence: {of: cart, after: [1h]}}}
channels: {email: {address: [email]}, sms: {address: [phone]}}
actions:
  write: {situation: left, channel: email, purpose: service, content: x}
  text: {situation: left, channel: sms, purpose: service, content: x}
"""
TESTS = """\
tests:
  - name: the cart is left
    given: [{type: cart.item_added, as: {email: kim@example.org}, sku: SHOE}]
    until: +1h
    expect: {situations: [left], actions: [write@email]}
"""
RED = TESTS.replace("write@email", "text@sms")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "legato.toml").write_text("")
    (tmp_path / "playbook.yaml").write_text(f"{PLAYBOOK}---\n{TESTS}")
    (tmp_path / "red.yaml").write_text(f"{PLAYBOOK}---\n{RED}")
    (tmp_path / "tests.yaml").write_text(TESTS)
    (tmp_path / "faulty.yaml").write_text(PLAYBOOK.replace("[1h]", "[soon]"))
    return tmp_path


def run(folder: Path, *words: str) -> Result:
    named = [str(folder / word) if word.endswith(".yaml") else word for word in words]
    return CliRunner().invoke(main, ["--settings", str(folder / "legato.toml"), *named])


def test_what_passes_is_a_line_a_test_and_ends_with_0(folder: Path) -> None:
    told = run(folder, "playbook", "test", "playbook.yaml")
    assert (told.exit_code, told.output) == (0, "✔ the cart is left\n1 of 1 tests passed\n")


def test_what_fails_says_what_came_and_why_each_action_lost(folder: Path) -> None:
    told = run(folder, "playbook", "test", "playbook.yaml", "red.yaml")
    assert told.exit_code == 1
    assert f"✘ the cart is left  {folder / 'red.yaml'}:9" in told.output
    words = " ".join(told.output.split())
    assert "expected action text@sms came write@email" in words
    assert "decided 2026-03-02 11:00:00 write for left stage 1" in words
    assert "not text@sms: unreachable, no address is known for it" in words
    assert told.output.endswith("1 failed, 1 of 2 tests passed\n")


def test_tests_of_their_own_need_a_playbook(folder: Path) -> None:
    told = run(folder, "playbook", "test", "tests.yaml", "--playbook", "playbook.yaml")
    assert told.exit_code == 0
    told = run(folder, "playbook", "test", "tests.yaml")
    assert told.exit_code == 2
    assert "the playbook has no `left`" in told.stderr
    told = run(folder, "playbook", "test", "playbook.yaml", "--playbook", "playbook.yaml")
    assert (told.exit_code, "leave out `--playbook`" in told.stderr) == (2, True)
    (folder / "own.yaml").write_text(LEFT)
    assert run(folder, "playbook", "test", "own.yaml").exit_code == 0


def test_a_faulty_file_ends_with_2(folder: Path) -> None:
    told = run(folder, "playbook", "test", "faulty.yaml")
    where = f"{folder / 'faulty.yaml'}:2:49: situations, `left`: `soon` is not a span of time"
    assert told.exit_code == 2
    assert told.stderr.startswith(where)
    (folder / "bare.yaml").write_text(PLAYBOOK)
    told = run(folder, "playbook", "test", "bare.yaml")
    assert (told.exit_code, "has no tests" in told.stderr) == (2, True)


def test_tests_as_json_are_one_object_each(folder: Path) -> None:
    told = run(folder, "playbook", "test", "red.yaml", "--json")
    assert told.exit_code == 1
    (test,) = map(msgspec.json.decode, told.stdout.splitlines())
    assert (test["test"], test["passed"], test["line"]) == ("the cart is left", False, 9)
    assert test["misses"] == [
        {"what": "action", "expected": "text@sms", "came": ["write@email"]}
    ]
    assert [each["reason"] for each in test["decisions"][0]["candidates"]] == [
        "won",
        "unreachable",
    ]


def test_check_tells_each_fault_in_a_line_and_ends_with_2(folder: Path) -> None:
    told = run(folder, "playbook", "check", "faulty.yaml")
    assert told.exit_code == 2
    (line,) = told.stdout.splitlines()
    assert line.startswith(f"{folder / 'faulty.yaml'}:2:49: situations, `left`: `soon` is not")
    told = run(folder, "playbook", "check", "faulty.yaml", "--json")
    assert (told.exit_code, msgspec.json.decode(told.stdout)["column"]) == (2, 49)


def test_check_reads_the_tests_too(folder: Path) -> None:
    told = run(folder, "playbook", "check", "playbook.yaml")
    assert told.exit_code == 0
    assert "1 situations, 2 actions, 0 caps, 2 channels, 1 tests; version " in told.stdout
    (folder / "red.yaml").write_text(f"{PLAYBOOK}---\n{TESTS.replace('[left]', '[lift]')}")
    told = run(folder, "playbook", "check", "red.yaml")
    assert (told.exit_code, "12:27: the playbook has no `lift`" in told.stdout) == (2, True)

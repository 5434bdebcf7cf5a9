"""`legato learn` without a Kafka: what it refuses, and how it tells a table."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result
from msgspec import json
from rich.console import Console

from legato.cli import main
from legato.cli.format.learned import line_of, tell_table
from legato.core.references.versions import ReferenceVersion
from legato.core.values.time import HOUR
from tests.unit.core.decisions.test_learning import LEARNING, TWO
from tests.unit.core.stories import NOON

VALUE = (
    b'{"*":{"mean":0.25,"tries":60,"successes":5},"vip":{"mean":0.4,"tries":2,"successes":1}}'
)
TABLE = [ReferenceVersion("propensity", "mail@email", NOON + HOUR, VALUE)]


def run(folder: Path, *words: str, learning: str = "") -> Result:
    (folder / "playbook.yaml").write_text(TWO + learning)
    told = f'playbook = "{folder / "playbook.yaml"}"\n[kafka]\nbootstrap = "127.0.0.1:1"\n'
    (folder / "legato.toml").write_text(told)
    return CliRunner().invoke(main, ["--settings", str(folder / "legato.toml"), *words])


def test_a_playbook_that_does_not_learn_is_refused(tmp_path: Path) -> None:
    told = run(tmp_path, "learn", "--once")
    assert told.exit_code == 2
    assert "add `learning: {}` to it" in told.output


def test_lines_are_of_one_table(tmp_path: Path) -> None:
    told = run(tmp_path, "learn", "--json")
    assert told.exit_code == 2
    assert "add `--once`" in told.output


def test_it_says_that_kafka_is_away(tmp_path: Path) -> None:
    told = run(tmp_path, "learn", "--once", learning="learning: {}")
    assert told.exit_code == 1
    assert "no Kafka answers at `127.0.0.1:1`" in told.output


def test_check_says_that_nobody_would_read_what_is_learned(tmp_path: Path) -> None:
    advice = "set `references = true`"
    assert advice in run(tmp_path, "check", learning="learning: {}").output
    assert advice not in run(tmp_path, "check").output


def test_a_table_is_told_with_what_is_written_beside_what_was_learned() -> None:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(tell_table(TABLE, LEARNING))
    lines = [line.split() for line in capture.get().splitlines()]
    assert lines[0] == ["counts", "from", "2026-03-02T13:00:00Z"]
    rows = [[cell for cell in line if cell != "│"] for line in lines[4:6]]
    assert rows[0] == ["mail", "email", "*", "0.5", "0.2500", "60.0", "5.0"]
    assert rows[1] == ["mail", "email", "vip", "0.5", "too", "few", "tries", "2.0", "1.0"]


def test_that_nothing_is_known_is_told() -> None:
    console = Console()
    with console.capture() as capture:
        console.print(tell_table([], LEARNING))
    assert "nothing is learned yet" in capture.get()


def test_a_line_is_one_that_a_replay_takes() -> None:
    told = json.decode(line_of(TABLE[0]))
    assert told["time"] == "2026-03-02T13:00:00Z"
    assert (told["reference"], told["key"]) == ("propensity", "mail@email")
    assert told["value"] == json.decode(VALUE)

"""The JSON Schema of a playbook: kept in step, complete, and as strict as the reader."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from legato.cli import main
from legato.cli.playbook.schema import ABOUT, FILE, playbook_schema, schema_text
from legato.core.playbook.yaml_file import read_yaml
from legato.wire.formats.registry import shipped_folder
from tests.unit.core.playbook.test_playbook import GOOD
from tests.unit.testing.test_playbook_tests import LEFT

KEPT = shipped_folder() / FILE
SCHEMA: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(playbook_schema()))
VALIDATOR = Draft202012Validator(SCHEMA)


def faults(text: bytes | str) -> list[str]:
    document = read_yaml(text.encode() if isinstance(text, str) else text)
    return [error.message for error in VALIDATOR.iter_errors(document)]


def test_the_file_is_in_step() -> None:
    assert KEPT.read_text() == schema_text(), (
        "run `python -m tests.contract.test_playbook_schema`"
    )


def test_the_verb_prints_it() -> None:
    told = CliRunner().invoke(main, ["playbook", "schema"])
    assert msgspec.json.decode(told.stdout) == SCHEMA


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_each_key_says_what_it_means_and_no_other_is_told_of() -> None:
    keys = {name: {*part["properties"]} for name, part in SCHEMA["$defs"].items()}
    assert {name: {*words} for name, words in ABOUT.items()} == keys


def test_what_is_sound_fits() -> None:
    assert faults((shipped_folder().parent / "playbooks/default.yaml").read_bytes()) == []
    assert faults(GOOD) == []
    assert faults(LEFT) == []
    assert faults("version: 1\nsituations: {}\nactions:\nforget:\n") == []


@pytest.mark.parametrize(
    ("part", "instead"),
    [
        ("content: x", "contents: x"),
        ("version: 1", "version: 2"),
        ("purpose: promotion", "purpose: sales"),
        ("{switch: {goal: any, within: 24h}}", "{}"),
        ("{switch:", "{absence: {after: [1h]}, switch:"),
        ("of: cart", "of: basket"),
        ("most: 1", "most: one"),
    ],
)
def test_what_is_faulty_does_not(part: str, instead: str) -> None:
    assert part in GOOD
    assert faults(GOOD.replace(part, instead, 1))


def test_tests_are_held_to_their_own() -> None:
    assert faults(LEFT.replace("given:", "givn:"))
    assert faults(LEFT.replace("type: consent.updated", "typ: consent.updated"))


if __name__ == "__main__":
    KEPT.write_text(schema_text())

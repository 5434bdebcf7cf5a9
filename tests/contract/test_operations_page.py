"""docs/operations.md says what is so: its metrics are exported, its commands exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import click
import msgspec
import pytest
import yaml

from legato.cli import main
from legato.settings import Settings
from tests.contract.compose import ROOT
from tests.contract.exported import exported

PAGE = (ROOT / "docs" / "operations.md").read_text()
ROW = re.compile(r"^\| `(legato_\w+)` \| (\w+) \| (.+?) \| .+ \| (.+) \|$", re.MULTILINE)
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
SETTING = re.compile(
    r"`(kafka|worker|metrics|identity|registry|redis|view|learn|shadow|api|outbound)\.(\w+)`"
)


def words(cell: str) -> tuple[str, ...]:
    return () if cell == "-" else tuple(cell.split(", "))


def commands() -> Iterator[str]:
    """Yield the calls of `legato` in the examples, without the environment before them."""
    for block in SHELL.findall(PAGE):
        for line in block.replace("\\\n", " ").splitlines():
            if match := re.match(r"\s*(?:[A-Z_]+=\S+\s+)*(legato .+)", line):
                yield match[1]


def test_the_metrics_are_those_that_are_exported() -> None:
    told = {name: (kind, words(labels)) for name, kind, labels, _ in ROW.findall(PAGE)}
    assert told == exported()


def test_the_alerts_stand_beside_the_metrics_that_they_watch() -> None:
    groups = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())
    rules = [rule for group in groups["groups"] for rule in group["rules"]]
    for name, _, _, alerts in ROW.findall(PAGE):
        watching = rf"\b{name}(_bucket|_count|_sum)?\b"
        expected = tuple(rule["alert"] for rule in rules if re.search(watching, rule["expr"]))
        assert words(alerts) == expected, name


@pytest.mark.parametrize("line", sorted(set(commands())))
def test_a_command_can_be_called_so(line: str, tmp_path: Path) -> None:
    (tmp_path / "sample.json").touch()
    command: click.Command = main
    context = click.Context(main)
    rest = shlex.split(line)[1:]
    while isinstance(command, click.Group):
        found = command.get_command(context, rest[0])
        assert found is not None, f"no verb `{rest[0]}`"
        command, rest = found, rest[1:]
    with chdir(tmp_path):
        command.make_context(line, rest)


def test_the_settings_that_are_named_exist() -> None:
    sections = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    for section, name in set(SETTING.findall(PAGE)):
        assert name in sections[section].__struct_fields__, f"{section}.{name}"

"""docs/deploy.md and the README of the chart say what is so: verbs, values, names, examples."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
import yaml

from legato.cli import main
from legato.settings import Settings
from tests.contract.compose import ROOT
from tests.contract.helm import RELEASE, of_kind, render
from tests.contract.helm_values import README, told
from tests.contract.pods import RUNNING

DEPLOY = ROOT / "docs" / "deploy.md"
PAGES = {"deploy": DEPLOY.read_text(), "chart": README.read_text()}
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)")
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
OURS = {each.place.partition(".")[0] for each in told()}


def blocks(page: str, kind: str) -> list[str]:
    """Take the blocks of one kind off a page, without what indents them."""
    found = BLOCK.findall(page)
    return [
        re.sub(f"^{indent}", "", text, flags=re.M) for indent, of, text in found if of == kind
    ]


def commands(program: str) -> list[list[str]]:
    """Take the calls of a program off the pages."""
    return [*_commands(program)]


def _commands(program: str) -> Iterator[list[str]]:
    for page in PAGES.values():
        for block in blocks(page, "sh"):
            for line in block.splitlines():
                words = shlex.split(line, comments=True)
                if words[:1] == [program]:
                    yield words[1:]


@pytest.mark.parametrize("words", commands("legato"), ids=" ".join)
def test_a_command_can_be_called_so(words: list[str]) -> None:
    command, rest = main, words
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(main), rest[0])
        assert found is not None, words
        command, rest = found, rest[1:]  # type: ignore[assignment]
    command.make_context("legato", rest)


@pytest.mark.parametrize("words", commands("helm"), ids=" ".join)
def test_helm_is_told_values_that_there_are(words: list[str]) -> None:
    given = [
        words[at + 1].partition("=")[0]
        for at, word in enumerate(words)
        if word in ("--set", "--set-file")
    ]
    assert {*given} <= {each.place for each in told()}


@pytest.mark.parametrize("page", PAGES)
def test_the_values_that_are_named_exist(page: str) -> None:
    places = {each.place for each in told()}
    for name in re.findall(r"`([a-zA-Z]+(?:\.[a-zA-Z_]+)+)`", PAGES[page]):
        head, _, rest = name.partition(".")
        if head == "settings":
            assert is_setting(rest), name
        elif head in OURS and not is_setting(name) and head != "adapters":
            parts = {place for place in places if f"{place}.".startswith(f"{name}.")}
            assert parts, name


def is_setting(name: str) -> bool:
    """Is there such a table, or such a setting in it?"""
    section, _, rest = name.partition(".")
    if section == "adapters":
        return True
    kinds = {each.name: each.type for each in msgspec.structs.fields(Settings)}
    inner: Any = kinds.get(section)
    names = getattr(inner, "__struct_fields__", ())
    return section in kinds and (not rest or rest.partition(".")[0] in names)


@pytest.mark.parametrize("page", PAGES)
def test_its_examples_are_values_that_the_chart_takes(page: str) -> None:
    for text in blocks(PAGES[page], "yaml"):
        example = yaml.safe_load(text.replace("sha256:...", f"sha256:{'0' * 64}"))
        assert render(example)


def test_the_names_are_those_that_are_made() -> None:
    made = {
        f"{each['kind'].lower()}/{name}" for name, each in of_kind(render(), *RUNNING).items()
    }
    for page in PAGES.values():
        asked = {*re.findall(r"statefulset/[\w-]+", page)}
        assert asked <= made
        assert {*re.findall(r"helm (?:install|test|upgrade) ([\w-]+)", page)} == {RELEASE}


@pytest.mark.parametrize(
    ("page", "folder"), [("deploy", DEPLOY.parent), ("chart", README.parent)]
)
def test_what_it_links_to_is_there(page: str, folder: Path) -> None:
    for path, anchor in LINK.findall(PAGES[page]):
        target = folder / path if path else DEPLOY
        assert target.exists(), path
        if anchor:
            heads = re.findall(r"^#+ (.+)$", target.read_text(), re.M)
            assert anchor in {
                re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in heads
            }

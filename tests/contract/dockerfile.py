"""deploy/Dockerfile as the tests read it: its stages and their instructions."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

from tests.contract.compose import ROOT

PATH = ROOT / "deploy" / "Dockerfile"


class Instruction(NamedTuple):
    """One line of a Dockerfile, continuations joined."""

    name: str
    rest: str

    def words(self) -> list[str]:
        """Split what follows the name; a JSON list stands as it is."""
        _, bracket, inside = self.rest.partition("[")
        if bracket:
            found: list[str] = json.loads(bracket + inside)
            return found
        return shlex.split(self.rest)


def stages() -> list[list[Instruction]]:
    """Return the instructions of each stage; a stage begins with FROM."""
    found: list[list[Instruction]] = []
    for instruction in _instructions():
        if instruction.name == "FROM":
            found.append([])
        found[-1].append(instruction)
    return found


def of(stage: list[Instruction], name: str) -> list[Instruction]:
    """Return the instructions of one name."""
    return [instruction for instruction in stage if instruction.name == name]


def environment(stage: list[Instruction]) -> dict[str, str]:
    """Return what the ENV instructions of a stage set."""
    pairs = [word.split("=", 1) for line in of(stage, "ENV") for word in line.words()]
    return {name: value for name, value in pairs}


def copied(stage: list[Instruction]) -> list[str]:
    """Name what a stage copies from the repository."""
    lines = [line.words() for line in of(stage, "COPY") if "--from" not in line.rest]
    return [source for *sources, _ in lines for source in sources]


def _instructions() -> Iterator[Instruction]:
    text = re.sub(r"\\\n\s*", "", PATH.read_text())
    for line in text.splitlines():
        if line and not line.startswith("#"):
            yield Instruction(*line.split(" ", 1))

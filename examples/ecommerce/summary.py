"""Count what `legato replay` found, as the table of the README."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- found: begin -->\n", "<!-- found: end -->\n"


@click.command()
@click.argument("found", type=click.Path(exists=True, path_type=Path))
@click.option("--write", is_flag=True, help="Put it into the README.")
def main(found: Path, write: bool) -> None:
    """Summarize FOUND, the output of a replay."""
    with found.open(encoding="utf-8") as lines:
        table = "".join(summarize([json.loads(line) for line in lines]))
    if write:
        before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        README.write_text(before + BEGIN + table + END + after, encoding="utf-8")
    click.echo(table, nl=False)


def summarize(found: list[dict[str, Any]]) -> Iterator[str]:
    """Write the table, line by line."""
    yield "| what | how often |\n|---|---|\n"
    yield from count("situation", (named(line) for line in of(found, "situation")))
    yield from count("action", (f"{a['channel']}: {a['action']}" for a in of(found, "action")))
    yield from count("taken back", (line["reason"] for line in of(found, "revoked")))
    candidates = (c for line in of(found, "decision") for c in line["candidates"])
    reasons = (candidate["reason"] for candidate in candidates)
    yield from count("lost, because", (reason for reason in reasons if reason != "won"))


def of(found: list[dict[str, Any]], kind: str) -> Iterator[dict[str, Any]]:
    """Take the lines of one kind."""
    return (line for line in found if line["kind"] == kind)


def named(situation: dict[str, Any]) -> str:
    """Name a situation: with its stage, or with from and to, if it has them."""
    if "stage" in situation:
        return f"{situation['situation']}, stage {situation['stage']}"
    told = situation["evidence"]
    if "from" not in told:
        return str(situation["situation"])
    return f"{situation['situation']}, {told['from']} to {told['to']}"


def count(what: str, names: Iterable[str]) -> Iterator[str]:
    """Write one row for all and one for each name, the most frequent first."""
    counts = Counter(names)
    yield f"| **{what}** | **{counts.total():,}** |\n"
    for name, times in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        yield f"| {name} | {times:,} |\n"


if __name__ == "__main__":
    main()

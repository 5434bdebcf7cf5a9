"""docs/contracts.md: its generated tables, and its examples as the suite runs them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec
from msgspec import Struct

from legato.core.events.vocabulary import KNOWN_TYPES, VOCABULARY
from legato.wire.reasons import REASONS
from legato.wire.source.ready_made import ready_made
from legato.wire.source.source import Source

PAGE = Path(__file__).parents[2] / "docs" / "contracts.md"
_TABLE = re.compile(
    r"(<!-- (vocabulary|reasons|maps): [^\n]*-->\n).*?(<!-- end -->)", re.DOTALL
)
_FENCE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


class Example(Struct):
    """A source of the page: its settings, and the JSON blocks below them."""

    source: Source
    blocks: list[bytes]


def example(heading: str) -> Example:
    """Take an example off the page."""
    section = PAGE.read_text().split(f"### {heading}\n")[1].split("\n## ")[0].split("\n### ")[0]
    fences = _FENCE.findall(section)
    settings = tomllib.loads(next(text for kind, text in fences if kind == "toml"))
    source = msgspec.convert(settings["sources"][0], Source)
    return Example(source, [text.encode() for kind, text in fences if kind == "json"])


def generated(page: str) -> str:
    """Return the page with its tables as they should be."""
    tables = {"vocabulary": _vocabulary(), "reasons": _reasons(), "maps": _maps()}
    return _TABLE.sub(lambda found: found[1] + tables[found[2]] + found[3], page)


def _vocabulary() -> str:
    rows = (
        f"| `{each.name}` | {each.meaning} | "
        f"{'yes' if VOCABULARY.initiated(each.name) else 'no'} |\n"
        for each in KNOWN_TYPES
    )
    return "| type | | customer |\n|---|---|---|\n" + "".join(rows)


def _reasons() -> str:
    rows = (f"| `{word}` | {meaning} |\n" for word, meaning in REASONS.items())
    return "| class | |\n|---|---|\n" + "".join(rows)


def _maps() -> str:
    rows = (f"| `{name}` | {made.about} |\n" for name, made in ready_made().items())
    return "| `map` | reads |\n|---|---|\n" + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(generated(PAGE.read_text()))

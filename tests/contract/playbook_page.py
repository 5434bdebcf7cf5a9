"""docs/playbook.md: its generated tables of keys, and its examples as the suite plays them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from legato.cli.playbook.schema import ABOUT, playbook_schema
from legato.core.playbook.yaml_file import compose, construct

PAGE = Path(__file__).parents[2] / "docs" / "playbook.md"
SCHEMA: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(playbook_schema()))
_TABLE = re.compile(r"(<!-- keys: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_FENCE = re.compile(r"```yaml\n(.*?)```", re.DOTALL)


class PageExample(Struct, frozen=True):
    """A block of the page, laid over the first one unless it is a whole playbook."""

    number: int
    written: list[Any]
    playbook: bytes
    tests: bytes


def examples() -> list[PageExample]:
    """Take the examples off the page."""
    blocks = [
        [construct(node) for node in compose(text.encode())]
        for text in _FENCE.findall(PAGE.read_text())
    ]
    base = blocks[0][0]
    return [
        PageExample(number, block, _dump(_laid_over(base, block[0])), _dump(block[1]))
        for number, block in enumerate(blocks)
    ]


WISHES = "## Ten wishes"
_WISH = re.compile(r"### (.+?)\n.*?```yaml\n(.*?)^---$", re.DOTALL | re.MULTILINE)


def wishes() -> dict[str, str]:
    """Take off the page what is asked for most: what each is called, and what is written."""
    section = PAGE.read_text().partition(f"\n{WISHES}\n")[2].partition("\n## ")[0]
    return dict(_WISH.findall(section))


def _dump(document: Any) -> bytes:  # noqa: ANN401 - whatever a document holds
    return yaml.safe_dump(document, sort_keys=False).encode()


def _laid_over(base: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """Take entries by their names, and all else as a whole."""
    if "version" in part:
        return part
    named = ("situations", "actions", "channels")
    return {
        **base,
        **{
            key: {**base.get(key, {}), **value} if key in named else value
            for key, value in part.items()
        },
    }


def keys_in(document: Any) -> set[tuple[str, str]]:  # noqa: ANN401 - whatever a document holds
    """Name each key that stands in a document, by the mapping that it stands in."""
    part = {"$ref": "#/$defs/PlaybookText"}
    if "tests" in document:
        part = SCHEMA["then"]
    return {*_keys(part, document)}


def _keys(part: dict[str, Any], value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    if "$ref" in part:
        part = SCHEMA["$defs"][part["$ref"].rpartition("/")[2]]
    for choice in part.get("anyOf", ()):
        yield from _keys(choice, value)
    if isinstance(value, list):
        for each in value:
            yield from _keys(part.get("items", {}), each)
    elif isinstance(value, dict):
        known = part.get("properties", {})
        others = part.get("additionalProperties")
        for key, each in value.items():
            if key in known:
                yield part.get("title", ""), key
            below = known.get(key, others)
            yield from _keys(below if isinstance(below, dict) else {}, each)


def generated(page: str) -> str:
    """Return the page with its tables as they should be."""
    return _TABLE.sub(lambda found: found[1] + _table(found[2]) + found[3], page)


def _table(name: str) -> str:
    part = SCHEMA["$defs"][name]
    rows = "".join(
        f"| `{key}` | {_else(part, key)} | {words} |\n" for key, words in ABOUT[name].items()
    )
    return f"| key | left out | |\n|---|---|---|\n{rows}"


def _else(part: dict[str, Any], key: str) -> str:
    """Say what a key is if it is left out, where that is worth a word."""
    if key in part.get("required", ()):
        return "is a fault"
    default = part["properties"][key].get("default")
    if default in (None, "", [], {}, False) or isinstance(default, dict):
        return ""
    if isinstance(default, list):
        return f"`[{', '.join(default)}]`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


if __name__ == "__main__":
    PAGE.write_text(generated(PAGE.read_text()))

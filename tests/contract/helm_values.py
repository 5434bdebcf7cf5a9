"""The README's table of the chart's values; `python -m tests.contract.helm_values` makes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml
from msgspec import Struct

from tests.contract.helm import CHART

README = CHART / "README.md"
VALUES_FILE = CHART / "values.yaml"
SCHEMA = CHART / "values.schema.json"
_MARK = "# -- "
_TABLE = re.compile(r"(<!-- values -->\n).*?(<!-- end -->)", re.DOTALL)


class ChartValue(Struct, frozen=True):
    """One row: a value by its place, what it is if nobody says, and what it is for."""

    place: str
    default: Any
    about: str

    @property
    def row(self) -> str:
        """The row as it stands in the table."""
        default = json.dumps(self.default, ensure_ascii=False)
        return f"| `{self.place}` | `{default}` | {self.about} |"


def told() -> list[ChartValue]:
    """List the values that values.yaml tells of, in its order."""
    text = VALUES_FILE.read_text()
    return [*_told(yaml.compose(text), yaml.safe_load(text), text.splitlines(), "")]


def _told(node: Any, value: Any, lines: list[str], under: str) -> Iterator[ChartValue]:  # noqa: ANN401
    """Yield what is told of a mapping's keys; one that is told of stands as a whole."""
    if not isinstance(node, yaml.MappingNode):
        return
    for key, inner in node.value:
        place = f"{under}.{key.value}" if under else key.value
        above = lines[key.start_mark.line - 1].strip()
        if above.startswith(_MARK):
            yield ChartValue(place, value[key.value], above.removeprefix(_MARK))
        else:
            yield from _told(inner, value[key.value], lines, place)


def leaves(value: Any, under: str = "") -> Iterator[str]:  # noqa: ANN401 - whatever values hold
    """Yield the places of a table at which no further one begins."""
    if not isinstance(value, dict) or not value:
        yield under
        return
    for name, inner in value.items():
        yield from leaves(inner, f"{under}.{name}" if under else name)


def allowed(schema: dict[str, Any]) -> Iterator[str]:
    """Yield the places that the schema names, those of a whole value alone."""
    yield from _allowed(schema, schema["$defs"], "")


def _allowed(part: dict[str, Any], defs: dict[str, Any], under: str) -> Iterator[str]:
    if "$ref" in part:
        yield from _allowed(defs[part["$ref"].rpartition("/")[2]], defs, under)
    for each in part.get("allOf", ()):
        yield from _allowed(each, defs, under)
    for name, inner in part.get("properties", {}).items():
        place = f"{under}.{name}" if under else name
        yield place
        yield from _allowed(inner, defs, place)


def page(text: str) -> str:
    """Write the README with the table as it should be."""
    table = "\n".join(["| value | default | what for |", "|---|---|---|", *(_rows())])
    return _TABLE.sub(lambda there: f"{there[1]}{table}\n{there[2]}", text)


def _rows() -> Iterator[str]:
    return (each.row for each in told())


if __name__ == "__main__":
    README.write_text(page(README.read_text()))

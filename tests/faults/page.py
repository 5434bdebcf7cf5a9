"""Results in a file, and as the table of docs/reliability.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import json

from tests.faults.row import Result, Row
from tests.faults.rows import FAMILIES

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- the rows begin -->", "<!-- the rows end -->"


def read_results(file: Path | None) -> dict[str, Result]:
    """Read what a file has, by row; nothing if there is none."""
    if file is None or not file.exists():
        return {}
    return {each.row: each for each in json.decode(file.read_bytes(), type=list[Result])}


def write_results(file: Path | None, results: Mapping[str, Result]) -> None:
    """Write results to a file, over those of the same rows."""
    if file is not None:
        every = {**read_results(file), **results}
        file.write_bytes(json.format(json.encode(list(every.values()))))


def write_page(results: Mapping[str, Result]) -> None:
    """Write the table into the page, between its two marks."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    table = "\n".join(_table(results))
    PAGE.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}")


def _table(results: Mapping[str, Result]) -> Iterator[str]:
    yield "| row | what happens | fault | went on after | lost | doubled | made up | verdict |"
    yield "|---|---|---|---|---|---|---|---|"
    for rows in FAMILIES.values():
        yield from _lines(rows, results)


def _lines(rows: Iterable[Row], results: Mapping[str, Result]) -> Iterator[str]:
    for row in rows:
        result = results.get(row.name)
        if result is None:
            yield f"| `{row.name}` | {row.about} | | | | | | not measured |"
            continue
        counts = f"{result.lost} | {result.doubled} | {result.made_up}"
        verdict = "held" if result.passed else "did not hold"
        times = f"{result.outage_s:.1f} s | {went_on(result)}"
        yield f"| `{row.name}` | {row.about} | {times} | {counts} | {verdict} |"


def went_on(result: Result) -> str:
    """Say after how long the line went on."""
    return "never" if result.recovered_s is None else f"{result.recovered_s:.1f} s"

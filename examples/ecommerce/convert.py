"""Turn the e-commerce data set into events that Legato reads."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from mapping import to_events
from profiles import to_profiles
from source import DATA, read_clicks

HERE = Path(__file__).parent


@click.command()
@click.option(
    "--data", default=DATA, type=click.Path(path_type=Path), help="The csv.gz to read."
)
@click.option("--out", default=HERE / "events.jsonl", type=click.Path(path_type=Path))
@click.option("--profiles", default=HERE / "profiles.jsonl", type=click.Path(path_type=Path))
def main(data: Path, out: Path, profiles: Path) -> None:
    """Write the clicks to OUT and the seeded addresses and consents to PROFILES."""
    clicks = read_clicks(data)
    for path, events in ((out, to_events(clicks)), (profiles, to_profiles(clicks))):
        write(path, events)
        click.echo(f"{path}: {len(events):,} events")


def write(path: Path, events: Iterable[dict[str, Any]]) -> None:
    """Write one event a line."""
    lines = (json.dumps(event, separators=(",", ":")) + "\n" for event in events)
    path.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()

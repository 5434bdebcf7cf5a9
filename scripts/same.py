"""Plays the same through two versions of Legato, and tells where what they write differs.

What runs inside of each version is its own `scripts/replay_all.py`; this file knows nothing of
how the code is laid out, only what lies on the wire.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import zip_longest
from pathlib import Path

import click
import msgspec
from msgspec import Struct

from scripts.same_decoder import ABSENT, Decoder, fields_differing, in_short

ROOT = Path(__file__).parents[1]
DRIVER = Path("scripts") / "replay_all.py"
STORIES = Path("tests") / "replay" / "scenarios"
EXPECTED = Path(__file__).with_name("same.expected")
EXAMPLES = """
\b
Examples:
  scripts/same.sh main .                       what is committed on main, and what lies here
  scripts/same.sh HEAD~1 HEAD                  did the last commit change anything?
  scripts/same.sh v0.1.0 . --only 'story.*'    the golden stories alone: a few seconds
  scripts/same.sh /tmp/before . --keep /tmp/runs

\b
RUN      story.* (time passes between the events), rotated.* (the half of it after a restart
         with another pepper), split.* (then what was linked is split off), broken, day,
         ecommerce
EXPECTED one difference a line, as patterns: RUN TOPIC FIELD # reason
         FIELD is where it differs in the decoded record, such as `candidates.2.reason`,
         `missing` or `more` for a whole record, `order`, `header NAME`, or `bytes` if only
         those differ
"""


class CannotCompare(click.ClickException):
    """There is nothing to compare; the message says why and what to do."""

    exit_code = 2


class Record(Struct, array_like=True, frozen=True):
    """One record that a version wrote."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()


class Difference(Struct, frozen=True):
    """Where two records part: in which field, at which byte, and what stands in each."""

    run: str
    topic: str
    customer: str
    field: str
    former: str
    now: str
    byte: int = -1


class Expected(Struct, frozen=True):
    """A difference that is meant, and why."""

    run: str
    topic: str
    field: str
    reason: str

    def covers(self, found: Difference) -> bool:
        """Is this difference meant?"""
        pairs = ((found.run, self.run), (found.topic, self.topic), (found.field, self.field))
        return all(fnmatchcase(each, pattern) for each, pattern in pairs)


def read_expected(path: Path) -> list[Expected]:
    """Read the list of differences that are meant; raises CannotCompare."""
    found = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        told, _, reason = line.partition(" # ")
        words = told.split(maxsplit=2)
        if len(words) != 3 or not reason.strip():
            raise CannotCompare(
                f"`{path.name}` line {number} is not `RUN TOPIC FIELD # reason`; correct it"
            )
        found.append(Expected(words[0], words[1], words[2].strip(), reason.strip()))
    return found


def compare(
    run: str, former: Sequence[Record], now: Sequence[Record], decoder: Decoder
) -> Iterator[Difference]:
    """Tell where the records of one run differ: of each topic and customer, one by one."""
    if former == now:
        return
    found = False
    before, after = _sorted(former, decoder), _sorted(now, decoder)
    for topic, customer in {**before, **after}:
        pairs = zip_longest(before.get((topic, customer), ()), after.get((topic, customer), ()))
        for one, other in pairs:
            for where, was, is_, byte in _differing(one, other, decoder):
                found = True
                yield Difference(run, topic, customer, where, was, is_, byte)
    if not found:
        yield from _order(run, former, now)


def _sorted(records: Sequence[Record], decoder: Decoder) -> dict[tuple[str, str], list[Record]]:
    """Records by topic and whom they are about, so that one more shifts only their own."""
    found: dict[tuple[str, str], list[Record]] = {}
    for each in records:
        found.setdefault((each.topic, _about(each, decoder)), []).append(each)
    return found


def _about(record: Record, decoder: Decoder) -> str:
    if record.key is not None:
        return record.key.decode(errors="replace")
    match decoder.tell(record.value):
        case [str(tag), str(to), *_]:
            return f"{tag} to {to} in partition {record.partition}"
        case {"source": str(source)}:
            return f"clock of {source} in partition {record.partition}"
        case _:
            return f"partition {record.partition}"


def _order(run: str, former: Sequence[Record], now: Sequence[Record]) -> Iterator[Difference]:
    """Each customer's records are the same; are they so on each partition?"""
    places = dict.fromkeys((each.topic, each.partition) for each in former)
    for topic, partition in places:
        pairs = zip(_on(former, topic, partition), _on(now, topic, partition), strict=False)
        for number, (one, other) in enumerate(pairs):
            if one != other:
                was, is_ = (str(each.key or each.value)[:80] for each in (one, other))
                about = f"partition {partition}, record {number}"
                yield Difference(run, topic, about, "order", was, is_)
                break


def _on(records: Sequence[Record], topic: str, partition: int) -> Iterator[Record]:
    return (each for each in records if (each.topic, each.partition) == (topic, partition))


def _differing(
    former: Record | None, now: Record | None, decoder: Decoder
) -> Iterator[tuple[str, str, str, int]]:
    """Each field in which two records part, with the first byte that does."""
    if former is None or now is None:
        field = "more" if former is None else "missing"
        yield field, _short(former, decoder), _short(now, decoder), -1
        return
    if former.partition != now.partition:
        yield "partition", str(former.partition), str(now.partition), -1
    if former.headers != now.headers:
        yield from _headers_differing(former, now)
    if former.value != now.value:
        byte = _first_byte(former.value or b"", now.value or b"")
        told = decoder.tell(former.value), decoder.tell(now.value)
        fields = list(fields_differing("", *told)) or [
            ("bytes", _hex(former, byte), _hex(now, byte))
        ]
        for where, one, other in fields:
            yield where, one, other, byte


def _headers_differing(former: Record, now: Record) -> Iterator[tuple[str, str, str, int]]:
    was, is_ = dict(former.headers), dict(now.headers)
    if was == is_:
        yield "header order", str(former.headers), str(now.headers), -1
    for name in {**was, **is_}:
        if was.get(name, ABSENT) != is_.get(name, ABSENT):
            yield f"header {name}", str(was.get(name)), str(is_.get(name)), -1


def _short(record: Record | None, decoder: Decoder) -> str:
    return ABSENT if record is None else in_short(decoder.tell(record.value))


def _hex(record: Record, byte: int) -> str:
    return f"… {(record.value or b'')[byte : byte + 16].hex()} …"


def _first_byte(former: bytes, now: bytes) -> int:
    pairs = zip_longest(former, now)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), -1)


def read_run(path: Path) -> list[Record]:
    """Read what a version wrote in one run; nothing if it does not know the run."""
    read = msgspec.json.Decoder(Record).decode
    if not path.exists():
        return []
    with path.open("rb") as lines:
        return [read(line) for line in lines]


def compare_runs(
    former: Path, now: Path, expected: Sequence[Expected], decoder: Decoder
) -> tuple[list[Difference], Counter[Expected]]:
    """Return what differs and nobody expects, and how often each expected one was seen."""
    names = sorted({path.stem for folder in (former, now) for path in folder.glob("*.jsonl")})
    if not names:
        raise CannotCompare("no run of that name; `--help` lists them")
    strange: list[Difference] = []
    seen: Counter[Expected] = Counter()
    for name in names:
        one, other = (read_run(folder / f"{name}.jsonl") for folder in (former, now))
        meant = unmeant = 0
        for found in compare(name, one, other, decoder):
            known = next((each for each in expected if each.covers(found)), None)
            if known is None:
                strange.append(found)
                unmeant += 1
            else:
                seen[known] += 1
                meant += 1
        verdict = f"{unmeant:,} differences" if unmeant else "the same"
        also = f" but for {meant:,} that are expected" if meant else ""
        print(f"{name}: {len(one):,} records, {verdict}{also}", file=sys.stderr)
    return strange, seen


def tell_differences(found: Sequence[Difference], most: int) -> Iterator[str]:
    """Say what differs: each field of a topic once, with the first that shows it."""
    groups: dict[tuple[str, str], list[Difference]] = {}
    for each in found:
        groups.setdefault((each.topic, each.field), []).append(each)
    for (topic, field), same in list(groups.items())[:most]:
        first, runs = same[0], len({each.run for each in same})
        yield f"{topic} {field}: {len(same):,} times in {runs} runs, first in {first.run}"
        yield f"    of   {first.customer}" + (f", byte {first.byte}" if first.byte >= 0 else "")
        yield f"    was  {first.former}"
        yield f"    is   {first.now}"
    if len(groups) > most:
        yield f"and {len(groups) - most} other fields; `--most` shows them"


def lay_out(told: str, folder: Path) -> Path:
    """Take a checkout as it is, and copy a commit to `folder`; raises CannotCompare."""
    if Path(told).is_dir():
        return Path(told).resolve()
    folder.mkdir()
    archive = subprocess.run(["git", "-C", ROOT, "archive", told], capture_output=True)
    if archive.returncode:
        raise CannotCompare(f"`{told}` is neither a commit nor a folder; name one")
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    return folder


def play(versions: Mapping[str, Path], out: Path, only: str) -> None:
    """Let both versions write their runs, beside each other; raises CannotCompare."""
    stories = versions["now"] / STORIES
    outside = {name: told for name, told in os.environ.items() if "LEGATO_" not in name}
    for name in versions:
        shutil.rmtree(out / name, ignore_errors=True)
        (out / name).mkdir(parents=True)
    playing = {
        name: subprocess.Popen(
            [
                *(sys.executable, _driver(name, root), "--root", root, "--stories", stories),
                *("--out", out / name, "--only", only),
            ],
            cwd=out / name,
            env={**outside, "PYTHONPATH": f"{root / 'src'}:{root}"},
            stdout=subprocess.PIPE,
            text=True,
        )
        for name, root in versions.items()
    }
    try:
        for line in playing["now"].stdout or ():
            print(f"played {line.rstrip()}", file=sys.stderr)
        for name, process in playing.items():
            process.communicate()
            if process.returncode:
                raise CannotCompare(
                    f"`{DRIVER}` failed in `{name}`: it must be kept working when what it "
                    "imports is moved or renamed"
                )
    finally:
        for process in playing.values():
            process.kill()


def _driver(name: str, root: Path) -> Path:
    if (root / DRIVER).exists():
        return root / DRIVER
    print(f"{name} has no `{DRIVER}`: the one beside this program is tried", file=sys.stderr)
    return ROOT / DRIVER


@click.command(epilog=EXAMPLES)
@click.argument("former")
@click.argument("now")
@click.option("--only", default="*", help="The runs whose name matches this pattern.")
@click.option("--most", default=20, show_default=True, help="So many fields are told at most.")
@click.option(
    "--expected", type=click.Path(path_type=Path), default=EXPECTED, show_default=True
)
@click.option("--keep", type=click.Path(path_type=Path), help="Write the runs to this folder.")
def main(  # noqa: PLR0913 - one parameter an option
    former: str, now: str, only: str, most: int, expected: Path, keep: Path | None
) -> None:
    """Play all golden stories, a simulated day and the shop of examples/ecommerce through the
    line of FORMER and of NOW, two commits or checkouts of this repository, and compare every
    record and every changelog value byte for byte. Exit code 1 if any differs that is not
    expected, 2 if they cannot be compared. About a minute on two cores.
    """
    meant = read_expected(expected)
    with tempfile.TemporaryDirectory(prefix="legato-same-") as folder:
        out = (keep or Path(folder) / "runs").resolve()
        named = {"former": former, "now": now}
        versions = {name: lay_out(told, Path(folder) / name) for name, told in named.items()}
        play(versions, out, only)
        decoder = Decoder(path for root in versions.values() for path in _schemas(root))
        strange, seen = compare_runs(out / "former", out / "now", meant, decoder)
    for each in meant:
        told = (
            f"seen {seen[each]:,} times" if seen[each] else "not seen; take it out if it is old"
        )
        print(f"expected: {each.run} {each.topic} {each.field} ({each.reason}): {told}")
    for line in tell_differences(strange, most):
        print(line)
    print("not the same" if strange else "the same")
    raise SystemExit(1 if strange else 0)


def _schemas(root: Path) -> list[Path]:
    return sorted(root.glob("schemas/**/*.avsc"))


if __name__ == "__main__":
    main(prog_name="scripts/same.sh")

"""Sampled stacks of a worker, summed up by the part of the line that was at work."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

PACKAGE = "/src/legato/"
PARTS: Mapping[str, Sequence[str]] = {
    "read events": ("wire/source/", "wire/formats/", "runtime/processors/reading"),
    "write contexts": ("wire/state", "wire/blobs"),
    "write what is said": ("wire/topics/", "runtime/processors/record_writer"),
    "identity": ("core/identity/", "core/linking/", "runtime/processors/identify"),
    "detect": ("core/situations/", "core/playbook/", "core/conditions/", "core/references/"),
    "decide": ("core/decisions/",),
    "follow": ("core/",),
    "shell: batches and checkpoints": ("runtime/processors/", "runtime/machine/"),
    "shell: threads and Kafka": ("runtime/",),
}
"""Parts of the line, by the code that lies deepest on the stack; the first that fits."""
OTHERS = "shell: Faust and asyncio"
C_PARTS = {"gc_collect_main": "garbage collector", "take_gil": "interpreter's lock"}
_FRAME = re.compile(r"(?P<function>.*) \((?P<file>.*?)(?::\d+)?\)")
_THREAD = re.compile(r"thread \((\d+)\)(?:: (.*))?")


class Stacks(Struct):
    """Samples by thread, those of the main thread by part, and by function."""

    threads: Counter[int]
    names: dict[int, str]
    parts: Counter[str]
    functions: Counter[str]


def read_stacks(lines: Iterable[str]) -> Stacks:
    """Sum up what `py-spy record --threads --full-filenames --format raw` wrote."""
    stacks = Stacks(Counter(), {}, Counter(), Counter())
    for line in lines:
        told, _, samples = line.rstrip().rpartition(" ")
        thread, *frames = told.split(";")
        found = _THREAD.match(thread)
        if found is None:
            continue
        number, count = int(found[1]), int(samples)
        stacks.threads[number] += count
        stacks.names[number] = found[2] or ""
        if found[2] == "MainThread":
            part, function = place_of(frames)
            stacks.parts[part] += count
            stacks.functions[function] += count
    return stacks


def place_of(frames: Sequence[str]) -> tuple[str, str]:
    """Name the part that a stack belongs to, and the function of ours that is deepest in it."""
    deepest = next(filter(None, map(_own, reversed(frames))), None)
    function = "elsewhere" if deepest is None else f"{deepest[0]}: {deepest[1]}"
    for frame in frames:
        if (part := C_PARTS.get(frame.partition(" ")[0])) is not None:
            return part, function
    if deepest is None:
        return OTHERS, function
    return next(
        part for part, starts in PARTS.items() if deepest[0].startswith(tuple(starts))
    ), function


def _own(frame: str) -> tuple[str, str] | None:
    """File and function of a frame, if it is part of the line."""
    found = _FRAME.match(frame)
    if found is None:
        return None
    _, own, path = found["file"].rpartition(PACKAGE)
    starts = tuple(start for starts in PARTS.values() for start in starts)
    return (path, found["function"]) if own and path.startswith(starts) else None

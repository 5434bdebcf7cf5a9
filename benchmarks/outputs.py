"""The outputs of a run, reduced to what can be compared: a count of each kind and a digest."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import msgspec

from benchmarks.topics import Topics


class Output(msgspec.Struct, frozen=True, order=True, gc=False):
    """What every engine must say, whatever else it says."""

    customer_id: str
    kind: str
    time: int


class Summary(msgspec.Struct, frozen=True):
    """Two runs with equal summaries put out the same."""

    switch: int
    abandoned: int
    digest: str


Reader = Callable[[bytes], Output | None]
read_output: Callable[[bytes], Output] = msgspec.json.Decoder(Output).decode


def summarise(outputs: Iterable[Output]) -> Summary:
    """Count the outputs and hash them, in whatever order they come."""
    ordered = sorted(outputs)
    counts = Counter(output.kind for output in ordered)
    digest = hashlib.sha256()
    for output in ordered:
        digest.update(f"{output.customer_id} {output.kind} {output.time}\n".encode())
    return Summary(counts["switch"], counts["abandoned"], digest.hexdigest())


def outputs_of(topics: Topics, topic: str, read: Reader = read_output) -> Iterator[Output]:
    """Yield the committed outputs of a topic; `read` returns None for what is no output."""
    for partition, end in topics.ends(topic).items():
        for value in topics.read(topic, partition, end):
            if (output := read(value)) is not None:
                yield output
